"""Names as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.folding import fold, fold_group, fold_name, fuzzy_text, phonetic


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        ("Müller^Jörg^^", ["muller^jorg"]),
        ("MÜLLER ^ JÖRG", ["muller^jorg"]),
        ("Łukasz^Ærø", ["lukasz^aero"]),
        ("Strauß", ["strauss"]),
        (
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ["yamada^tarou", "山田^太郎", "やまだ^たろう", "yamada^tarou=山田^太郎=やまだ^たろう"],
        ),
        ("=山田", ["山田", "=山田"]),
        ("Doe==", ["doe"]),
        ("ｆｕｌｌ", ["full"]),
        ("^^", []),
        ("", []),
    ],
)
def test_a_name_is_found_by_each_of_its_groups(name: str, found_by: list[str]) -> None:
    assert fold_name(name) == found_by


def test_voice_marks_of_kana_are_no_accents() -> None:
    assert fold("が") != fold("か")


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_group(fold_group(text)) == fold_group(text)


@given(st.text(max_size=200))
def test_nothing_folds_into_the_structure_of_names_and_lists(text: str) -> None:
    for found in fold_name(text):
        assert "\\" not in found
        assert not found.endswith(("^", "="))


def test_names_that_sound_alike_share_a_code() -> None:
    assert phonetic("smith") == phonetic("smyth")
    assert phonetic("山田") == ""
    assert fuzzy_text(["doe^john"]) == "~doe~john=JN;=T;"
