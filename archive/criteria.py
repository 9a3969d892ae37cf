"""The text of a question, made a condition: one reading for QIDO-RS and C-FIND.

Pure. What a value means depends on the VR of its attribute and on what was negotiated or asked
for (`Rules`). What cannot be read is a `BadSearch` that names the attribute, never its value.

References
----------
PS3.4 Section C.2.2.2 (Attribute Matching), PS3.18 Section 8.3.4 (Search Query Parameters)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pydicom.datadict import keyword_for_tag

from archive import temporal
from archive.attributes import Path, vr_of
from archive.conditions import (
    AnyOf,
    Condition,
    Empty,
    Exact,
    Fuzzy,
    Range,
    Simple,
    UIDList,
    Universal,
    Wildcard,
)
from archive.errors import BadSearch
from archive.folding import fold_group, tokens
from archive.values import NUMBERS, ONE_VALUE, normalise
from imaging.uids import is_uid

MAX_KEY_CHARS = 65_536
"""Longest text of one key: a list of a thousand UIDs fits."""

MAX_ALTERNATIVES = 1_000
"""Values of one key."""

MAX_PATTERN_CHARS = 1_024

WILDCARDS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "UN"})
"""VRs with wild cards, PS3.4 C.2.2.2.4; UN stands for private attributes nobody can name."""

_UNMATCHED = frozenset({"SQ", "OB", "OD", "OF", "OL", "OV", "OW", "OB or OW"})
_PATIENT_ID: Path = (0x00100020,)
_EMPTY_KEY = '""'
_DATE_TIME = r"\d{4,14}(?:\.\d{1,6})?(?:[+-]\d{4})?"
_WEST_OF_UTC = re.compile(r".*(-\d{4})", re.ASCII)
_DATE_TIME_RANGE = re.compile(rf"({_DATE_TIME})?\s*-\s*({_DATE_TIME})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rules:
    """How keys are to be read.

    Parameters
    ----------
    fuzzy
        Fuzzy semantic matching of persons' names.
    empty_values
        A key of two quotation marks asks for what is empty (Empty Value Matching).
    multiple_values
        Backslashes separate values of which one has to match (Multiple Value Matching). UIDs
        and code strings, which cannot hold a backslash or a comma, are lists without it.
    universal_patient_id
        An empty Patient ID matches every patient, as C-FIND needs for a key that is only to be
        returned. On the web it matches patients without ID: a viewer that asks for the other
        studies of such a patient must not get everybody's (docs/decisions/0020).
    timezone_offset_from_utc
        Where dates with times that name no offset themselves are meant, as ``+HHMM``.
    """

    fuzzy: bool = False
    empty_values: bool = False
    multiple_values: bool = False
    universal_patient_id: bool = False
    timezone_offset_from_utc: str = ""


def condition(path: Path, text: str, rules: Rules | None = None) -> Condition:
    """Read one key of a question.

    Parameters
    ----------
    path
        The attribute, as `attributes.find_path` gives it.
    text
        Its value, decoded from whatever carried it.
    rules
        What was asked for beside the keys.

    Raises
    ------
    BadSearch
        No attribute of this VR can have or be matched by such a value.
    """
    rules = rules or Rules()
    if len(text) > MAX_KEY_CHARS:
        raise BadSearch(f"the value for {name_of(path)} is too long")
    vr = vr_of(path)
    plain = text.strip(" \0")
    if not plain:
        without_id = path == _PATIENT_ID and not rules.universal_patient_id
        return Empty(path) if without_id else Universal(path)
    if rules.empty_values and plain == _EMPTY_KEY:
        return Empty(path)
    if vr in _UNMATCHED:
        raise BadSearch(f"{name_of(path)} cannot be matched by a value")
    if vr == "UI":
        return _uids(path, plain)
    return _any_of(path, [_one(path, vr, part, rules) for part in _parts(vr, plain, rules)])


def name_of(path: Path) -> str:
    """The attribute as a message names it: its keyword, or its tag where it has none."""
    return ".".join(keyword_for_tag(tag) or f"{tag:08X}" for tag in path)


def _parts(vr: str, text: str, rules: Rules) -> list[str]:
    parts = [text]
    if vr == "CS":
        parts = re.split(r"[\\,]", text)
    elif rules.multiple_values and vr not in ONE_VALUE:
        parts = text.split("\\")
    return [part for part in map(str.strip, parts) if part] or [text]


def _any_of(path: Path, alternatives: list[Simple]) -> Condition:
    if len(alternatives) > MAX_ALTERNATIVES:
        raise BadSearch(f"too many values for {name_of(path)}")
    flat: list[Universal | Empty | Exact | UIDList | Wildcard | Range | Fuzzy] = []
    for alternative in alternatives:
        if isinstance(alternative, Universal):
            return alternative
        flat += alternative.alternatives if isinstance(alternative, AnyOf) else [alternative]
    return flat[0] if len(flat) == 1 else AnyOf(path, tuple(dict.fromkeys(flat)))


def _uids(path: Path, text: str) -> Condition:
    # Commas are PS3.18's list, backslashes PS3.4's, and viewers send either.
    if text == "*":
        return Universal(path)
    uids = [part.strip() for part in re.split(r"[\\,]", text) if part.strip()]
    if not uids or len(uids) > MAX_ALTERNATIVES or not all(map(is_uid, uids)):
        raise BadSearch(f"{name_of(path)} takes a UID or a list of at most {MAX_ALTERNATIVES}")
    return Exact(path, uids[0]) if len(uids) == 1 else UIDList(path, tuple(dict.fromkeys(uids)))


def _one(path: Path, vr: str, text: str, rules: Rules) -> Simple:
    if set(text) == {"*"}:
        return Universal(path)
    special = _READERS.get(vr)
    if special:
        return special(path, text)
    if vr == "DT":
        return _date_time(path, text, rules.timezone_offset_from_utc)
    if vr == "PN":
        return _name(path, text, rules)
    if vr in NUMBERS:
        return _number(path, vr, text)
    return _text(path, vr, text)


def _number(path: Path, vr: str, text: str) -> Simple:
    values = normalise(vr, text)
    if not values:
        raise BadSearch(f"{name_of(path)} takes a number")
    return Exact(path, values[0])


def _text(path: Path, vr: str, text: str) -> Simple:
    values = normalise(vr, text)
    if not values:
        return Universal(path)
    if vr in WILDCARDS and ("*" in text or "?" in text):
        return _pattern(path, values[0])
    return Exact(path, values[0])


def _pattern(path: Path, text: str) -> Simple:
    if len(text) > MAX_PATTERN_CHARS:
        raise BadSearch(f"the pattern for {name_of(path)} is too long")
    pattern = re.sub(r"\*{2,}", "*", text)
    if pattern == "*":
        return Universal(path)
    return Wildcard(path, pattern) if "*" in pattern or "?" in pattern else Exact(path, pattern)


def _name(path: Path, text: str, rules: Rules) -> Simple:
    groups = [fold_group(group) for group in text[:MAX_PATTERN_CHARS].split("=")]
    if rules.fuzzy:
        words = tuple(tokens(groups))
        if words:
            return Fuzzy(path, words)
    while groups and not groups[-1]:
        groups.pop()
    if not groups:
        return Universal(path)
    if len(groups) == 1:
        return _group(path, groups[0])
    # A group left out of the question may be anything (PS3.4 C.2.2.2.4, Note 3: ours to say).
    whole = "=".join(group or "*" for group in groups)
    followed = _pattern(path, whole + "=*")
    return AnyOf(path, (_leaf(_pattern(path, whole)), _leaf(followed)))


def _group(path: Path, group: str) -> Simple:
    # Names are kept without trailing empty components, and ``*`` may stand for none of them.
    bare = re.sub(r"(\^\*+)+$", "", group)
    if bare == group or not bare:
        return _pattern(path, group)
    return AnyOf(path, (_leaf(_pattern(path, bare)), Wildcard(path, f"{bare}^*")))


def _leaf(condition: Simple) -> Universal | Empty | Exact | UIDList | Wildcard | Range | Fuzzy:
    assert not isinstance(condition, AnyOf)  # _pattern makes none
    return condition


def _date(path: Path, text: str) -> Simple:
    return _range(path, text.partition("-"), _date_bound)


def _time(path: Path, text: str) -> Simple:
    return _range(path, text.partition("-"), temporal.time)


def _date_time(path: Path, text: str, offset: str) -> Simple:
    # A hyphen and four digits are an offset where they can be one, else the year that ends a
    # range (PS3.4 C.2.2.2.5.3).
    west = _WEST_OF_UTC.fullmatch(text)
    single = west and text.count("-") == 1 and temporal.is_offset(west[1])
    found = None if single else _DATE_TIME_RANGE.fullmatch(text)
    parts = (found[1] or "", "-", found[2] or "") if found else (text, "", "")
    return _range(path, parts, partial(temporal.date_time, offset=offset))


def _date_bound(text: str, _latest: bool = False) -> str:
    return temporal.date(text)


def _range(path: Path, parts: tuple[str, str, str], bound: Callable[[str, bool], str]) -> Simple:
    first, hyphen, last = (part.strip() for part in parts)
    low = _bound(path, first, bound, latest=False)
    high = _bound(path, last if hyphen else first, bound, latest=True)
    if low is None and high is None:
        raise BadSearch(f"{name_of(path)} takes a value or a range with at least one end")
    return Exact(path, low) if low is not None and low == high else Range(path, low, high)


def _bound(path: Path, text: str, bound: Callable[[str, bool], str], *, latest: bool) -> str | None:
    if not text:
        return None
    value = bound(text, latest)
    if not value:
        raise BadSearch(f"{name_of(path)} takes dates and times as PS3.5 Section 6.2 writes them")
    return value


_READERS: dict[str, Callable[[Path, str], Simple]] = {
    "DA": _date,
    "TM": _time,
}
