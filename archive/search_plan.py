"""What a search comes to: which conditions SQL can decide, and which need the documents.

Pure. Universal conditions fall away, paths that share a sequence become one `Nested`, a date and
a time asked for as ranges become one moment, and each condition goes to the level that its
attribute lives at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

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
    vr_of,
)
from archive.conditions import (
    Condition,
    DateTimeRange,
    Empty,
    Fuzzy,
    Nested,
    Range,
    Search,
    Universal,
)
from archive.errors import BadSearch

MAX_CONDITIONS = 64


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


def plan(search: Search) -> Plan:
    """Sort the conditions of a search out.

    Raises
    ------
    BadSearch
        There are too many, or one of them is a time zone beside dates that it would move.
    """
    if len(search.conditions) > MAX_CONDITIONS:
        raise BadSearch(f"a search takes at most {MAX_CONDITIONS} keys")
    conditions = [c for c in search.conditions if not _says_nothing(c)]
    whole, inside = [c for c in conditions if len(c.path) == 1], _sequences(conditions)
    result = Plan()
    for condition in _moments(whole):
        _place(result, condition)
    for tag, nested in inside.items():
        _place_nested(result, tag, nested)
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
    for date_path, time_path in DATE_AND_TIME.items():
        date, time = ranges.get(date_path), ranges.get(time_path)
        if date and time and _same_form(date, time):
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
    else:
        result.residual[level].append(condition)


def _sql_can(condition: Condition, attribute: Attribute) -> bool:
    if isinstance(condition, Nested):
        return False
    if isinstance(condition, Fuzzy):
        return attribute.fuzzy_column is not None
    if isinstance(condition, DateTimeRange):
        time = attribute_at(condition.time_path)
        return bool(attribute.column and time and time.column)
    return attribute.computed or attribute.column is not None


def _place_nested(result: Plan, tag: int, conditions: list[Condition]) -> None:
    columns = [(c, a) for c in conditions if (a := attribute_at(c.path)) and _sql_can(c, a)]
    for condition, attribute in columns:
        # Each must hold in some item; that it is the same one is decided below.
        result.filters[attribute.level].append(Filter(condition, attribute))
    if len(conditions) > 1:
        result.residual[level_of(tag)].append(nested_in(tag, conditions))
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
    inner += [nested_in(each, group) for each, group in deeper.items()]
    return Nested((tag,), tuple(inner))


def check_timezone(search: Search) -> None:
    """Refuse a time zone that would have to move dates or times.

    Raises
    ------
    BadSearch
        Dates and times are matched as the files wrote them (docs/decisions/0021).
    """
    zone = search.timezone_offset_from_utc
    asked = any(c.path == (TIMEZONE_OFFSET_FROM_UTC,) for c in search.conditions)
    if not zone and not asked:
        return
    moved = any(
        vr_of(condition.path) in ("DA", "TM", "DT")
        for condition in search.conditions
        if not isinstance(condition, Universal | Empty)
    )
    if moved:
        raise BadSearch(
            "TimezoneOffsetFromUTC cannot be applied: dates and times are matched as the "
            "instances state them; leave it out"
        )
