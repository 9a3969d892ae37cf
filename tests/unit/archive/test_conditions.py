"""Conditions, as PS3.4 Section C.2.2.2 words them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.conditions import (
    AnyOf,
    DateTimeRange,
    Empty,
    Exact,
    Fuzzy,
    Range,
    UIDList,
    Universal,
    Wildcard,
    glob,
)
from archive.folding import fold_name

PATH = (0x00100010,)


@pytest.mark.parametrize(
    ("condition", "matching", "other"),
    [
        (Universal(PATH), [], None),
        (Empty(PATH), [], ["x"]),
        (Exact(PATH, "b"), ["a", "b"], ["B"]),
        (UIDList(PATH, ("1.2", "1.3")), ["1.3"], ["1.4"]),
        (Wildcard(PATH, "a?c*"), ["abc"], ["ac"]),
        (Wildcard(PATH, "*"), [""], []),
        (Range(PATH, "20200101", None), ["20200101"], ["20191231"]),
        (Range(PATH, None, "20200101"), ["20200101"], ["20200102"]),
        (Range(PATH, "1", "3"), ["0", "2"], []),
        (AnyOf(PATH, (Exact(PATH, "a"), Wildcard(PATH, "b*"))), ["bc"], ["c"]),
    ],
)
def test_a_condition_holds_for_any_value(
    condition: Wildcard, matching: list[str], other: list[str] | None
) -> None:
    assert condition.matches(matching)
    assert other is None or not condition.matches(other)


@pytest.mark.parametrize(
    ("asked", "stored", "found"),
    [
        (("smith",), "Smithson^Anna", True),
        (("smyth",), "Smith^Anna", True),
        (("jon", "smith"), "Smith^John", True),
        (("smith", "paula"), "Smith^John", False),
        (("山田",), "Yamada^Tarou=山田^太郎", True),
        (("太",), "Yamada^Tarou=山田", False),
    ],
)
def test_fuzzy_words_begin_or_sound_like_words_of_the_name(
    asked: tuple[str, ...], stored: str, found: bool
) -> None:
    assert Fuzzy(PATH, asked).matches(fold_name(stored)) is found


def test_a_date_and_its_time_are_one_moment() -> None:
    span = DateTimeRange(PATH, PATH, "20060705100000.000000", "20060707180000.000000")
    assert span.matches_moment(["20060706"], ["030000.000000"])
    assert not span.matches_moment(["20060705"], ["090000.000000"])
    assert not span.matches_moment(["20060705"], [])
    assert not span.matches_moment([], ["110000.000000"])
    assert not span.matches_moment(["20060706", "20060706"], [])


@given(pattern=st.text("ab*?[", max_size=8), value=st.text("ab[", max_size=8))
def test_glob_is_what_a_regular_expression_says(pattern: str, value: str) -> None:
    spelled = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    assert glob(pattern, value) is bool(re.fullmatch(spelled, value))


def test_no_pattern_takes_for_ever() -> None:
    start = time.perf_counter()
    assert not glob("*a" * 100 + "b", "a" * 1_000)
    assert time.perf_counter() - start < 5
