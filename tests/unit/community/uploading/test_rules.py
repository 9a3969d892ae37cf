"""The table that the script of the page takes out by: the profile's own, and never more lenient."""

from __future__ import annotations

import json

import pytest

from archive.policies import DEFAULT_PROFILE
from community.uploading.rules import rules_json, rules_of
from imaging.deidentify.profile import Option, Profile, action_of, rules

PLAIN = Profile()


def by_tag(profile: Profile) -> dict[int, str]:
    table = rules_of(profile)["actions"]
    return {int(tag, 16): action for action, tags in table.items() for tag in tags.split()}


@pytest.mark.parametrize("profile", [PLAIN, DEFAULT_PROFILE])
def test_whatever_the_profile_takes_out_is_taken_out_or_left_for_the_server(
    profile: Profile,
) -> None:
    decided = by_tag(profile)
    left = set()
    for digits, rule in rules().items():
        if len(digits) != 8 or "x" in digits or rule.vr == "UI" or digits.startswith("0002"):
            continue
        action = action_of(int(digits, 16), profile) or ""
        if set(action) & set("XZD") and "U" not in action and int(digits, 16) not in decided:
            left.add(rule.keyword)
        if action in ("K", "C", "U"):
            assert int(digits, 16) not in decided, rule.keyword
    assert left <= {"EncapsulatedDocument", "ContentSequence"}


@pytest.mark.parametrize(
    ("tag", "action"),
    [
        (0x00100010, "Z"),  # Patient's Name: type 2 everywhere
        (0x00100020, "D"),  # Patient ID: replaced by the script
        (0x00100030, "Z"),  # Patient's Birth Date
        (0x00101040, "X"),  # Patient's Address
        (0x04000561, "X"),  # Original Attributes Sequence
        (0xFFFAFFFA, "X"),  # a signature of bytes that are no more
    ],
)
def test_attributes_meet_the_action_that_leaves_most_to_decide(tag: int, action: str) -> None:
    assert by_tag(PLAIN)[tag] == action


def test_options_of_the_collection_are_those_of_the_table() -> None:
    description = 0x0008103E
    assert by_tag(PLAIN)[description] == "X"
    assert description not in by_tag(DEFAULT_PROFILE)
    assert rules_of(DEFAULT_PROFILE)["movesDates"]
    assert not rules_of(Profile(frozenset({Option.RETAIN_LONG_FULL_DATES})))["movesDates"]
    assert not rules_of(DEFAULT_PROFILE)["keepsPrivate"]
    assert "0008103E" in rules_of(DEFAULT_PROFILE)["texts"]
    assert rules_of(PLAIN)["texts"] == ""


def test_every_attribute_has_a_name_to_show() -> None:
    table = json.loads(rules_json(DEFAULT_PROFILE))
    tags = [tag for tags in table["actions"].values() for tag in tags.split()]
    assert len(tags) == len(set(tags))
    assert set(table["names"]) == set(tags)
    assert table["names"]["00100010"] == "Patient's Name"
