"""Which data sets match a query (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from typing import Any, Final

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset

_HEX: Final = re.compile(r"[0-9A-Fa-f]{8}")
_WILD: Final = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_DATE: Final = re.compile(r"(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_TIME: Final = re.compile(r"([01]\d|2[0-3])(([0-5]\d)(([0-5]\d|60)(\.\d{1,6})?)?)?")


class BadQuery(ValueError):  # noqa: N818 - it says what the query is
    """A value cannot be read as what the attribute takes."""


def tag_named(name: str) -> int | None:
    """The tag of a keyword or of eight hexadecimal digits; None when it is neither."""
    if _HEX.fullmatch(name):
        return int(name, 16)
    return tag_for_keyword(name)


def check_value(vr: str, text: str) -> None:
    """Raise unless a value of a query can be one of this VR.

    Raises
    ------
    BadQuery
        It cannot.
    """
    shape = {"DA": _DATE, "TM": _TIME}.get(vr)
    if shape is None or text in ("", "*", '""'):
        return
    ends = text.split("-")
    if len(ends) > 2 or not any(ends):
        raise BadQuery(f"{text!r} is no range")
    for end in ends:
        if end and shape.fullmatch(end) is None:
            raise BadQuery(f"{end!r} is no value of {vr}")


def matches(ds: Dataset, tag: int, wanted: str, *, flaws: frozenset[str] = frozenset()) -> bool:
    """Whether an attribute of a data set matches a value of a query.

    Parameters
    ----------
    flaws
        Defects that are switched on, by name.
    """
    vr = dictionary_VR(tag)
    if wanted in ("", "*") and "universal" not in flaws:
        return True
    values = _values(ds, tag)[: 1 if "first-value" in flaws else None]
    if not values:
        return False
    if vr == "UI" and "uid-patterns" in flaws and "*" in wanted:
        return any(one.startswith(wanted.partition("*")[0]) for one in values)
    if vr == "UI":
        uids = re.split(r"[,\\]", wanted) if "uid-list" not in flaws else [wanted]
        return any(one in uids for one in values)
    if vr in ("DA", "TM") and "-" in wanted and "ranges" not in flaws:
        return any(_in_range(vr, one, wanted, flaws) for one in values)
    return any(_same(vr, one, wanted, flaws) for one in values)


def _values(ds: Dataset, tag: int) -> list[str]:
    element = ds.get(tag)
    if element is None or element.value in (None, ""):
        return []
    value = element.value
    several = value if isinstance(value, list | tuple) or element.VM > 1 else [value]
    return [str(one) for one in several]


def _same(vr: str, value: str, wanted: str, flaws: frozenset[str]) -> bool:
    wanted = wanted.strip() if "spaces" not in flaws else wanted
    value = value.strip()
    if vr == "TM":
        return _moment(value)[0] == _moment(wanted)[0]
    if vr == "PN":
        value = value.split("=", 1)[0].rstrip("^")
        value, wanted = value.casefold(), wanted.rstrip("^").casefold()
    elif "case" in flaws:
        value, wanted = value.casefold(), wanted.casefold()
    if vr in _WILD and ("*" in wanted or "?" in wanted) and "wildcards" not in flaws:
        one = ".*" if "question" in flaws else "."
        pattern = "".join({"*": ".*", "?": one}.get(c, re.escape(c)) for c in wanted)
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    if "prefix" in flaws:
        return value.startswith(wanted)
    return value == wanted


def _in_range(vr: str, value: str, wanted: str, flaws: frozenset[str]) -> bool:
    first, _, last = wanted.partition("-")
    if "backwards" in flaws and first > last > "":
        first, last = last, first
    if vr == "DA":
        if "range-ends" in flaws and value in (first, last):
            return False
        return (not first or value >= first) and (not last or value <= last)
    at = _moment(value)[0]
    return (not first or at >= _moment(first)[0]) and (not last or at <= _moment(last)[1])


def _moment(text: str) -> tuple[float, float]:
    """The first and the last second of the day that a time of some precision means."""
    whole, _, fraction = text.partition(".")
    digits = whole.ljust(6, "0")
    start = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
    if fraction:
        exact = start + float(f"0.{fraction}")
        return exact, exact
    return float(start), start + {2: 3600, 4: 60, 6: 0}.get(len(whole), 0)


def combined(ds: Dataset, date: str, time: str) -> bool:
    """Whether date and time together lie in a range from a moment to a moment (C.2.2.2.5.4)."""
    day, at = str(ds.get("StudyDate") or ""), str(ds.get("StudyTime") or "")
    first_day, _, last_day = date.partition("-")
    first, _, last = time.partition("-")
    if not day or not at:
        return False
    here: tuple[Any, float] = (day, _moment(at)[0])
    after = not first_day or here >= (first_day, _moment(first or "00")[0])
    return after and (not last_day or here <= (last_day, _moment(last or "24")[1]))
