"""What is typed to find: how it is understood, and that no database takes it for a command."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import BadSearch
from community.finding.asking import (
    Question,
    max_question_chars,
    max_terms,
    parse,
    to_fts5,
    to_tsquery,
)

TEXTS = {
    "abscess": "ring enhanc lesion brain abscess",
    "glioma": "enhanc ring glioma brain",
    "hip": "fractur hip",
}


def found(question: Question) -> set[str]:
    """What SQLite finds of `TEXTS`."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5 (name UNINDEXED, a)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", TEXTS.items())
        rows = connection.execute("SELECT name FROM t WHERE t MATCH ?", (to_fts5(question),))
        return {row[0] for row in rows}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ring enhancing", {"abscess", "glioma"}),
        ('"ring enhancing"', {"abscess"}),
        ('"ring enhancing', {"abscess"}),
        ("brain -glioma", {"abscess"}),
        ('brain -"enhancing lesions"', {"glioma"}),
        ("fract*", {"hip"}),
        ("Fractures of the HIP", {"hip"}),
        ("hip abscess", set()),
    ],
)
def test_words_phrases_beginnings_and_exclusions(typed: str, names: set[str]) -> None:
    assert found(parse(typed)) == names


def test_beginnings_are_of_the_word_as_typed() -> None:
    (term,) = parse("mening*").wanted
    assert term.forms == (("mening",),), "its stem, 'men', would begin too much"
    (term,) = parse("pulmonary*").wanted
    assert set(term.forms) == {("pulmonari",), ("pulmonary",)}


def test_a_star_after_a_letter_or_two_is_none() -> None:
    assert parse("mr*").wanted == parse("mr").wanted


def test_a_question_can_be_widened_to_beginnings() -> None:
    assert not found(parse("fract"))
    assert found(parse("fract").widened()) == {"hip"}


@pytest.mark.parametrize("typed", ["", "   ", "the of", '""', "*", "-", "-glioma", "( ) : ^ +"])
def test_what_asks_for_nothing_is_no_question(typed: str) -> None:
    assert not parse(typed)


def test_each_language_of_cases_cuts_the_words_its_way() -> None:
    (term,) = parse("lésions", ("en", "de", "fr")).wanted
    assert ("lesion",) in term.forms
    assert ("lesions",) in term.forms


def test_a_question_has_an_end() -> None:
    assert len(parse("hip " * 40).wanted) == max_terms
    with pytest.raises(BadSearch, match="characters"):
        parse("x" * (max_question_chars + 1))


@given(st.text(max_size=max_question_chars))
def test_whatever_is_typed_sqlite_takes_it_for_a_question(typed: str) -> None:
    question = parse(typed)
    if question:
        found(question)
        found(question.widened())


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("hip", "(('hip'))"),
        ('"ring lesion"', "(('ring' <-> 'lesion'))"),
        ("hip* -knee", "(('hip':*)) & !(('knee'))"),
    ],
)
def test_the_same_is_spelled_for_postgresql(typed: str, spelled: str) -> None:
    assert to_tsquery(parse(typed)) == spelled
