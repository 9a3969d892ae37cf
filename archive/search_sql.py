"""Conditions as SQL, on SQLite and on PostgreSQL.

May live here: expressions on columns. May not: which tables a search joins and in which order
it answers (`archive.search`). What an expression lets through is exactly what the condition's
`matches` says of the decoded column.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import lru_cache

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
from archive.search_schema import TABLES, trigram_table
from archive.sql_text import FALSE, TRUE, Sql, all_of, any_of, glued, one_of, select
from archive.values import AFTER_MULTIPLE, MULTIPLE
from archive.zoned import AFTER_ALL_TIMES, ZonedDate
from archive.zones import Zones

ONLINE = "ONLINE"

MIN_RUN = 3
"""Characters that a trigram index can look for."""

STUDY_DATE = "study.study_date"
"""The study's date, whose index is the order of the answer."""


def column_at(level: Level, name: str | None) -> str:
    """How a column of a level's table is called in a statement."""
    assert name  # what has no column is not decided here
    return f"{TABLES[level].name}.{name}"


class Dialect(ABC):
    """What the two databases say differently."""

    join_in_order: str
    """A join whose left side is walked first, where that can be said."""

    plans_by_values: bool
    """Whether ends of a range tell the planner something, where no index is wanted."""

    fence: str
    """What a subquery ends in whose rows are to be found before they are sorted."""

    @abstractmethod
    def like(self, text: str, pattern: str) -> Sql:
        """Whether a text has the form of a DICOM pattern."""

    @abstractmethod
    def contains(self, text: str, part: str) -> Sql:
        """Whether a part is in a text, letter for letter."""

    @abstractmethod
    def any_value(self, text: str, test: Callable[[str], Sql]) -> Sql:
        """Whether one of the values of a column that holds a list passes a test."""

    @abstractmethod
    def unindexed(self, text: str) -> str:
        """A column for a test on rows that are chosen already; its index is of no use there."""

    @abstractmethod
    def looked_up(self, table: str, offset: str) -> Sql:
        """What a JSON object says of an offset from UTC; NULL for a text that is none."""

    @abstractmethod
    def numbers(self, ids: Iterable[int]) -> Sql:
        """Rows of one number each, however many there are."""

    @abstractmethod
    def with_run(self, level: Level, name: str, run: str) -> Sql:
        """Ids of rows whose text column has a run of characters, looked up among the trigrams."""

    @abstractmethod
    def with_run_in_list(self, level: Level, name: str, run: str) -> Sql:
        """The like, of rows whose column holds a list."""


class Sqlite(Dialect):
    """GLOB, JSON functions and the FTS5 tables of `archive.search_schema`."""

    join_in_order = "CROSS JOIN"
    plans_by_values = False
    fence = "LIMIT -1 OFFSET 0"

    def like(self, text: str, pattern: str) -> Sql:
        return Sql(f"{text} GLOB ?", (pattern.replace("[", "[[]"),))

    def contains(self, text: str, part: str) -> Sql:
        return Sql(f"instr({text}, ?) > 0", (part,))

    def any_value(self, text: str, test: Callable[[str], Sql]) -> Sql:
        listed = select("1", f"json_each({_listed(text)}) AS listed", [test("listed.value")])
        return glued("EXISTS (", listed, ")")

    def unindexed(self, text: str) -> str:
        return f"({text} || '')"

    def looked_up(self, table: str, offset: str) -> Sql:
        # Any other text could be a path into the object, or none at all.
        form = f"{offset} GLOB '[+-][0-9][0-9][0-9][0-9]'"
        found = f"""json_extract(?, '$."' || {offset} || '"')"""
        return Sql(f"CASE WHEN {form} THEN {found} END", (table,))

    def numbers(self, ids: Iterable[int]) -> Sql:
        return Sql(select("value", "json_each(?)").text, (json.dumps(list(ids)),))

    def with_run(self, level: Level, name: str, run: str) -> Sql:
        trigrams = trigram_table(level)
        return select(f"{trigrams}.rowid", trigrams, [self.like(f"{trigrams}.{name}", f"*{run}*")])

    def with_run_in_list(self, level: Level, name: str, run: str) -> Sql:
        # Here trigrams know quotation marks, which only lists have around a value.
        return self.with_run(level, name, run)


