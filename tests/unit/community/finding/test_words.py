"""Texts as words: what meets what, in which language, and what says nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.cases.vocabulary import LANGUAGES
from community.finding.words import ALGORITHMS, max_word_chars, stem, stems, words_of


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("fractures", "fracture", "en"),
        ("METASTASES", "metastasis", "en"),
        ("haemorrhage", "hemorrhage", "en"),
        ("oedema", "edema", "en"),
        ("tumours", "tumor", "en"),
        ("Ménière's", "meniere", "en"),
        ("biopsies", "biopsy", "en"),
        ("l'artère", "artere", "fr"),
        ("Wirbelsäulen", "wirbelsaule", "de"),
        ("e\u0301tude", "étude", "fr"),
        ("ＭＲＩ", "mri", "ja"),
    ],
)
def test_forms_of_a_word_meet(one: str, other: str, language: str) -> None:
    assert stems(one, language) == stems(other, language)
    assert len(stems(one, language)) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("T1", "T2"), ("L4", "L5"), ("meningioma", "meningitis"), ("CT", "MR")]
)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert stems(one, "en") != stems(other, "en")


def test_words_that_say_nothing_are_none() -> None:
    assert stems("the fracture of a hip", "en") == stems("fracture hip", "en")


def test_signs_end_words_and_digits_do_not() -> None:
    assert stems("T2-weighted 18F-FDG, L4/5_a", "xx") == ["t2", "weighted", "18f", "fdg", "l4", "5"]


def test_scripts_without_spaces_are_pairs_of_signs() -> None:
    assert stems("脑膜瘤", "zh") == ["脑膜", "膜瘤"]
    assert stems("瘤", "zh") == ["瘤"]
    assert stems("MRI脑膜瘤 2", "zh") == ["mri", "脑膜", "膜瘤", "2"]


def test_words_know_where_they_stand() -> None:
    text = "A ring-enhancing lésion."
    assert [text[word.start : word.end] for word in words_of(text)] == [
        "ring", "enhancing", "lésion",
    ]  # fmt: skip


def test_every_way_of_cutting_is_there_for_the_languages_of_cases() -> None:
    assert {stem("word", language) for language in ALGORITHMS}
    without = set(LANGUAGES) - set(ALGORITHMS)
    assert without == {"he", "ja", "ko", "th", "uk", "vi", "zh"}, "these are only folded"


@given(st.text(max_size=300))
def test_any_text_is_words_without_spaces_quotes_or_signs(text: str) -> None:
    for word in words_of(text):
        assert 0 <= word.start < word.end <= len(text)
        for language in ("en", "de", "zz"):
            cut = stem(word.folded, language)
            assert cut
            assert not set(cut) & set(" '\"\\*():|&!<>\x00\n")


def test_a_word_without_end_is_cut() -> None:
    assert [len(word.folded) for word in words_of("a" * 10_000)] == [max_word_chars]


def test_threads_do_not_meet_in_a_stemmer() -> None:
    words = [f"{letter}fractures" for letter in "abcdefghijklmnop"] * 200

    def cut(_: int) -> list[str]:
        return [stem.__wrapped__(word, "en") for word in words]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(cut, range(16)))
    assert all(result == [word.removesuffix("es") for word in words] for result in results)
