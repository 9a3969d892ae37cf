"""The statements of a search: what is joined, in which order it is answered, what is counted.

A search is answered by a number of statements that does not depend on what is stored:

1. For each condition on series or instances below the rows asked for: which rows have such a
   one, at most `MAX_SORTED` of them. Few become a list of ids, many a test on each row.
2. All of it, unordered, at most `MAX_SORTED`: where few rows match, the most selective index
   finds them, they are sorted, and their number is known.
3. Else rows are walked in the order of the answer, which has an index, until the page is full:
   matches are frequent, so it soon is. How many follow is counted up to `MAX_COUNTED`.

See docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    func,
    literal,
    select,
)

from archive.attributes import MODALITIES_IN_STUDY, SOP_CLASSES_IN_STUDY, Level, Path
from archive.conditions import Empty, Search
from archive.models import instance, instance_document, series, study
from archive.search_plan import Filter, Plan
from archive.search_schema import TABLES
from archive.search_sql import DIALECTS, Bool, Dialect, clause, on_column

MAX_SORTED = 2_000
"""Rows that are sorted for one page."""

MAX_COUNTED = 10_000
"""Rows that are counted beyond a page."""

MAX_PROBED = 10_000
"""Rows below that are looked at to find out whether few rows have such a one."""

_OF_STUDY: dict[Path, Column[str]] = {
    MODALITIES_IN_STUDY: series.c.modality,
    SOP_CLASSES_IN_STUDY: instance.c.sop_class_uid,
}

_ID_AT = {Level.STUDY: "study_id", Level.SERIES: "series_id"}


@dataclass(slots=True)
class Statements:
    """The statements of one search on one connection.

    Parameters
    ----------
    allowed
        What the principal may see: `access.readable`, an expression on `study`.
    found
        Ids of the level's rows that the documents let through; None where they were not asked.
    """

    connection: Connection
    collection_id: int
    allowed: Bool
    search: Search
    plan: Plan
    found: Sequence[int] | None = None
    _documents: bool = False
    _lower: list[Bool] = field(default_factory=list)

    @property
    def level(self) -> Level:
        """What the rows are."""
        return self.search.level

    @property
    def dialect(self) -> Dialect:
        """What this database says differently."""
        return DIALECTS[self.connection.dialect.name]

    @property
    def id(self) -> ColumnElement[int]:
        """The key of the rows."""
        return TABLES[self.level].c.id

    def page(
        self, columns: Sequence[ColumnElement[Any]], limit: int, documents: bool = False
    ) -> Page:
        """Rows of the page with the columns wanted, and how many follow.

        Parameters
        ----------
        documents
            Columns of `instance_document` are among them.
        """
        self._ask_below()
        self._documents = documents
        if self.found is None and self._is_open():
            few = self._few()
            if few is None:
                return self._walked(columns, limit)
            self.found, self._lower = few, []
        ordered = self._select(columns, narrow=True).order_by(*self._order())
        rows = self._read(ordered, limit)
        return Page(rows, self._count(rows, limit, cap=None), exact=True)

    def _is_open(self) -> bool:
        # Inside one study everything is near; without conditions there is nothing to look up.
        return self.search.study_instance_uid is None

    def _walked(self, columns: Sequence[ColumnElement[Any]], limit: int) -> Page:
        walk = self._select(columns, narrow=False).order_by(*self._order())
        walk = walk.with_hint(study, "INDEXED BY ix_study_newest", "sqlite")
        rows = self._read(walk, limit)
        following = self._count(rows, limit, cap=MAX_COUNTED)
        return Page(rows, following, exact=following < MAX_COUNTED)

    def _read(self, statement: Select[*tuple[Any, ...]], limit: int) -> list[Row]:
        if self._documents:
            statement = statement.where(instance_document.c.instance_id == instance.c.id)
        page = statement.limit(limit).offset(self.search.offset)
        return [dict(row) for row in self.connection.execute(page).mappings()]

    def _count(self, rows: Sequence[Row], limit: int, cap: int | None) -> int:
        # A page that is not full has nothing after it.
        if len(rows) < limit:
            return 0
        seen = self.search.offset + len(rows)
        matching = self._select([self.id], narrow=True)
        if cap is not None:
            matching = matching.limit(seen + cap)
        counted = select(func.count()).select_from(matching.subquery())
        return int(self.connection.execute(counted).scalar_one()) - seen

    def _few(self) -> list[int] | None:
        """Ids of all matching rows if they are few."""
        if not (self.plan.filters or self._lower):
            return None
        statement = self._select([self.id], narrow=True).limit(MAX_SORTED + 1)
        ids = [int(key) for key in self.connection.execute(statement).scalars()]
        return ids if len(ids) <= MAX_SORTED else None

    def candidates(
        self, level: Level, columns: Sequence[ColumnElement[Any]]
    ) -> Select[*tuple[Any, ...]]:
        """All chains of rows down to a level that SQL lets through, for the documents to judge."""
        self._ask_below(level)
        return self._select(columns, narrow=True, level=level)

    def _select(
        self,
        columns: Sequence[ColumnElement[Any]],
        *,
        narrow: bool,
        level: Level | None = None,
    ) -> Select[*tuple[Any, ...]]:
        level = level or self.level
        statement = select(*columns).select_from(_joined(level)).where(self.allowed)
        if self.found is not None:
            return statement.where(self.id.in_(self.found))
        statement = statement.where(*self._lower, *self._place(level))
        return statement.where(*self._clauses(_levels(1, level), narrow=narrow))

    def _place(self, level: Level) -> list[Bool]:
        place: list[Bool] = [
            TABLES[each].c.collection_id == self.collection_id for each in _levels(1, level)
        ]
        if self.search.study_instance_uid is not None:
            place.append(study.c.study_instance_uid == self.search.study_instance_uid)
        if self.search.series_instance_uid is not None:
            place.append(series.c.series_instance_uid == self.search.series_instance_uid)
        return place

    def _clauses(self, levels: Sequence[Level], *, narrow: bool) -> list[Bool]:
        return [
            clause(each.condition, each.attribute, self.dialect, narrow=narrow)
            for level in levels
            for each in self.plan.filters.get(level, ())
        ]

    def _order(self) -> list[ColumnElement[Any]]:
        newest = [study.c.study_date.desc(), study.c.study_time.desc(), study.c.id.desc()]
        numbers: list[ColumnElement[Any]] = []
        if self.search.study_instance_uid is not None and self.level > Level.STUDY:
            # Numbers have one spelling, so the longer one is the greater.
            numbers += [func.length(series.c.series_number), series.c.series_number]
        if self.level >= Level.SERIES:
            numbers.append(series.c.id)
        if self.search.study_instance_uid is not None and self.level is Level.INSTANCE:
            numbers += [func.length(instance.c.instance_number), instance.c.instance_number]
        if self.level is Level.INSTANCE:
            numbers.append(instance.c.id)
        return [*newest, *numbers]

    def _ask_below(self, level: Level | None = None) -> None:
        """Turn conditions below the level into lists of ids, or into tests."""
        if self.found is not None or self._lower:
            return
        level = level or self.level
        self._lower += [
            study.c.id.in_(few)
            for each in self.plan.filters.get(Level.STUDY, ())
            if (few := self._few_studies(each)) is not None
        ]
        deepest = max([level, *self.plan.filters])
        if deepest > level:
            self._lower.append(self._below(level, deepest))

    def _few_studies(self, each: Filter) -> list[int] | None:
        """Studies with a rare modality or SOP Class, which their own table has no index for."""
        inner = _OF_STUDY.get(each.attribute.path)
        if inner is None or isinstance(each.condition, Empty):
            return None
        form = on_column(each.condition, inner, False, self.dialect)
        table = inner.table
        statement = select(table.c.study_id).where(table.c.collection_id == self.collection_id)
        return self._few_below(statement.where(form))

    def _below(self, level: Level, deepest: Level) -> Bool:
        inner = TABLES[deepest]
        tables: FromClause = inner
        if level is Level.STUDY and deepest is Level.INSTANCE:
            tables = inner.join(series, series.c.id == instance.c.series_id)
        key = inner.c[_ID_AT[level]]
        levels = _levels(level + 1, deepest)
        statement = select(key).select_from(tables).where(*self._clauses(levels, narrow=True))
        few = self._few_below(statement.where(inner.c.collection_id == self.collection_id))
        outer = TABLES[level].c.id
        if few is not None:
            return outer.in_(few)
        test = select(literal(1)).select_from(tables).where(key == outer)
        return test.where(*self._clauses(levels, narrow=False)).correlate(TABLES[level]).exists()

    def _few_below(self, statement: Select[Any]) -> list[int] | None:
        keys = list(self.connection.execute(statement.limit(MAX_PROBED + 1)).scalars())
        few = sorted(set(keys))
        return few if len(keys) <= MAX_PROBED and len(few) <= MAX_SORTED else None


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a page with what follows it; `exact` is False where counting stopped."""

    rows: list[Row]
    following: int
    exact: bool


def _levels(first: int, last: int) -> list[Level]:
    return [Level(each) for each in range(first, last + 1)]


def _joined(level: Level) -> FromClause:
    tables: FromClause = study
    if level >= Level.SERIES:
        tables = tables.join(series, series.c.study_id == study.c.id)
    if level >= Level.INSTANCE:
        tables = tables.join(instance, instance.c.series_id == series.c.id)
    return tables
