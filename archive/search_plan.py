"""What a search comes to: which conditions SQL can decide, and which need the documents.

Pure. Universal conditions fall away, paths that share a sequence become one `Nested`, a date and
a time asked for as ranges become one moment, and each condition goes to the level that its
attribute lives at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo

from archive.attributes import (
    DATE_AND_TIME,
    INSTANCE_AVAILABILITY,
    SPECIFIC_CHARACTER_SET,
    TIMEZONE_OFFSET_FROM_UTC,
    Attribute,
    Level,
    Path,
    attribute_at,
    level_of,
)
from archive.conditions import (
    Condition,
    DateTimeRange,
    Fuzzy,
    Nested,
    Range,
    Search,
    Universal,
)
from archive.errors import BadSearch
from archive.search_zones import in_zones, zones_of
from archive.zoned import ZonedDate, ZonedDateTime, ZonedTime
from archive.zones import Zones

MAX_CONDITIONS = 64

_OFFSET_LEVEL = level_of(TIMEZONE_OFFSET_FROM_UTC)
"""Only this level's table has the instance's offset beside its dates and times."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that SQL decides, on a column or on something computed."""

    condition: Condition
    attribute: Attribute


@dataclass(slots=True)
class Plan:
    """The conditions of a search, sorted out.

    Parameters
    ----------
    filters
        What SQL decides, by level.
    residual
        What the documents of a level decide.
    """

    filters: dict[Level, list[Filter]] = field(default_factory=lambda: defaultdict(list))
    residual: dict[Level, list[Condition]] = field(default_factory=lambda: defaultdict(list))


def plan(search: Search, local: tzinfo = UTC) -> Plan:
    """Sort the conditions of a search out.

    Parameters
    ----------
    local
        The zone of instances that name none, for a search that names one.

    Raises
    ------
    BadSearch
        There are too many, or its time zone is none.
    """
    if len(search.conditions) > MAX_CONDITIONS:
        raise BadSearch(f"a search takes at most {MAX_CONDITIONS} keys")
    zones = zones_of(search, local)
    conditions = [c for c in search.conditions if not _says_nothing(c)]
    whole, inside = [c for c in conditions if len(c.path) == 1], _sequences(conditions)
    result = Plan()
    for condition in _moments(whole):
        _place(result, in_zones(condition, zones))
    for tag, nested in inside.items():
        _place_nested(result, tag, nested, zones)
    return result


def _says_nothing(condition: Condition) -> bool:
    # PS3.4 C.2.2.2: the character set of a request is never matched.
    return isinstance(condition, Universal) or condition.path == (SPECIFIC_CHARACTER_SET,)


def _sequences(conditions: Iterable[Condition]) -> dict[int, list[Condition]]:
    groups: dict[int, list[Condition]] = defaultdict(list)
    for condition in conditions:
        if len(condition.path) > 1:
            groups[condition.path[0]].append(condition)
    return groups


def _moments(conditions: list[Condition]) -> list[Condition]:
    ranges = {c.path: c for c in conditions if isinstance(c, Range)}
    found: dict[Path, DateTimeRange] = {}
    for date_path, date in ranges.items():
        time_path = DATE_AND_TIME.get(date_path, ())
        time = ranges.get(time_path)
        if time and _same_form(date, time):
            low = None if date.low is None else date.low + (time.low or "")
            high = None if date.high is None else date.high + (time.high or "")
            found[date_path] = DateTimeRange(date_path, time_path, low, high)
            found[time_path] = found[date_path]
    return list(dict.fromkeys(found.get(c.path, c) for c in conditions))


def _same_form(one: Range, other: Range) -> bool:
    return (one.low is None, one.high is None) == (other.low is None, other.high is None)


def _place(result: Plan, condition: Condition) -> None:
    attribute = attribute_at(condition.path)
    level = attribute.level if attribute else level_of(condition.path[0])
    if condition.path == INSTANCE_AVAILABILITY:
        level = Level.STUDY  # the same for all that is stored; no reason to look deeper
    if attribute and _sql_can(condition, attribute):
        result.filters[level].append(Filter(condition, attribute))
        return
    result.residual[level].append(condition)
    if attribute and attribute.column and isinstance(condition, ZonedDate):
        # The days around it, which the index knows, leave fewer documents to read.
        result.filters[level].append(Filter(Range(condition.path, *condition.outer), attribute))


def _sql_can(condition: Condition, attribute: Attribute) -> bool:
    if isinstance(condition, Nested | ZonedTime | ZonedDateTime):
        return False
    if isinstance(condition, Fuzzy):
        return attribute.fuzzy_column is not None
    if isinstance(condition, DateTimeRange | ZonedDate):
        time = attribute_at(condition.time_path)
        known = isinstance(condition, DateTimeRange) or attribute.level is _OFFSET_LEVEL
        return bool(known and attribute.column and time and time.column)
    return attribute.computed or attribute.column is not None


def _place_nested(result: Plan, tag: int, conditions: list[Condition], zones: Zones | None) -> None:
    columns = [(c, a) for c in conditions if (a := attribute_at(c.path)) and _sql_can(c, a)]
    for condition, attribute in columns:
        # Each must hold in some item; that it is the same one is decided below.
        result.filters[attribute.level].append(Filter(condition, attribute))
    nested = nested_in(tag, conditions)
    meant = in_zones(nested, zones)
    if len(conditions) > 1 or meant != nested:
        result.residual[level_of(tag)].append(meant)
    elif not columns:
        # Alone it is asked of all items at once, so that Empty holds where there is no item.
        result.residual[level_of(tag)].append(conditions[0])


def nested_in(tag: int, conditions: Iterable[Condition]) -> Nested:
    """Conditions whose paths begin with a sequence, as conditions on its items."""
    inner: list[Condition] = []
    deeper: dict[int, list[Condition]] = defaultdict(list)
    for condition in conditions:
        shorter = replace(condition, path=condition.path[1:])
        if len(shorter.path) > 1:
            deeper[shorter.path[0]].append(shorter)
        else:
            inner.append(shorter)
    inner = _moments(inner) + [nested_in(each, group) for each, group in deeper.items()]
    return Nested((tag,), tuple(inner))
