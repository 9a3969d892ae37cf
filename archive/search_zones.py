"""Conditions of a search whose dates and times are meant in a zone that it names.

Pure. Turns what `archive.criteria` read into the conditions of `archive.zoned`. A date that no
time belongs to stays as it is: PS3.4 C.2.2.2.1.3 moves times and the dates associated with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo

from archive.attributes import DATE_AND_TIME, TIME_AND_DATE, vr_of
from archive.conditions import AnyOf, Condition, DateTimeRange, Exact, Nested, Range, Search
from archive.errors import BadSearch
from archive.temporal import is_offset, minutes_of
from archive.zoned import ZonedDate, ZonedDateTime, ZonedTime
from archive.zones import Span, Zones

MIDNIGHT, LAST_INSTANT = "000000.000000", "235959.999999"


def zones_of(search: Search, local: tzinfo) -> Zones | None:
    """The zones of a search; None when it names none.

    Raises
    ------
    BadSearch
        What it names is no offset.
    """
    offset = search.timezone_offset_from_utc
    if not offset:
        return None
    if not is_offset(offset):
        raise BadSearch("TimezoneOffsetFromUTC takes an offset such as +0100")
    return Zones(minutes_of(offset), local)


def in_zones(condition: Condition, zones: Zones | None) -> Condition:
    """A condition as it is meant where the question names its zone."""
    if zones is None:
        return condition
    if isinstance(condition, Nested):
        return replace(
            condition, conditions=tuple(in_zones(c, zones) for c in condition.conditions)
        )
    if isinstance(condition, DateTimeRange):
        span = (condition.low, condition.high)
        return ZonedDate(condition.path, condition.time_path, (span,), zones, timed=True)
    if not isinstance(condition, Exact | Range | AnyOf):
        return condition
    vr, path, spans = vr_of(condition.path), condition.path, tuple(_spans(condition))
    if vr == "DT":
        return ZonedDateTime(path, spans, zones)
    if vr == "TM":
        return ZonedTime(path, TIME_AND_DATE.get(path), spans, zones)
    time_path = DATE_AND_TIME.get(path) if vr == "DA" else None
    if time_path is None:
        return condition
    return ZonedDate(path, time_path, tuple(map(_whole_days, spans)), zones)


def _spans(condition: Exact | Range | AnyOf) -> Iterable[Span]:
    alternatives = condition.alternatives if isinstance(condition, AnyOf) else (condition,)
    for each in alternatives:
        if isinstance(each, Exact):
            yield each.value, each.value
        elif isinstance(each, Range):
            yield each.low, each.high


def _whole_days(span: Span) -> Span:
    low, high = span
    return low and low + MIDNIGHT, high and high + LAST_INSTANT
