"""Conditions as SQL, on SQLite and on PostgreSQL.

May live here: expressions on columns. May not: which tables a search joins and in which order
it answers (`archive.search`). What an expression lets through is exactly what the condition's
`matches` says of the decoded column; narrowing by trigrams only comes on top.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
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
from archive.attributes import Attribute, Index, Level, Path
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

Bool = ColumnElement[bool]
TextColumn = ColumnElement[str]

ONLINE = "ONLINE"
_MIN_RUN = 3
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
    def narrow(self, level: Level, name: str, run: str) -> Bool:
        """Rows whose text column has a run of characters, by trigrams."""


class Sqlite(Dialect):
    """GLOB, JSON functions and the FTS5 tables of `archive.search_schema`."""

    def like(self, text: TextColumn, pattern: str) -> Bool:
        return text.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]"))

    def contains(self, text: TextColumn, part: str) -> Bool:
        return func.instr(text, part) > 0

    def any_value(self, text: TextColumn, test: Callable[[TextColumn], Bool]) -> Bool:
        values = func.json_each(_listed(text)).table_valued("value", name="listed")
        return select(literal(1)).select_from(values).where(test(values.c.value)).exists()

    def narrow(self, level: Level, name: str, run: str) -> Bool:
        trigrams = table(trigram_table(level), column("rowid"), column(name))
        found = select(trigrams.c.rowid).where(self.like(trigrams.c[name], f"*{run}*"))
        return TABLES[level].c.id.in_(found)


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

    def narrow(self, level: Level, name: str, run: str) -> Bool:
        return self.like(TABLES[level].c[name], f"*{run}*")


def _is_list(text: TextColumn) -> Bool:
    return and_(text >= MULTIPLE, text < AFTER_MULTIPLE)


def _is_no_list(text: TextColumn) -> Bool:
    return or_(text < MULTIPLE, text >= AFTER_MULTIPLE)


def _listed(text: TextColumn) -> ColumnElement[str]:
    # The CASE keeps a database that evaluates in its own order from parsing what is no JSON.
    return case((_is_list(text), func.substr(text, 2)), else_="[]")


def clause(
    condition: Condition, attribute: Attribute, dialect: Dialect, *, narrow: bool = True
) -> Bool:
    """A condition on an attribute that SQL can decide, as an expression on its level's table.

    Parameters
    ----------
    narrow
        Look patterns up among the trigrams first. Not wanted where rows are walked in the order
        of the answer anyway.
    """
    if isinstance(condition, AnyOf):
        parts = (clause(c, attribute, dialect, narrow=narrow) for c in condition.alternatives)
        return or_(*parts)
    if attribute.computed:
        return _COMPUTED[attribute.path](condition, dialect)
    if isinstance(condition, DateTimeRange):
        return _moment(condition, attribute)
    if isinstance(condition, Fuzzy):
        return _fuzzy(condition, attribute, dialect, narrow)
    assert attribute.column is not None  # search_plan places no other here
    text = TABLES[attribute.level].c[attribute.column]
    exact = on_column(condition, text, attribute.many, dialect)
    run = longest_run(condition)
    if narrow and attribute.index is Index.TEXT and len(run) >= _MIN_RUN:
        return and_(dialect.narrow(attribute.level, attribute.column, run), exact)
    return exact


def longest_run(condition: Condition) -> str:
    """The longest text that every match of a pattern contains, in a list of values too.

    Empty for a pattern with enough of a beginning: that is a range of the b-tree.
    """
    if not isinstance(condition, Wildcard) or len(prefix_of(condition.pattern)) >= _MIN_RUN:
        return ""
    # In a list, JSON spells quotation marks and backslashes with one more character.
    return max(re.split(r'[*?"\\]', condition.pattern), key=len)


def prefix_of(pattern: str) -> str:
    """What stands before the first wild card."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


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
    single = _single(condition, text, dialect, ranges=True)
    if not many:
        return single
    listed = dialect.any_value(text, lambda v: _single(condition, v, dialect, ranges=False))
    return or_(single, and_(_is_list(text), listed))


def _single(condition: Condition, text: TextColumn, dialect: Dialect, *, ranges: bool) -> Bool:
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
        return and_(*_beginning(text, condition.pattern), text != "", form) if ranges else form
    raise AssertionError(f"{type(condition).__name__} is not decided on one column")


def _beginning(text: TextColumn, pattern: str) -> list[Bool]:
    prefix = prefix_of(pattern)
    if not prefix:
        return [_is_no_list(text)]
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


def _fuzzy(condition: Fuzzy, attribute: Attribute, dialect: Dialect, narrow: bool) -> Bool:
    name = attribute.fuzzy_column
    assert name is not None  # search_plan asked

    def probe(part: str) -> Bool:
        exact = dialect.contains(TABLES[attribute.level].c[name], part)
        if narrow and len(part) >= _MIN_RUN:
            return and_(dialect.narrow(attribute.level, name, part), exact)
        return exact

    return and_(*(or_(*map(probe, probes(token))) for token in condition.tokens))


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