class Postgresql(Dialect):
    """LIKE, JSONB and the GIN indexes of `archive.search_schema`."""

    join_in_order = "JOIN"
    plans_by_values = True
    fence = "OFFSET 0"

    def like(self, text: str, pattern: str) -> Sql:
        escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
        return Sql(f"{text} LIKE ?", (escaped.replace("*", "%").replace("?", "_"),))

    def contains(self, text: str, part: str) -> Sql:
        return Sql(f"strpos({text}, ?) > 0", (part,))

    def any_value(self, text: str, test: Callable[[str], Sql]) -> Sql:
        values = f"jsonb_array_elements_text(CAST({_listed(text)} AS JSONB)) AS listed (value)"
        return glued("EXISTS (", select("1", values, [test("listed.value")]), ")")

    def unindexed(self, text: str) -> str:
        # The planner knows how frequent a column's values are, but not those of an expression.
        return text

    def looked_up(self, table: str, offset: str) -> Sql:
        return Sql(f"CAST(? AS JSONB) ->> {offset}", (table,))

    def numbers(self, ids: Iterable[int]) -> Sql:
        return Sql("SELECT unnest(CAST(? AS BIGINT[]))", (list(ids),))

    def with_run(self, level: Level, name: str, run: str) -> Sql:
        text = column_at(level, name)
        return select(column_at(level, "id"), TABLES[level].name, [self.like(text, f"*{run}*")])

    def with_run_in_list(self, level: Level, name: str, run: str) -> Sql:
        # Trigrams know letters only, and would find every row that has the value itself; where
        # lists are few, the b-tree has them together.
        return glued(self.with_run(level, name, run), "AND", is_list(column_at(level, name)))


def is_list(text: str) -> Sql:
    """Whether a column holds several values."""
    return Sql(f"({text} >= ? AND {text} < ?)", (MULTIPLE, AFTER_MULTIPLE))


def _is_no_list(text: str) -> Sql:
    return Sql(f"({text} < ? OR {text} >= ?)", (MULTIPLE, AFTER_MULTIPLE))


def _listed(text: str) -> str:
    # The CASE keeps a database that evaluates in its own order from parsing what is no JSON.
    ends = f"{text} >= '{MULTIPLE}' AND {text} < '{AFTER_MULTIPLE}'"
    return f"CASE WHEN {ends} THEN substr({text}, 2) ELSE '[]' END"


def clause(condition: Condition, attribute: Attribute, dialect: Dialect) -> Sql:
    """A condition on an attribute that SQL can decide, as an expression on its level's table.

    The expression is exact and wants no index, but for the study's date, whose index is the order
    of the answer: which rows it is tried on is for `archive.search_statements` to choose.
    """
    if isinstance(condition, AnyOf):
        return any_of(*(clause(each, attribute, dialect) for each in condition.alternatives))
    if attribute.computed:
        return _COMPUTED[attribute.path](condition, dialect)
    if isinstance(condition, DateTimeRange):
        return _moment(condition, attribute)
    if isinstance(condition, ZonedDate):
        return _zoned(condition, attribute, dialect)
    if isinstance(condition, Fuzzy):
        text = column_at(attribute.level, attribute.fuzzy_column)
        return all_of(
            *(
                any_of(*(dialect.contains(text, probe) for probe in probes(token)))
                for token in condition.tokens
            )
        )
    text = column_at(attribute.level, attribute.column)
    plain = text if text == STUDY_DATE else dialect.unindexed(text)
    if _in_vain(condition):
        plain = f"({text} || '')"
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


def on_column(condition: Condition, text: str, many: bool, dialect: Dialect) -> Sql:
    """A condition on a column; `many` if it may hold a list of values."""
    if isinstance(condition, AnyOf):
        return any_of(*(on_column(c, text, many, dialect) for c in condition.alternatives))
    if isinstance(condition, Universal):
        return TRUE
    if isinstance(condition, Empty):
        return Sql(f"{text} = ''")
    ends = dialect.plans_by_values
    single = single_value(condition, text, dialect, column=True, ends=ends)
    if not many:
        return single
    listed = dialect.any_value(text, lambda v: single_value(condition, v, dialect, column=False))
    return any_of(single, all_of(is_list(text), listed))


def single_value(
    condition: Condition, text: str, dialect: Dialect, *, column: bool, ends: bool = True
) -> Sql:
    """A condition on a text that is one value.

    Parameters
    ----------
    column
        The text is a column: it may hold a list instead.
    ends
        The ends between which all that match lie are named, too, for an index or a planner.
    """
    if isinstance(condition, Exact):
        # No value begins as a list does.
        value = condition.value
        return FALSE if value.startswith(MULTIPLE) else Sql(f"{text} = ?", (value,))
    if isinstance(condition, UIDList):
        return one_of(text, condition.uids)
    if isinstance(condition, Range):
        return _between(text, condition.low, condition.high)
    if isinstance(condition, Wildcard):
        return _form(condition.pattern, text, dialect, column=column, ends=column and ends)
    raise AssertionError(f"{type(condition).__name__} is not decided on one column")


