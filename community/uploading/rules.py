"""What a browser takes out of a data set before it sends it, as a table that its script reads.

It is the collection's own profile, made from the same rows that the server's de-identification
uses: what an option keeps or cleans stays for the server, which knows how. What is removed,
emptied or replaced under the profile is so already when it leaves the reader's machine.

References
----------
PS3.15 table E.1-1 and section E.3; PS3.6 (names and VRs).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from pydicom.datadict import dictionary_description

from imaging.deidentify.actions import DUMMIES
from imaging.deidentify.profile import (
    CLEAN,
    DUMMY,
    EMPTY,
    MAP_UID,
    REMOVE,
    Option,
    Profile,
    Rule,
    action_of,
    rules,
)
from imaging.dictionary import VRS

_ONE_TAG: Final = 8
_PROSE: Final = frozenset({"LO", "SH", "ST", "LT", "UC", "UT"})
# What nobody but the server can clean, or what holds the whole of a report.
_FOR_THE_SERVER: Final = frozenset({0x00420011, 0x0040A730})
# What holds the original behind a lock, or vouches for bytes that are no more.
_NEVER: Final = (0x00080001, 0x04000500, 0x04000510, 0x04000520, 0x4FFE0001, 0xFFFAFFFA, 0xFFFCFFFC)
_TOLD: Final = ("SQ", "PN", "DA", "DT", "CS", "AE", "LO", "SH", "ST", "LT", "UC", "UT", "UI")
"""VRs that the script must know where a file does not say them."""


@lru_cache(maxsize=8)
def rules_json(profile: Profile) -> bytes:
    """The table of a profile, ready to send."""
    return json.dumps(rules_of(profile), separators=(",", ":")).encode()


def rules_of(profile: Profile) -> dict[str, Any]:
    """The table of a profile.

    Returns
    -------
    dict
        `actions`: tags by action (``X`` remove, ``Z`` empty, ``D`` replace), eight digits each,
        with blanks between. `names`: what these attributes are called, by tag. `texts`: prose that
        the server cleans, and from which dates and numbers go before. `vrs`: tags by VR.
        `dummies`: replacements by VR, as hexadecimal digits. `movesDates`: whether dates are
        moved, and not kept; `keepsPrivate`: whether the server decides on private elements.
    """
    decided = dict(_decided(profile))
    return {
        "actions": {
            one: _joined(tag for tag, action in decided.items() if action == one)
            for one in (REMOVE, EMPTY, DUMMY)
        },
        "names": {f"{tag:08X}": _name(tag) for tag in decided},
        "texts": _joined(_prose(profile)),
        "vrs": {vr: _joined(tag for tag, each in VRS.items() if each == vr) for vr in _TOLD},
        "dummies": {vr: value.hex() for vr, value in DUMMIES.items()},
        "movesDates": Option.RETAIN_LONG_MODIFIED_DATES in profile,
        "keepsPrivate": Option.RETAIN_SAFE_PRIVATE in profile,
    }


def _decided(profile: Profile) -> Iterator[tuple[int, str]]:
    """Attributes that do not leave the browser as they are, and what is done with each."""
    for tag, rule in _numbered():
        action = _simple(action_of(tag, profile) or "")
        if action and tag not in _FOR_THE_SERVER and rule.vr != "UI" and tag >> 16 != 2:
            yield tag, action
    for tag in _NEVER:
        yield tag, REMOVE


def _prose(profile: Profile) -> Iterator[int]:
    for tag, rule in _numbered():
        if rule.vr in _PROSE and action_of(tag, profile) == CLEAN:
            yield tag


def _numbered() -> Iterator[tuple[int, Rule]]:
    """The rows of single attributes."""
    for digits, rule in rules().items():
        if len(digits) == _ONE_TAG and "x" not in digits:
            yield int(digits, 16), rule


def _simple(action: str) -> str:
    """One letter of a combination: the one that leaves most for the server to decide by the IOD.

    An element that is replaced or emptied can still be emptied or removed; what is gone cannot be
    had back where the IOD needs it.
    """
    if MAP_UID in action:
        return ""
    return next((one for one in (DUMMY, EMPTY, REMOVE) if one in action), "")


def _joined(tags: Iterable[int]) -> str:
    return " ".join(f"{tag:08X}" for tag in sorted(set(tags)))


def _name(tag: int) -> str:
    try:
        return dictionary_description(tag)
    except KeyError:
        return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
