"""Conditions as SQL, on SQLite and on PostgreSQL.

May live here: expressions on columns. May not: which tables a search joins and in which order
it answers (`archive.search`). What an expression lets through is exactly what the condition's
`matches` says of the decoded column.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    false,
    func,
    literal,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from archive import attributes
from archive.attributes import Attribute, Level, Path
from archive.conditions import (
    AnyOf,
    Condition,
    DateTimeRange,
    Empty,
    Exact,
    Fuzzy,
    Range,
    UIDList,
    Universal,
    Wildcard,
    probes,
)
from archive.models import series, study
from archive.search_schema import TABLES, trigram_table
from archive.values import AFTER_MULTIPLE, MULTIPLE
from archive.zoned import AFTER_ALL_TIMES, ZonedDate
from archive.zones import Zones

Bool = ColumnElement[bool]
TextColumn = ColumnElement[str]

ONLINE = "ONLINE"

MIN_RUN = 3
"""Characters that a trigram index can look for."""


class Dialect(ABC):
    """What the two databases say differently."""

    @abstractmethod
    def like(self, text: TextColumn, pattern: str) -> Bool:
        """Whether a text has the form of a DICOM pattern."""

    @abstractmethod
    def contains(self, text: TextColumn, part: str) -> Bool:
        """Whether a part is in a text, letter for letter."""

    @abstractmethod
    def any_value(self, text: TextColumn, test: Callable[[TextColumn], Bool]) -> Bool:
        """Whether one of the values of a column that holds a list passes a test."""

    @abstractmethod
    def unindexed(self, text: TextColumn) -> TextColumn:
        """A column for a test on rows that are chosen already; its index is of no use there."""

    @abstractmethod
    def looked_up(self, table: str, offset: TextColumn) -> TextColumn:
        """What a JSON object says of an offset from UTC; NULL for a text that is none."""

    @abstractmethod
    def with_run(self, level: Level, name: str, run: str) -> Select[tuple[int]]:
        """Ids of rows whose text column has a run of characters, looked up among the trigrams."""

    @abstractmethod
    def with_run_in_list(self, level: Level, name: str, run: str) -> Select[tuple[int]]:
        """The like, of rows whose column holds a list."""


class Sqlite(Dialect):
    """GLOB, JSON functions and the FTS5 tables of `archive.search_schema`."""

    def like(self, text: TextColumn, pattern: str) -> Bool:
        return text.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]"))

    def contains(self, text: TextColumn, part: str) -> Bool:
        return func.instr(text, part) > 0

    def any_value(self, text: TextColumn, test: Callable[[TextColumn], Bool]) -> Bool:
        values = func.json_each(_listed(text)).table_valued("value", name="listed")
        return select(literal(1)).select_from(values).where(test(values.c.value)).exists()

    def unindexed(self, text: TextColumn) -> TextColumn:
        return text.concat("")

    def looked_up(self, table: str, offset: TextColumn) -> TextColumn:
        # Any other text could be a path into the object, or none at all.
        form = offset.op("GLOB", is_comparison=True)("[+-][0-9][0-9][0-9][0-9]")
        return case((form, func.json_extract(table, literal('$."').concat(offset).concat('"'))))

    def with_run(self, level: Level, name: str, run: str) -> Select[tuple[int]]:
        trigrams = table(trigram_table(level), column("rowid", Integer), column(name, Text))
        return select(trigrams.c.rowid).where(self.like(trigrams.c[name], f"*{run}*"))

    def with_run_in_list(self, level: Level, name: str, run: str) -> Select[tuple[int]]:
        # Here trigrams know quotation marks, which only lists have around a value.
        return self.with_run(level, name, run)


class Postgresql(Dialect):
    """LIKE, JSONB and the GIN indexes of `archive.search_schema`."""

    def like(self, text: TextColumn, pattern: str) -> Bool:
        escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
        return text.like(escaped.replace("*", "%").replace("?", "_"))

    def contains(self, text: TextColumn, part: str) -> Bool:
        return func.strpos(text, part) > 0

    def any_value(self, text: TextColumn, test: Callable[[TextColumn], Bool]) -> Bool:
        listed = cast(_listed(text), JSONB)
        values = func.jsonb_array_elements_text(listed).table_valued("value", name="listed")
        return select(literal(1)).select_from(values).where(test(values.c.value)).exists()

    def unindexed(self, text: TextColumn) -> TextColumn:
        # The planner knows how frequent a column's values are, but not those of an expression.
        return text

    def looked_up(self, table: str, offset: TextColumn) -> TextColumn:
        found: TextColumn = cast(literal(table), JSONB).op("->>", return_type=Text())(offset)
        return found

    def with_run(self, level: Level, name: str, run: str) -> Select[tuple[int]]:
        columns = TABLES[level].c
        return select(columns.id).where(self.like(columns[name], f"*{run}*"))

    def with_run_in_list(self, level: Level, name: str, run: str) -> Select[tuple[int]]:
        # Trigrams know letters only, and would find every row that has the value itself; where
        # lists are few, the b-tree has them together.
        return self.with_run(level, name, run).where(is_list(TABLES[level].c[name]))


def is_list(text: TextColumn) -> Bool:
    return and_(text >= MULTIPLE, text < AFTER_MULTIPLE)


def _is_no_list(text: TextColumn) -> Bool:
    return or_(text < MULTIPLE, text >= AFTER_MULTIPLE)


def _listed(text: TextColumn) -> ColumnElement[str]:
    # The CASE keeps a database that evaluates in its own order from parsing what is no JSON.
    return case((is_list(text), func.substr(text, 2)), else_="[]")


def clause(condition: Condition, attribute: Attribute, dialect: Dialect) -> Bool:
    """A condition on an attribute that SQL can decide, as an expression on its level's table.

    The expression is exact and wants no index, but for the study's date, whose index is the order
    of the answer: which rows it is tried on is for `archive.search_statements` to choose.
    """
    if isinstance(condition, AnyOf):
        return or_(*(clause(each, attribute, dialect) for each in condition.alternatives))
    if attribute.computed:
        return _COMPUTED[attribute.path](condition, dialect)
    if isinstance(condition, DateTimeRange):
        return _moment(condition, attribute)
    if isinstance(condition, ZonedDate):
        return _zoned(condition, attribute, dialect)
    columns = TABLES[attribute.level].c
    if isinstance(condition, Fuzzy):
        text = columns[str(attribute.fuzzy_column)]
        return and_(
            *(
                or_(*(dialect.contains(text, probe) for probe in probes(token)))
                for token in condition.tokens
            )
        )
    text = columns[str(attribute.column)]
    plain = text if text is study.c.study_date else dialect.unindexed(text)
    if _in_vain(condition):
        plain = text.concat("")
    return on_column(condition, plain, attribute.many, dialect)


def prefix_of(pattern: str) -> str:
    """What stands before the first wild card."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


