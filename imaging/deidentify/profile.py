"""What PS3.15 wants done with each attribute: table E.1-1 as data, and one question to ask of it.

Which action an attribute gets under chosen options may live here; doing it is `actions`, and what
its place in the IOD says about empty values is `types`.

References
----------
PS3.15 annex E, table E.1-1 and sections E.3.1 to E.3.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from imaging.deidentify.tables import load


class Option(StrEnum):
    """The options of PS3.15 section E.3, named as the command line names them."""

    CLEAN_PIXEL_DATA = "clean_pixel_data"
    CLEAN_RECOGNIZABLE_VISUAL_FEATURES = "clean_recognizable_visual_features"
    CLEAN_GRAPHICS = "clean_graphics"
    CLEAN_STRUCTURED_CONTENT = "clean_structured_content"
    CLEAN_DESCRIPTORS = "clean_descriptors"
    RETAIN_LONG_FULL_DATES = "retain_long_full_dates"
    RETAIN_LONG_MODIFIED_DATES = "retain_long_modified_dates"
    RETAIN_PATIENT_CHARACTERISTICS = "retain_patient_characteristics"
    RETAIN_DEVICE_IDENTITY = "retain_device_identity"
    RETAIN_UIDS = "retain_uids"
    RETAIN_SAFE_PRIVATE = "retain_safe_private"
    RETAIN_INSTITUTION_IDENTITY = "retain_institution_identity"


BASIC = "113100"
"""Basic Application Confidentiality Profile, of context group 7050."""

METHODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": (BASIC, "Basic Application Confidentiality Profile"),
        Option.CLEAN_PIXEL_DATA: ("113101", "Clean Pixel Data Option"),
        Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES: (
            "113102",
            "Clean Recognizable Visual Features Option",
        ),
        Option.CLEAN_GRAPHICS: ("113103", "Clean Graphics Option"),
        Option.CLEAN_STRUCTURED_CONTENT: ("113104", "Clean Structured Content Option"),
        Option.CLEAN_DESCRIPTORS: ("113105", "Clean Descriptors Option"),
        Option.RETAIN_LONG_FULL_DATES: (
            "113106",
            "Retain Longitudinal Temporal Information Full Dates Option",
        ),
        Option.RETAIN_LONG_MODIFIED_DATES: (
            "113107",
            "Retain Longitudinal Temporal Information Modified Dates Option",
        ),
        Option.RETAIN_PATIENT_CHARACTERISTICS: (
            "113108",
            "Retain Patient Characteristics Option",
        ),
        Option.RETAIN_DEVICE_IDENTITY: ("113109", "Retain Device Identity Option"),
        Option.RETAIN_UIDS: ("113110", "Retain UIDs Option"),
        Option.RETAIN_SAFE_PRIVATE: ("113111", "Retain Safe Private Option"),
        Option.RETAIN_INSTITUTION_IDENTITY: ("113112", "Retain Institution Identity Option"),
    }
)
"""Codes and meanings of context group 7050 (PS3.16), by option; the empty name is the profile."""

REMOVE, EMPTY, DUMMY, KEEP, CLEAN, MAP_UID = "X", "Z", "D", "K", "C", "U"
"""The actions of table E.1-1; combinations such as ``X/Z/D`` are resolved by `types`."""

_ONE_TAG = re.compile("[0-9A-F]{8}")
_CURVES, _OVERLAY_DATA, _OVERLAY_COMMENTS = "50xxxxxx", "60xx3000", "60xx4000"


class ContradictingOptions(ValueError):  # noqa: N818 - reads as the fact it states
    """Two options that cannot both hold."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The Basic Application Level Confidentiality Profile with options.

    Raises
    ------
    ContradictingOptions
        Full dates and modified dates are asked for at once (PS3.15 E.3.6).
    """

    options: frozenset[Option] = frozenset()

    def __post_init__(self) -> None:
        both = {Option.RETAIN_LONG_FULL_DATES, Option.RETAIN_LONG_MODIFIED_DATES}
        if both <= self.options:
            raise ContradictingOptions(
                "dates are either kept (retain_long_full_dates) or shifted "
                "(retain_long_modified_dates), not both"
            )

    @classmethod
    def of(cls, names: Iterable[str]) -> Profile:
        """Build one from the names of options.

        Raises
        ------
        ValueError
            One of them is no option; the message lists those that are.
        """
        try:
            return cls(frozenset(Option(name) for name in names))
        except ContradictingOptions:
            raise
        except ValueError as error:
            known = ", ".join(sorted(Option))
            raise ValueError(f"an option is one of: {known}") from error

    def __contains__(self, option: Option) -> bool:
        return option in self.options

    @property
    def methods(self) -> tuple[tuple[str, str], ...]:
        """Code and meaning of the profile and each of its options, in the order of the codes."""
        return tuple(METHODS[name] for name in ("", *sorted(self.options, key=_code)))


def _code(option: Option) -> str:
    return METHODS[option][0]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of table E.1-1: the basic action and those that options put in its place."""

    keyword: str
    vr: str
    basic: str
    options: Mapping[Option, str]


def rule_of(tag: int) -> Rule | None:
    """Look up the row of a standard attribute; None when the table does not name it."""
    rule = _rules_by_number().get(tag)
    if rule is not None:
        return rule
    group, element = tag >> 16, tag & 0xFFFF
    if group & 0xFF00 == 0x5000 and not group & 1:
        return rules()[_CURVES]
    if group & 0xFF00 == 0x6000 and not group & 1:
        return rules().get(f"60xx{element:04X}")
    return None


@cache
def _rules_by_number() -> dict[int, Rule]:
    return {int(tag, 16): rule for tag, rule in rules().items() if _ONE_TAG.fullmatch(tag)}


def action_of(tag: int, profile: Profile) -> str | None:
    """Say what is done with a standard attribute.

    Of several chosen options that name the attribute, keeping goes before cleaning, since each of
    these options says what a reader needs to be left with. Two never meet where one would forbid
    what the other allows: the table has no such row.

    Returns
    -------
    str or None
        An action or a combination of the table; None for an attribute that it does not name.
    """
    rule = rule_of(tag)
    if rule is None:
        return None
    chosen = {rule.options[option] for option in profile.options if option in rule.options}
    for action in (KEEP, CLEAN):
        if action in chosen:
            return action
    return rule.basic


@cache
def rules() -> Mapping[str, Rule]:
    """Give the rows of table E.1-1 by tag: eight upper-case digits, or with ``xx`` for a range."""
    return MappingProxyType(
        {
            tag: Rule(keyword, vr, basic, {Option(name): a for name, a in options.items()})
            for tag, keyword, vr, basic, options in load("e1_1")["rows"]
        }
    )
