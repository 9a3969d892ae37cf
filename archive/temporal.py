"""Dates and times as strings that sort as time does.

Pure. DA becomes YYYYMMDD, TM HHMMSS.FFFFFF, DT YYYYMMDDHHMMSS.FFFFFF (in UTC where the value
names its offset). What a value leaves out is filled with the earliest moment it can mean, or with
the latest for the upper end of a range: a value of less precision means all of its span.

References
----------
PS3.5 Section 6.2 (DA, TM, DT), PS3.4 Section C.2.2.2.5 (range matching).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_DATE = re.compile(r"(\d{4})[.]?(\d{2})[.]?(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})", re.ASCII)


def date(text: str) -> str:
    """YYYYMMDD, empty when the text is no date; the dots of ACR-NEMA are accepted."""
    found = _DATE.fullmatch(text)
    if not found:
        return ""
    year, month, day = found.groups()
    return year + month + day if "01" <= month <= "12" and "01" <= day <= "31" else ""


def time(text: str, latest: bool = False) -> str:
    """HHMMSS.FFFFFF, empty when the text is no time of day."""
    found = _TIME.fullmatch(text)
    if not found:
        return ""
    hours, minutes, seconds, fraction = found.groups()
    # 60 is a leap second (PS3.5 Table 6.2-1).
    if hours > "23" or (minutes or "") > "59" or (seconds or "") > "60":
        return ""
    return _clock(hours, minutes, seconds, fraction, latest)


def _clock(
    hours: str | None, minutes: str | None, seconds: str | None, fraction: str | None, latest: bool
) -> str:
    fill = ("23", "59", "59", "9") if latest else ("00", "00", "00", "0")
    clock = (hours or fill[0]) + (minutes or fill[1]) + (seconds or fill[2])
    return f"{clock}.{(fraction or '').ljust(6, fill[3])}"


def date_time(text: str, latest: bool = False) -> str:
    """YYYYMMDDHHMMSS.FFFFFF, in UTC if the text names an offset; empty when it is no DT."""
    found = _DATE_TIME.fullmatch(text)
    if not found:
        return ""
    year, month, day, hours, minutes, seconds, fraction, offset = found.groups()
    if fraction and not seconds:
        return ""
    clock = _clock(hours, minutes, seconds, fraction, latest)
    stamp = year + (month or ("12" if latest else "01")) + (day or ("31" if latest else "01"))
    if not date(stamp) or not time(clock):
        return ""
    return shifted(stamp + clock, -minutes_of(offset)) if offset else stamp + clock


def minutes_of(offset: str) -> int:
    """Minutes that ``+HHMM`` lies east of UTC; 0 for what is no offset.

    References
    ----------
    PS3.3 Section C.12.1.1.8 (Timezone Offset From UTC)
    """
    found = _OFFSET.fullmatch(offset)
    if not found:
        return 0
    sign, hours, minutes = found.groups()
    total = int(hours) * 60 + int(minutes)
    return -total if sign == "-" else total


def is_offset(text: str) -> bool:
    """Whether the text is an offset that PS3.5 allows: -1200 to +1400."""
    return bool(_OFFSET.fullmatch(text)) and -720 <= minutes_of(text) <= 840 and text[3:] < "60"


def shifted(stamp: str, minutes: int) -> str:
    """A DT string moved by minutes; unchanged where the calendar ends or knows no such day."""
    leap_second = stamp[12:14] == "60"
    try:
        moment = datetime.strptime(stamp[:12], "%Y%m%d%H%M")  # noqa: DTZ007, RUF100  (wall clock)
        moved = moment + timedelta(minutes=minutes)
    except (ValueError, OverflowError):
        return stamp
    seconds = "60" if leap_second else stamp[12:14]
    return f"{moved:%Y%m%d%H%M}".rjust(12, "0") + seconds + stamp[14:]
