"""Which words of a text are marked, and which part of it is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from community.finding.asking import parse
from community.finding.marking import Piece, excerpt, mark

LONG = (
    "Nothing to be seen here at all. " * 40 + "A ring enhancing lesion of the brain. " + "x " * 900
)


def hits(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces if piece.is_hit]


def test_other_forms_of_a_word_are_marked() -> None:
    assert hits(mark("Two fractures; no Fracture.", parse("fracture"), "en")) == [
        "fractures", "Fracture",
    ]  # fmt: skip


def test_a_phrase_is_marked_as_one_and_its_words_alone_are_not() -> None:
    pieces = mark("ring enhancing, enhancing ring", parse('"ring enhancing"'), "en")
    assert hits(pieces) == ["ring enhancing"]


def test_beginnings_are_marked_with_their_word() -> None:
    assert hits(mark("meningioma or meningitis", parse("mening*"), "en")) == [
        "meningioma", "meningitis",
    ]  # fmt: skip


def test_pieces_together_are_the_text() -> None:
    text = "A <b>ring</b> enhancing lesion"
    pieces = mark(text, parse("ring lesion"), "en")
    assert "".join(piece.text for piece in pieces) == text


def test_an_excerpt_shows_where_most_of_the_question_stands() -> None:
    pieces = excerpt(LONG, parse("seen ring lesion"), "en")
    assert set(hits(pieces)) == {"ring", "lesion", "seen"} or set(hits(pieces)) >= {
        "ring",
        "lesion",
    }
    shown = "".join(piece.text for piece in pieces)
    assert "ring enhancing lesion" in shown
    assert shown.startswith("\u2026 ")
    assert shown.endswith(" \u2026")
    assert len(shown) < 300


def test_an_excerpt_without_a_hit_is_the_beginning() -> None:
    pieces = excerpt(LONG, parse("knee"), "en")
    assert hits(pieces) == []
    assert pieces[0].text.startswith("Nothing to be seen")


@given(st.text(max_size=400), st.text(alphabet="abc *-\"'é瘤", max_size=20))
def test_any_text_can_be_marked(text: str, typed: str) -> None:
    question = parse(typed)
    assert "".join(piece.text for piece in mark(text, question, "en")) == text
    excerpt(text, question, "en")
