"""The fast way to the words of a text finds those that the slow way finds, where it finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.finding import scanning
from community.finding.scanning import Scan, scan
from community.finding.words import stem, words_of

LETTERS = "abcdeoéèöß'\u2019\u02bc _-.,;0 9\nAEI\u0301\u0e01瘤한ﬁµ°"


def found(text: str, language: str) -> list[tuple[int, int, str]]:
    scanned = Scan(text, language)
    numbers = scanned.words_that(lambda _folded, _cut: True)
    return [(*scanned.span(at, at), scanned._words[at][1]) for at in numbers]


@pytest.mark.parametrize("language", ["en", "de", "xx"])
@given(text=st.text(LETTERS, max_size=60) | st.text(max_size=60))
def test_both_ways_find_the_same_words(language: str, text: str) -> None:
    slow = [(word.start, word.end, stem(word.folded, language)) for word in words_of(text)]
    assert found(text, language) == slow


@pytest.mark.parametrize(
    "text",
    [
        "Crohn's disease",
        "l'artère rénale",
        "the \u2018a\u2019 wave",
        "Straße",
        "o\u0301dema",
        "肺癌と",
    ],
)
def test_words_that_are_no_mere_runs_of_letters(text: str) -> None:
    slow = [(word.start, word.end, stem(word.folded, "fr")) for word in words_of(text)]
    assert slow
    assert found(text, "fr") == slow


def test_phrases_run_over_words_that_say_nothing() -> None:
    runs = [cut for _, _, cut, _ in Scan("rings of the enhancing lesions", "en").runs(2)]
    assert runs == [("ring", "enhanc"), ("enhanc", "lesion")]


def test_too_many_tokens_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "max_known_tokens", 3)
    known = scanning._Tokens("en")
    assert [known[token][1] for token in ("rings", "Lesions", "of", "knees")] == [
        "ring", "lesion", "", "knee",
    ]  # fmt: skip
    assert len(known) <= 3


def test_a_text_is_taken_apart_once() -> None:
    assert scan("Once upon a scan", "en") is scan("Once upon a scan", "en")
    assert scan("Once upon a scan", "en") is not scan("Once upon a scan", "de")
