"""The value field of one element as the values of the DICOM JSON Model: one row per VR.

Only single value fields live here, bytes in and JSON values out. Objects, items and paths are
`json_model`'s; the way back is `json_bytes`'s.

Two decisions where the standard leaves a choice or is silent:

- IS, DS, SV and UV are "Number or String" since PS3.18 2020; earlier editions say Number. We give
  the number when it says what the text said, and the text when it would not: no number at all, a
  decimal that a double does not hold, an integer past 2**53.
- FL and FD are Number, and JSON has no NaN or infinity: those are given as null (F.2.5).

References
----------
PS3.5 section 6.2 (which spaces count), PS3.18 sections F.2.3 to F.2.7.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from struct import Struct, unpack
from typing import Any, Final

from imaging.charsets import decode

JsonValue = Any  # what orjson writes: str, int, float, None, or a dict of PN groups
TextReader = Callable[[str], list[JsonValue]]
BinaryReader = Callable[[bytes, bool], list[JsonValue]]

MAX_EXACT_INTEGER: Final = 2**53
PN_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")

# struct code of each VR whose values are numbers of a fixed size.
NUMERIC: Final = {
    "FD": "d",
    "FL": "f",
    "SL": "i",
    "SS": "h",
    "SV": "q",
    "UL": "I",
    "US": "H",
    "UV": "Q",
}
# The VRs that are given as InlineBinary.
BINARY: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
# A value field is whole when its length is a multiple of this (AT: pairs of words).
UNIT: Final = {"AT": 4, **{vr: Struct("<" + code).size for vr, code in NUMERIC.items()}}

_ESCAPE = b"\x1b"
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
# A double holds every decimal of 15 digits, so a shorter text without exponent needs no proof.
_SURE_DIGITS = 15


def read_text(raw: bytes, charsets: tuple[str, ...], vr: str) -> str:
    """Characters of a text value field, always writable as UTF-8; plain ASCII takes no detour."""
    if is_plain(raw):
        return raw.decode("ascii")
    # A lenient codec may let a lone surrogate through; it could not be written.
    return decode(raw, charsets, vr).encode("utf-8", "replace").decode("utf-8")


def is_plain(raw: bytes) -> bool:
    """Whether bytes are the same text in every character set."""
    return raw.isascii() and _ESCAPE not in raw


def _spaces_never_count(text: str) -> list[JsonValue]:
    """Spaces (and a padding NUL) at both ends of a value are dropped."""
    if "\\" not in text:
        return [text.strip(" \0") or None]
    return [part.strip(" \0") or None for part in text.split("\\")]


def _leading_spaces_count(text: str) -> list[JsonValue]:
    return [part.rstrip(" \0") or None for part in text.split("\\")]


def _one_value(text: str) -> list[JsonValue]:
    """One value always, so that a backslash is an ordinary character; leading spaces count."""
    return [text.rstrip(" \0") or None]


def _person_names(text: str) -> list[JsonValue]:
    return [_person_name(part) for part in text.split("\\")]


def _person_name(text: str) -> dict[str, str] | None:
    groups = (group.rstrip(" \0") for group in text.split("=", 2))
    return {name: group for name, group in zip(PN_GROUPS, groups, strict=False) if group} or None


def _integer_strings(text: str) -> list[JsonValue]:
    return [part and _integer(part) for part in _spaces_never_count(text)]


def _integer(text: str) -> int | str:
    if not _INTEGER.fullmatch(text):
        return text
    number = int(text)
    return number if -MAX_EXACT_INTEGER <= number <= MAX_EXACT_INTEGER else text


def _decimal_strings(text: str) -> list[JsonValue]:
    return [part and _decimal(part) for part in _spaces_never_count(text)]


def _decimal(text: str) -> float | str:
    if not _DECIMAL.fullmatch(text):
        return text
    if len(text) <= _SURE_DIGITS and text.isdigit():
        return int(text)
    number = float(text)
    if len(text) <= _SURE_DIGITS and "e" not in text.lower():
        return number
    return number if isfinite(number) and Decimal(repr(number)) == Decimal(text) else text


def _numbers(vr: str) -> BinaryReader:
    code, size = NUMERIC[vr], UNIT[vr]
    one_of = {True: Struct("<" + code).unpack, False: Struct(">" + code).unpack}

    def read(raw: bytes, little_endian: bool) -> list[JsonValue]:
        if len(raw) == size:
            return list(one_of[little_endian](raw))
        order = "<" if little_endian else ">"
        return list(unpack(f"{order}{len(raw) // size}{code}", raw))

    return read


def _floats(vr: str) -> BinaryReader:
    numbers = _numbers(vr)

    def read(raw: bytes, little_endian: bool) -> list[JsonValue]:
        return [n if isfinite(n) else None for n in numbers(raw, little_endian)]

    return read


def _very_long(vr: str) -> BinaryReader:
    numbers = _numbers(vr)

    def read(raw: bytes, little_endian: bool) -> list[JsonValue]:
        return [
            n if -MAX_EXACT_INTEGER <= n <= MAX_EXACT_INTEGER else str(n)
            for n in numbers(raw, little_endian)
        ]

    return read


def _tags(raw: bytes, little_endian: bool) -> list[JsonValue]:
    words = unpack(f"{'<' if little_endian else '>'}{len(raw) // 2}H", raw)
    return [f"{words[i]:04X}{words[i + 1]:04X}" for i in range(0, len(words), 2)]


# THE tables: how the value field of each VR with a "Value" is read; BINARY holds the other VRs.
TEXT_READERS: Final[dict[str, TextReader]] = {
    **dict.fromkeys(("AE", "AS", "CS", "DA", "DT", "LO", "SH", "TM", "UI"), _spaces_never_count),
    **dict.fromkeys(("LT", "ST", "UR", "UT"), _one_value),
    "DS": _decimal_strings,
    "IS": _integer_strings,
    "PN": _person_names,
    "UC": _leading_spaces_count,
}
BINARY_READERS: Final[dict[str, BinaryReader]] = {
    **{vr: _numbers(vr) for vr in ("SL", "SS", "UL", "US")},
    **{vr: _floats(vr) for vr in ("FD", "FL")},
    **{vr: _very_long(vr) for vr in ("SV", "UV")},
    "AT": _tags,
}
