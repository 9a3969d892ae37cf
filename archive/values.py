"""Values as they are compared: what the index keeps and what a question is held against.

Pure. `normalise` makes one value comparable; `encode` puts the values of an attribute into one
column, `decode` takes them out again. A column is empty for no value, the value itself for one,
and for several a backslash and a JSON list: no single value starts with a backslash, so those
rows lie side by side in a b-tree and both databases can take the list apart.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence

from archive import temporal
from archive.folding import fold_name

MAX_VALUE_CHARS = 256
"""Longest value of a short VR that is compared; PS3.5 allows 64 (PN: 64 a component group)."""

MAX_COLUMN_BYTES = 1536
"""Longest content of a column: a b-tree entry of PostgreSQL holds 2,704 bytes."""

MULTIPLE = "\\"
AFTER_MULTIPLE = "]"
"""The character after the backslash: the end of the range where lists of values lie."""

LONG_TEXT = frozenset({"ST", "LT", "UT", "UR", "UC"})
ONE_VALUE = frozenset({"ST", "LT", "UT", "UR"})
"""VRs in which a backslash is a character like others (PS3.5 Section 6.4)."""

INTEGERS = frozenset({"IS", "US", "SS", "UL", "SL", "UV", "SV"})
DECIMALS = frozenset({"DS", "FL", "FD"})
NUMBERS = INTEGERS | DECIMALS

# NUL cannot be stored by PostgreSQL, lone surrogates by neither, and no other control character
# belongs to a value that is compared.
_UNWANTED = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?\d{1,24}", re.ASCII)


def normalise(vr: str, text: str) -> list[str]:
    """Make one value of an attribute comparable.

    Parameters
    ----------
    vr
        Value representation.
    text
        The decoded value; hostile text is allowed.

    Returns
    -------
    list of str
        Nothing for a value that says nothing (empty, or no date in a DA); several for a
        person's name with component groups; else one.
    """
    # Letter for letter: cutting or cleaning first would let folding grow the text again.
    plain = _UNWANTED.sub(" ", text).strip()
    found = _comparable(vr, plain)
    if vr in LONG_TEXT:
        return [value for value in found if value]
    return [value[:MAX_VALUE_CHARS].strip() for value in found if value]


def _comparable(vr: str, text: str) -> list[str]:
    if vr == "PN":
        return fold_name(text[: 4 * MAX_VALUE_CHARS])
    if vr == "DA":
        return [temporal.date(text)]
    if vr == "TM":
        return [temporal.time(text)]
    if vr == "DT":
        return [temporal.date_time(text)]
    if vr in NUMBERS:
        return [number(text)]
    return [text]


def number(text: str) -> str:
    """A number in its one spelling (``007`` is ``7``, ``1.50`` is ``1.5``), empty if it is none."""
    if _INTEGER.fullmatch(text):
        return str(int(text))
    try:
        value = float(text)
    except ValueError:
        return ""
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def normalise_all(vr: str, texts: Iterable[str]) -> list[str]:
    """Comparable values of an attribute, in order, without repetitions."""
    found = (value for text in texts for value in normalise(vr, text))
    return list(dict.fromkeys(found))


def encode(values: Sequence[str]) -> str:
    """The content of a column; values that do not fit any more are left out."""
    if not values:
        return ""
    if len(values) == 1 and not values[0].startswith(MULTIPLE):
        return _fitting(values[0])
    kept: list[str] = []
    size = 3
    for value in values:
        size += len(json.dumps(value, ensure_ascii=False).encode()) + 1
        if size > MAX_COLUMN_BYTES:
            break
        kept.append(value)
    return MULTIPLE + json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _fitting(value: str) -> str:
    if len(value) * 4 <= MAX_COLUMN_BYTES:
        return value
    return value.encode()[:MAX_COLUMN_BYTES].decode(errors="ignore")


def decode(column: str) -> list[str]:
    """The values that `encode` put into a column."""
    if not column.startswith(MULTIPLE):
        return [column] if column else []
    return [str(value) for value in json.loads(column[1:])]