def longest_run(pattern: str) -> str:
    """The longest text that every match of a pattern contains, in a list of values too."""
    # In a list, JSON spells quotation marks and backslashes with one more character.
    return max(re.split(r'[*?"\\]', pattern), key=len)


def _in_vain(condition: Condition) -> bool:
    """Whether no index has anything to go by, which a planner may try all the same."""
    alternatives = condition.alternatives if isinstance(condition, AnyOf) else (condition,)
    patterns = [each.pattern for each in alternatives if isinstance(each, Wildcard)]
    return any(not prefix_of(each) and len(longest_run(each)) < MIN_RUN for each in patterns)


def after(prefix: str) -> str | None:
    """The first text, by code points, after all that begin with a prefix; None if there is none."""
    for end in range(len(prefix), 0, -1):
        code = ord(prefix[end - 1]) + 1
        if 0xD800 <= code <= 0xDFFF:
            code = 0xE000  # no character lies among the surrogates
        if code <= 0x10FFFF:
            return prefix[: end - 1] + chr(code)
    return None


def on_column(condition: Condition, text: TextColumn, many: bool, dialect: Dialect) -> Bool:
    """A condition on a column; `many` if it may hold a list of values."""
    if isinstance(condition, AnyOf):
        return or_(*(on_column(c, text, many, dialect) for c in condition.alternatives))
    if isinstance(condition, Universal):
        return true()
    if isinstance(condition, Empty):
        return text == ""
    single = single_value(condition, text, dialect, ranges=True)
    if not many:
        return single
    listed = dialect.any_value(text, lambda v: single_value(condition, v, dialect, ranges=False))
    return or_(single, and_(is_list(text), listed))


def single_value(condition: Condition, text: TextColumn, dialect: Dialect, *, ranges: bool) -> Bool:
    """A condition on a text that is one value.

    Parameters
    ----------
    ranges
        The text is a column: an index can serve it, and it may hold a list instead.
    """
    if isinstance(condition, Exact):
        # No value begins as a list does.
        return false() if condition.value.startswith(MULTIPLE) else text == condition.value
    if isinstance(condition, UIDList):
        return text.in_(condition.uids)
    if isinstance(condition, Range):
        return _between(text, condition.low, condition.high)
    if isinstance(condition, Wildcard):
        form = dialect.like(text, condition.pattern)
        if not ranges:
            return form
        bounds = _beginning(text, condition.pattern)
        # What lets least through is tried first; databases keep the order within an OR.
        return and_(*bounds, form) if prefix_of(condition.pattern) else and_(form, *bounds)
    raise AssertionError(f"{type(condition).__name__} is not decided on one column")


