"""Every attribute of table E.1-1 gets what the table says, whatever the options."""

from __future__ import annotations

import re

import pytest

from imaging.deidentify.profile import (
    METHODS,
    ContradictingOptions,
    Option,
    Profile,
    action_of,
    rule_of,
    rules,
)

ROWS = [(tag, rule) for tag, rule in rules().items() if tag != "private"]
ACTIONS = {"X", "Z", "D", "K", "C", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*"}


def a_tag(spelled: str) -> int:
    return int(spelled.replace("x", "0"), 16)


def test_the_table_is_whole_and_speaks_its_own_language() -> None:
    assert len(rules()) == 656
    for rule in rules().values():
        assert {rule.basic, *rule.options.values()} <= ACTIONS
        assert all(isinstance(option, Option) for option in rule.options)


@pytest.mark.parametrize(("tag", "rule"), ROWS, ids=[tag for tag, _ in ROWS])
def test_each_row_is_followed_under_each_option(tag: str, rule) -> None:  # type: ignore[no-untyped-def]
    assert action_of(a_tag(tag), Profile()) == rule.basic
    for option in Option:
        expected = rule.options.get(option, rule.basic)
        assert action_of(a_tag(tag), Profile(frozenset({option}))) == expected


@pytest.mark.parametrize(
    ("tag", "row"),
    [
        (0x60003000, "60xx3000"),
        (0x60023000, "60xx3000"),
        (0x601E4000, "60xx4000"),
        (0x50003000, "50xxxxxx"),
        (0x50100005, "50xxxxxx"),
    ],
)
def test_repeating_groups_are_found_in_each_of_their_groups(tag: int, row: str) -> None:
    assert rule_of(tag) is rules()[row]


@pytest.mark.parametrize("tag", [0x00280010, 0x60000010, 0x7FE00010, 0x00080060, 0x60013000])
def test_what_the_table_does_not_name_has_no_action(tag: int) -> None:
    assert action_of(tag, Profile(frozenset())) is None


def test_keeping_goes_before_cleaning_where_both_are_chosen() -> None:
    device = 0x00181000
    chosen = {Option.RETAIN_DEVICE_IDENTITY, Option.CLEAN_DESCRIPTORS}
    assert action_of(device, Profile(frozenset(chosen))) == "K"


def test_full_and_shifted_dates_exclude_each_other() -> None:
    with pytest.raises(ContradictingOptions, match="not both"):
        Profile.of(["retain_long_full_dates", "retain_long_modified_dates"])


def test_an_unknown_option_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="clean_pixel_data, clean_recognizable"):
        Profile.of(["clean_everything"])


def test_the_method_codes_are_those_of_context_group_7050() -> None:
    codes = [code for code, _ in METHODS.values()]
    assert sorted(codes) == [str(code) for code in range(113100, 113113)]
    assert METHODS[Option.RETAIN_INSTITUTION_IDENTITY][0] == "113112"
    assert all(re.fullmatch(r".+ (Profile|Option)", meaning) for _, meaning in METHODS.values())


def test_a_profile_names_its_methods_in_the_order_of_the_codes() -> None:
    profile = Profile.of(["retain_uids", "clean_graphics"])
    assert [code for code, _ in profile.methods] == ["113100", "113103", "113110"]
