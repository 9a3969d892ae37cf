"""How good an answer is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.quizzes.model import CHOICE, FREE, LOCATE, Place, Point, Question
from community.quizzes.scoring import (
    NEARLY,
    RIGHT,
    WRONG,
    distance,
    folded,
    near,
    point_of,
    score,
    score_point,
    spell_point,
    total,
)

REGION = (0.2, 0.4, 0.1, 0.2)


@pytest.mark.parametrize("words", ["glioma", " Glioma. ", "GLIOMA", "gli\u00f3ma", "glio\u0301ma"])
def test_words_are_right_however_they_are_spelled(words: str) -> None:
    assert score(Question("q", FREE, "", accepted=("Glioma",)), words) == RIGHT


@pytest.mark.parametrize("words", ["no glioma", "gliomas", "", "..."])
def test_other_words_are_judged_by_nobody_but_their_reader(words: str) -> None:
    assert score(Question("q", FREE, "", accepted=("glioma", "")), words) is None


def test_a_choice_is_right_or_wrong() -> None:
    question = Question("q", CHOICE, "?", options=("a", "b"), right_option=1)
    assert [score(question, one) for one in ("0", "1")] == [WRONG, RIGHT]


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (Point(0.25, 0.5), RIGHT), (Point(0.2, 0.4), RIGHT), (Point(0.3, 0.6), RIGHT),
        (Point(0.34, 0.5), NEARLY), (Point(0.25, 0.36), NEARLY), (Point(0.36, 0.5), WRONG),
        (Point(0.34, 0.64), WRONG), (Point(0, 0), WRONG),
    ],
)  # fmt: skip
def test_a_point_counts_inside_and_half_close_by(point: Point, expected: float) -> None:
    question = Question("q", LOCATE, "?", place=Place("1", "1.1", "1.1.1", 1, REGION))
    assert score(question, spell_point(point)) == expected


fractions = st.floats(0, 1)


@given(fractions, fractions)
def test_a_point_is_right_just_where_it_is_no_distance_away(x: float, y: float) -> None:
    point = point_of(spell_point(Point(x, y)))
    assert (score_point(REGION, point) == RIGHT) == (distance(REGION, point) == 0)
    assert (score_point(REGION, point) == WRONG) == (distance(REGION, point) > near)


@given(st.text(max_size=30))
def test_no_text_but_two_fractions_is_a_point(text: str) -> None:
    try:
        point = point_of(text)
    except ValueError:
        return
    assert 0 <= point.x <= 1
    assert 0 <= point.y <= 1


@pytest.mark.parametrize("text", ["", "0.5", "0.5,2", "-0.1,0", "nan,0", "1.1,0", "0.5,0.5\n"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no point"):
        point_of(text)


def test_a_score_is_the_mean_of_what_was_judged() -> None:
    assert total([1.0, None, 0.5]) == 0.75
    assert total([None]) is None


def test_words_of_every_script_keep_their_letters() -> None:
    assert folded("脑膜瘤!") == "脑膜瘤"
    assert folded("Менингиома") == "менингиома"