def _form(pattern: str, text: str, dialect: Dialect, *, column: bool, ends: bool) -> Sql:
    form, prefix = dialect.like(text, pattern), prefix_of(pattern)
    tests = [form]
    if ends and prefix:
        beginning = _beginning(text, prefix)
        # Between both ends lies what begins so, and nothing else. A form that says it once more has
        # PostgreSQL expect a tenth of the rows, and read all of them by their trigrams.
        says_all = len(beginning) == 2 and pattern.rstrip("*") == prefix != pattern
        # What lets least through is tried first; databases keep the order within an OR.
        tests = beginning if says_all else [*beginning, form]
    if column and not prefix:
        tests.append(Sql(f"{text} <> ''"))
    if column and (not prefix or prefix.startswith(MULTIPLE)):
        tests.append(_is_no_list(text))
    return all_of(*tests)


def _beginning(text: str, prefix: str) -> list[Sql]:
    end = after(prefix)
    low = Sql(f"{text} >= ?", (prefix,))
    return [low] if end is None else [low, Sql(f"{text} < ?", (end,))]


def _between(text: str, low: str | None, high: str | None) -> Sql:
    # An empty column is no date: it lies before all of them, so an open low end needs a floor.
    bounds = [Sql(f"{text} > ''") if low is None else Sql(f"{text} >= ?", (low,))]
    if high is not None:
        bounds.append(Sql(f"{text} <= ?", (high,)))
    return all_of(*bounds)


def _day_and_time(attribute: Attribute, time_path: Path) -> tuple[str, str]:
    time = attributes.attribute_at(time_path)
    assert time  # search_plan asked
    return column_at(attribute.level, attribute.column), column_at(attribute.level, time.column)


def _moment(condition: DateTimeRange, attribute: Attribute) -> Sql:
    day, clock = _day_and_time(attribute, condition.time_path)
    low, high = condition.low, condition.high
    # The plain bounds on the date are what an index can serve.
    bounds = [_between(day, low and low[:8], high and high[:8])]
    if low is not None:
        bounds.append(Sql(f"{day} || {clock} >= ?", (low,)))
    if high is not None:
        bounds.append(Sql(f"{day} || {clock} <= ?", (high,)))
    return all_of(*bounds)


def _zoned(condition: ZonedDate, attribute: Attribute, dialect: Dialect) -> Sql:
    day, clock = _day_and_time(attribute, condition.time_path)
    offset = column_at(attribute.level, "timezone_offset_from_utc")
    # Without a time it is all of the day.
    last = f"CASE WHEN {clock} = '' THEN '{AFTER_ALL_TIMES}' ELSE {clock} END"

    def end(stamp: str, latest: bool) -> Sql:
        table, unstated = _ends(condition.zones, stamp, latest)
        return glued("COALESCE(", dialect.looked_up(table, offset), Sql(", ?)", (unstated,)))

    def within(low: str | None, high: str | None) -> Sql:
        bounds = [_between(day, *condition.zones.outer((low, high)))]
        if low is not None:
            bounds.append(glued(f"{day} || {last} >=", end(low, latest=False)))
        if high is not None:
            bounds.append(glued(f"{day} || {clock} <=", end(high, latest=True)))
        return all_of(*bounds)

    return any_of(*(within(low, high) for low, high in condition.spans))


@lru_cache(maxsize=64)  # a search spells its conditions in several statements
def _ends(zones: Zones, stamp: str, latest: bool) -> tuple[str, str]:
    """An end of a span where an instance states an offset, as a JSON object, and where not."""
    each = zones.each_moved(stamp, latest)
    return json.dumps(each), each[""]


def _list(text: str) -> Callable[[Condition, Dialect], Sql]:
    def listed(condition: Condition, dialect: Dialect) -> Sql:
        return on_column(condition, text, True, dialect)

    return listed


def _count(number: str) -> Callable[[Condition, Dialect], Sql]:
    def counted(condition: Condition, dialect: Dialect) -> Sql:
        return on_column(condition, f"CAST({number} AS TEXT)", False, dialect)

    return counted


def _availability(condition: Condition, _: Dialect) -> Sql:
    matches = getattr(condition, "matches", None)
    return TRUE if matches and matches([ONLINE]) else FALSE


_COMPUTED: dict[Path, Callable[[Condition, Dialect], Sql]] = {
    attributes.MODALITIES_IN_STUDY: _list("study.modalities_in_study"),
    attributes.SOP_CLASSES_IN_STUDY: _list("study.sop_classes_in_study"),
    attributes.INSTANCE_AVAILABILITY: _availability,
    attributes.NUMBER_OF_STUDY_RELATED_SERIES: _count("study.number_of_series"),
    attributes.NUMBER_OF_STUDY_RELATED_INSTANCES: _count("study.number_of_instances"),
    attributes.NUMBER_OF_SERIES_RELATED_INSTANCES: _count("series.number_of_instances"),
}

DIALECTS: dict[str, Dialect] = {"sqlite": Sqlite(), "postgresql": Postgresql()}