def _beginning(text: TextColumn, pattern: str) -> list[Bool]:
    prefix = prefix_of(pattern)
    if not prefix:
        return [text != "", _is_no_list(text)]
    end = after(prefix)
    bounds = [text >= prefix] + ([text < end] if end is not None else [])
    return [*bounds, _is_no_list(text)] if prefix.startswith(MULTIPLE) else bounds


def _between(text: TextColumn, low: str | None, high: str | None) -> Bool:
    # An empty column is no date: it lies before all of them, so an open low end needs a floor.
    bounds = [text >= low if low is not None else text > ""]
    if high is not None:
        bounds.append(text <= high)
    return and_(*bounds)


def _moment(condition: DateTimeRange, attribute: Attribute) -> Bool:
    time = attributes.attribute_at(condition.time_path)
    assert attribute.column and time and time.column  # search_plan asked
    columns = TABLES[attribute.level].c
    day, clock = columns[attribute.column], columns[time.column]
    low, high = condition.low, condition.high
    # The plain bounds on the date are what an index can serve.
    bounds: list[Bool] = [_between(day, low and low[:8], high and high[:8])]
    if low is not None:
        bounds.append(day.concat(clock) >= low)
    if high is not None:
        bounds.append(day.concat(clock) <= high)
    return and_(*bounds)


def _zoned(condition: ZonedDate, attribute: Attribute, dialect: Dialect) -> Bool:
    time = attributes.attribute_at(condition.time_path)
    assert attribute.column and time and time.column  # search_plan asked
    columns = TABLES[attribute.level].c
    day, clock = columns[attribute.column], columns[time.column]
    offset = columns.timezone_offset_from_utc
    zones = condition.zones

    def end(stamp: str, latest: bool) -> TextColumn:
        table, unstated = _ends(zones, stamp, latest)
        return func.coalesce(dialect.looked_up(table, offset), unstated)

    def within(low: str | None, high: str | None) -> Bool:
        bounds: list[Bool] = [_between(day, *zones.outer((low, high)))]
        if low is not None:
            # Without a time it is all of the day.
            last = case((clock == "", AFTER_ALL_TIMES), else_=clock)
            bounds.append(day.concat(last) >= end(low, latest=False))
        if high is not None:
            bounds.append(day.concat(clock) <= end(high, latest=True))
        return and_(*bounds)

    return or_(*(within(low, high) for low, high in condition.spans))


@lru_cache(maxsize=64)  # a search spells its conditions in several statements
def _ends(zones: Zones, stamp: str, latest: bool) -> tuple[str, str]:
    """An end of a span where an instance states an offset, as a JSON object, and where not."""
    each = zones.each_moved(stamp, latest)
    return json.dumps(each), each[""]


def _list(text: TextColumn) -> Callable[[Condition, Dialect], Bool]:
    def listed(condition: Condition, dialect: Dialect) -> Bool:
        return on_column(condition, text, True, dialect)

    return listed


def _count(number: ColumnElement[int]) -> Callable[[Condition, Dialect], Bool]:
    def counted(condition: Condition, dialect: Dialect) -> Bool:
        return on_column(condition, cast(number, Text), False, dialect)

    return counted


def _availability(condition: Condition, _: Dialect) -> Bool:
    matches: Any = getattr(condition, "matches", None)
    return true() if matches and matches([ONLINE]) else false()


_COMPUTED: dict[Path, Callable[[Condition, Dialect], Bool]] = {
    attributes.MODALITIES_IN_STUDY: _list(study.c.modalities_in_study),
    attributes.SOP_CLASSES_IN_STUDY: _list(study.c.sop_classes_in_study),
    attributes.INSTANCE_AVAILABILITY: _availability,
    attributes.NUMBER_OF_STUDY_RELATED_SERIES: _count(study.c.number_of_series),
    attributes.NUMBER_OF_STUDY_RELATED_INSTANCES: _count(study.c.number_of_instances),
    attributes.NUMBER_OF_SERIES_RELATED_INSTANCES: _count(series.c.number_of_instances),
}

DIALECTS: dict[str, Dialect] = {"sqlite": Sqlite(), "postgresql": Postgresql()}
