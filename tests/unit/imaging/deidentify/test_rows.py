"""Every row of table E.1-1 is acted on under every option, at the top and inside of sequences."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from imaging.data_set import DataSet
from imaging.deidentify.profile import Option, Profile, action_of
from imaging.deidentify.types import iod_of, type_of
from tests.deidentified_rows import CT, PATIENT, all_rows, element_of, outcome, outcomes, table

CHOICES = [frozenset[Option](), *(frozenset({option}) for option in Option)]
NOTHING_LEFT = {"X": {"removed"}, "Z": {"emptied"}, "U": {"mapped"}}
ALLOWED = {
    "X": {"removed"},
    "Z": {"emptied"},
    "D": {"replaced", "mapped", "items cleaned", "pseudonym"},
    "U": {"mapped", "items cleaned"},
    "K": {"kept", "items cleaned"},
    "C": {"cleaned", "shifted", "kept", "removed", "emptied", "items cleaned", "replaced"},
}


@cache
def left(options: frozenset[Option]) -> tuple[DataSet, DataSet]:
    return outcomes(options)


@pytest.mark.parametrize("options", CHOICES, ids=lambda chosen: "".join(chosen) or "basic")
def test_each_row_has_an_outcome_that_its_action_allows(options: frozenset[Option]) -> None:
    for tag, rule in all_rows():
        before = element_of(tag, rule)
        for holder, within in zip(left(options), ("", "ReferencedSeriesSequence"), strict=True):
            listed = action_of(tag, Profile(options))
            assert listed is not None
            demanded = type_of(iod_of(CT), within, rule.keyword)[0]
            allowed = set[str]().union(*(ALLOWED[one] for one in listed.rstrip("*").split("/")))
            # What the IOD demands is left, whatever the table would rather have.
            allowed |= {"1": ALLOWED["D"], "2": {"emptied"}}.get(demanded, set())
            if not within and tag in PATIENT:
                allowed = {"pseudonym"}
            if within and tag in PATIENT:
                allowed |= {"emptied"}
            if rule.keyword == "EncapsulatedDocument":
                # One that cannot be read is refused together with its instance.
                allowed |= {"removed"}
            happened = outcome(before, holder.get(tag))
            assert happened in allowed, (rule.keyword, listed, happened)


@pytest.mark.parametrize("options", CHOICES, ids=lambda chosen: "".join(chosen) or "basic")
def test_no_row_leaves_its_secret_unless_an_option_keeps_it(options: frozenset[Option]) -> None:
    for tag, rule in all_rows():
        if action_of(tag, Profile(options)) == "K":
            continue
        for holder in left(options):
            element = holder.get(tag)
            value = b"" if element is None or element.value is None else element.value
            assert b"qxz" not in value.lower(), (rule.keyword, value)


def test_the_written_table_is_what_happens() -> None:
    written = Path(__file__).parents[4] / "docs" / "deidentification-table.md"
    assert written.read_text(encoding="utf-8") == table()
