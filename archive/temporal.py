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
from calendar import IllegalMonthError, monthrange
from collections.abc import Iterable
from datetime import date as date_of_calendar
from datetime import datetime

_DATE = re.compile(r"(\d{4})[.]?(\d{2})[.]?(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})", re.ASCII)
_DAY = 24 * 60


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


def date_time(text: str, latest: bool = False, offset: str = "") -> str:
    """YYYYMMDDHHMMSS.FFFFFF, in UTC if an offset is known; empty when it is no DT.

    Parameters
    ----------
    offset
        That of a text which names none; empty if nobody knows it.
    """
    found = _DATE_TIME.fullmatch(text)
    if not found:
        return ""
    year, month, day, hours, minutes, seconds, fraction, named = found.groups()
    if fraction and not seconds:
        return ""
    clock = _clock(hours, minutes, seconds, fraction, latest)
    stamp = year + (month or ("12" if latest else "01")) + (day or ("31" if latest else "01"))
    if not date(stamp) or not time(clock):
        return ""
    east = named or offset
    return shifted(real_day(stamp + clock, latest), -minutes_of(east)) if east else stamp + clock


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


def offset_of(minutes: int) -> str:
    """``+HHMM`` of minutes east of UTC."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"


def is_offset(text: str) -> bool:
    """Whether the text is an offset that PS3.5 allows: -1200 to +1400."""
    return text in OFFSETS


OFFSETS: dict[str, int] = {
    **{offset_of(minutes): minutes for minutes in range(-720, 841)},
    "-0000": 0,  # nobody should write it (PS3.5 Section 6.2), and what it says is clear
}
"""Every offset from UTC, and its minutes east."""


def real_day(stamp: str, latest: bool) -> str:
    """A DT string, but the 31st of a short month is its last day, or as a low end the day after.

    Questions name such days ("until the 31st"); to move them they have to be in a calendar.
    """
    try:
        last = monthrange(int(stamp[:4]), int(stamp[4:6]))[1]
    except (ValueError, IllegalMonthError):
        return stamp
    if int(stamp[6:8]) <= last:
        return stamp
    if latest:
        return f"{stamp[:6]}{last:02}235959.999999"
    return shifted(f"{stamp[:6]}{last:02}000000.000000", _DAY)


def shifted(stamp: str, minutes: int) -> str:
    """A DT string moved by minutes; unchanged where the calendar ends or knows no such day."""
    return each_shifted(stamp, (minutes,))[0]


def each_shifted(stamp: str, minutes: Iterable[int]) -> list[str]:
    """A DT string moved by several numbers of minutes."""
    try:
        day = datetime.strptime(stamp[:8], "%Y%m%d").toordinal()  # noqa: DTZ007, RUF100  (no zone)
        since_midnight = int(stamp[8:10]) * 60 + int(stamp[10:12])
    except ValueError:
        return [stamp for _ in minutes]
    days: dict[int, str] = {}
    found = []
    for each in minutes:
        ahead, rest = divmod(since_midnight + each, _DAY)
        if ahead not in days:
            days[ahead] = _day_of(day + ahead)
        clock = f"{rest // 60:02}{rest % 60:02}"
        # The seconds stay as they are: they may be a leap second.
        found.append(days[ahead] + clock + stamp[12:] if days[ahead] else stamp)
    return found


def _day_of(ordinal: int) -> str:
    """YYYYMMDD of a day; empty beyond the calendar."""
    if not date_of_calendar.min.toordinal() <= ordinal <= date_of_calendar.max.toordinal():
        return ""
    day = date_of_calendar.fromordinal(ordinal)
    return f"{day.year:04}{day.month:02}{day.day:02}"


def turned(time_of_day: str, minutes: int) -> str:
    """A TM string moved by minutes round the clock."""
    hours, rest = divmod((int(time_of_day[:2]) * 60 + int(time_of_day[2:4]) + minutes) % _DAY, 60)
    return f"{hours:02}{rest:02}{time_of_day[4:]}"
