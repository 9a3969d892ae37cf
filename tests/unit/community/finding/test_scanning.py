"""The fast way to the words of a text finds those that the slow way finds, where it finds them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from community.finding import scanning
from community.finding.marking import _words
from community.finding.scanning import Known, placed
from community.finding.words import stem, words_of

LETTERS = "abcdeoéèöß'\u2019\u02bc _-.,;0 9\nAEI\u0301\u0e01瘤한ﬁµ°"


@pytest.mark.parametrize("language", ["en", "de", "xx"])
@given(text=st.text(LETTERS, max_size=60) | st.text(max_size=60))
@example(text="Crohn's disease and l'artère rénale; the \u2018a\u2019 wave")
@example(text="o\u0301dema  of\tthe Straße 肺癌と 한국 " + "瘤" * 60 + " end")
def test_both_ways_find_the_same_words(language: str, text: str) -> None:
    slow = [
        (word.folded, stem(word.folded, language), word.start, word.end) for word in words_of(text)
    ]
    assert _words(text.split(" "), language) == slow


def test_what_was_found_stands_where_its_chunk_begins() -> None:
    chunks = ["", "ab", "", "c", "de"]
    assert list(placed(chunks, [[], ["x"], [], [], ["y", "z"]])) == [(1, "x"), (7, "y"), (7, "z")]


def test_a_chunk_is_taken_apart_once_and_too_many_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scanning, "max_known", 3)
    made: list[str] = []
    known: Known[int] = Known(lambda chunk: made.append(chunk) or len(chunk))
    assert known.of(["a", "bb"]) == [1, 2]
    assert known.of(["a", "bb", "a"]) == [1, 2, 1]
    assert made == ["a", "bb"]
    assert known.of([str(number) for number in range(9)]) == 9 * [1]
    assert len(known) <= 3


def test_a_whole_text_without_spaces_is_not_kept() -> None:
    known: Known[int] = Known(len)
    assert known.of(["x" * 1000]) == [1000]
    assert not len(known)
