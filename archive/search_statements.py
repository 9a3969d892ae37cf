"""The statements of a search: what is joined, in which order it is answered, what is counted.

A search is answered by a number of statements that does not depend on what is stored:

1. Each condition that an index serves is looked up (`archive.search_probes`) for a bounded number
   of rows, until one finds few. Then only those rows are tried, sorted and counted.
2. If none finds few, rows are walked in the order of the answer, which has an index, until the page
   is full and `MAX_COUNTED` more are seen; but only so far (`FIRST_WALK`).
3. If that does not fill it, conditions are neither rare nor frequent, or hardly ever hold together.
   All rows of a rather rare one are gathered, tried and sorted; where no index knows one, all rows.

Inside one study neither is needed. Whatever rows are tried, all conditions are tried on them.
See docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    func,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from archive.attributes import Level
from archive.conditions import Search
from archive.models import instance, instance_document, series, study
from archive.search_plan import Plan
from archive.search_probes import Probe, probe
from archive.search_schema import TABLES
from archive.search_sql import DIALECTS, Bool, Dialect, clause

MAX_FEW = {0: 2_000, 1: 500, 2: 100}
"""Rows that count as few, by how many levels above the rows of the answer they are."""

FIRST_WALK = {Level.STUDY: 10_000, Level.SERIES: 10_000, Level.INSTANCE: 2_500}
"""Studies that are walked before asking whether there is a shorter way."""

MAX_GATHERED = (12_500, 50_000)
"""Rows of one condition that are all tried rather than walking on; the rarer condition first."""

MAX_COUNTED = 100
"""Rows that are counted beyond a page: counting rare matches to the end would read everything."""

Columns = Sequence[ColumnElement[Any]]
Row = dict[str, Any]

_ID_AT = {Level.STUDY: "study_id", Level.SERIES: "series_id"}


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a page with how many follow; `exact` is False where counting stopped."""

    rows: list[Row]
    following: int
    exact: bool


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
    _few: list[Bool] = field(default_factory=list)

    @property
    def level(self) -> Level:
        """What the rows are."""
        return self.search.level

    @property
    def dialect(self) -> Dialect:
        """What this database says differently."""
        return DIALECTS[self.connection.dialect.name]

    def page(self, columns: Columns, limit: int, documents: bool = False) -> Page:
        """Rows of the page with the columns wanted, and how many follow.

        Parameters
        ----------
        documents
            Columns of `instance_document` are among them.
        """
        if not self._look_up():
            return self._newest(columns, limit, documents)
        matching = self._matching(columns, self.level, documents=documents)
        wanted = matching.order_by(*self._order()).limit(limit).offset(self.search.offset)
        rows = self._rows(wanted)
        # A page that is not full has nothing after it.
        return Page(rows, self._following(len(rows)) if len(rows) == limit else 0, exact=True)

    def candidates(
        self, level: Level, columns: Columns, documents: bool
    ) -> Select[*tuple[Any, ...]]:
        """All chains of rows down to a level that SQL lets through, for the documents to judge."""
        self._look_up()
        return self._matching(columns, level, documents=documents)

    def _following(self, rows: int) -> int:
        matching = self._matching([TABLES[self.level].c.id], self.level)
        counted = select(func.count()).select_from(matching.subquery())
        return int(self.connection.execute(counted).scalar_one()) - self.search.offset - rows

    def _newest(self, columns: Columns, limit: int, documents: bool) -> Page:
        """The page when no condition finds few: the first rows in the order of the answer."""
        wanted = limit + MAX_COUNTED
        edge = self._edge() if self.plan.filters else None
        ids = self._walk(wanted, edge)
        if edge is not None and len(ids) <= limit:
            edge = None
            self._narrow()
            ids = self._gather(wanted)
        table = TABLES[self.level]
        matching = select(*columns).select_from(_joined(self.level, False, documents))
        among = matching.where(table.c.id.in_(ids[:limit])).order_by(*self._order())
        rows = self._rows(among) if ids else []
        return Page(rows, len(ids) - len(rows), exact=edge is None and len(ids) < wanted)

    def _rows(self, statement: Select[*tuple[Any, ...]]) -> list[Row]:
        return [dict(row) for row in self.connection.execute(statement).mappings()]

    def _walk(self, wanted: int, edge: Bool | None) -> list[int]:
        """Ids of rows in the order of the answer; with an edge, of studies newer than that."""
        matching = self._matching([TABLES[self.level].c.id], self.level, walked=True)
        if edge is not None:
            matching = matching.where(edge)
        ordered = matching.order_by(*self._order()).limit(wanted).offset(self.search.offset)
        return list(self.connection.execute(ordered).scalars())

    def _edge(self) -> Bool | None:
        """Where a first walk ends, among the studies of the dates that are asked for."""
        dated = [
            clause(each.condition, each.attribute, self.dialect)
            for each in self.plan.filters.get(Level.STUDY, ())
            if each.attribute.column == study.c.study_date.name
        ]
        far = FIRST_WALK[self.level] + self.search.offset
        ordered = select(*_NEWEST).where(self.allowed, *dated).order_by(*self._order()[:3])
        last = self.connection.execute(ordered.limit(1).offset(far)).one_or_none()
        return None if last is None else tuple_(*_NEWEST) >= tuple_(*map(literal, last))

    def _narrow(self) -> None:
        """Narrow to the rows of a rather rare condition, if an index knows one."""
        probes = [
            found
            for filters in self.plan.filters.values()
            for each in filters
            if (found := probe(each.condition, each.attribute, self.dialect, self.collection_id))
        ]
        for most in MAX_GATHERED:
            for found in probes:
                some = union_all(*found.arms).limit(most + 1).subquery()
                number = self.connection.execute(
                    select(func.count()).select_from(some)
                ).scalar_one()
                if number <= most:
                    ids = select(union_all(*found.arms).subquery().c[0])
                    self._few = [self._among(found.level, ids)]
                    return

    def _gather(self, wanted: int) -> list[int]:
        """Ids in the order of the answer, of all rows that match: none is walked to find them."""
        key = TABLES[self.level].c.id
        parts = [part.label(f"by_{n}") for n, part in enumerate(_NEWEST + self._lower())]
        # The OFFSET keeps planners from walking in the order after all.
        fenced = self._matching([key.label("key"), *parts], self.level).offset(0).subquery()
        by = [fenced.c[part.name] for part in parts]
        order = [column.desc() for column in by[: len(_NEWEST)]] + by[len(_NEWEST) :]
        page = select(fenced.c.key).order_by(*order).limit(wanted).offset(self.search.offset)
        return list(self.connection.execute(page).scalars())

    def _matching(
        self, columns: Columns, level: Level, *, walked: bool = False, documents: bool = False
    ) -> Select[*tuple[Any, ...]]:
        tables = _joined(level, walked, documents)
        statement = select(*columns).select_from(tables).where(self.allowed)
        if self.found is not None:
            return statement.where(TABLES[self.level].c.id.in_(self.found))
        conditions = [*self._place(level), *self._few, *self._clauses(_levels(Level.STUDY, level))]
        deepest = max([level, *self.plan.filters])
        if deepest > level:
            conditions.append(self._below(level, deepest))
        return statement.where(*conditions)

    def _place(self, level: Level) -> list[Bool]:
        # The study's is in `allowed`.
        tables = [TABLES[each] for each in _levels(Level.SERIES, level)]
        place: list[Bool] = [table.c.collection_id == self.collection_id for table in tables]
        if self.search.study_instance_uid is not None:
            place.append(study.c.study_instance_uid == self.search.study_instance_uid)
        if self.search.series_instance_uid is not None:
            place.append(series.c.series_instance_uid == self.search.series_instance_uid)
        return place

    def _clauses(self, levels: Iterable[Level]) -> list[Bool]:
        return [
            clause(each.condition, each.attribute, self.dialect)
            for level in levels
            for each in self.plan.filters.get(level, ())
        ]

    def _below(self, level: Level, deepest: Level) -> Bool:
        """Whether one series, or instance, below a row fulfils all that is asked of them."""
        inner = TABLES[deepest]
        tables: FromClause = inner
        if level is Level.STUDY and deepest is Level.INSTANCE:
            tables = inner.join(series, series.c.id == instance.c.series_id)
        test = select(literal(1)).select_from(tables)
        test = test.where(inner.c[_ID_AT[level]] == TABLES[level].c.id)
        levels = _levels(Level(level + 1), deepest)
        return test.where(*self._clauses(levels)).correlate(TABLES[level]).exists()

    def _look_up(self) -> bool:
        """Narrow to the rows of the first condition that finds few; say whether it is near."""
        if self.found is not None or self.search.study_instance_uid is not None:
            return True
        for filters in self.plan.filters.values():
            for each in filters:
                found = probe(each.condition, each.attribute, self.dialect, self.collection_id)
                few = self._ids(found) if found else None
                if found and few is not None:
                    self._few = [self._among(found.level, few)]
                    return True
        return False

    def _ids(self, found: Probe) -> list[int] | None:
        most = MAX_FEW[max(0, self.level - found.level)]
        statement = union_all(*found.arms).limit(most + 1)
        ids: Sequence[Any] = self.connection.execute(statement).scalars().all()
        return sorted(set(ids)) if len(ids) <= most else None

    def _among(self, level: Level, ids: list[int] | Select[tuple[int]]) -> Bool:
        table, base = TABLES[level], TABLES[self.level]
        among = table.c.id.in_(ids)
        if level <= self.level:
            return among
        return base.c.id.in_(select(table.c[_ID_AT[self.level]]).where(among))

    def _order(self) -> list[ColumnElement[Any]]:
        return [*(column.desc() for column in _NEWEST), *self._lower()]

    def _lower(self) -> list[ColumnElement[Any]]:
        order: list[ColumnElement[Any]] = []
        near = self.search.study_instance_uid is not None
        for level, number in _NUMBERS.items():
            if self.level >= level:
                # Numbers have one spelling, so the longer one is the greater.
                order += [func.length(number), number] if near else []
                order.append(TABLES[level].c.id)
        return order


_NEWEST: list[ColumnElement[Any]] = [study.c.study_date, study.c.study_time, study.c.id]

_NUMBERS = {
    Level.SERIES: series.c.series_number,
    Level.INSTANCE: instance.c.instance_number,
}


class InThisOrder(Join):
    """A join whose left side is walked first: what CROSS JOIN means to SQLite."""

    inherit_cache = True


@compiles(InThisOrder, "sqlite")  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _cross_join(join: InThisOrder, compiler: SQLCompiler, **more: Any) -> str:
    assert join.onclause is not None  # _joined gives it
    sides = [compiler.process(side, **{**more, "asfrom": True}) for side in (join.left, join.right)]
    on = compiler.process(join.onclause, **{**more, "asfrom": False})
    return f"{sides[0]} CROSS JOIN {sides[1]} ON {on}"


def _levels(first: Level, last: Level) -> list[Level]:
    return [level for level in Level if first <= level <= last]


def _joined(level: Level, walked: bool, documents: bool) -> FromClause:
    join = InThisOrder if walked else Join
    tables: FromClause = study
    if level >= Level.SERIES:
        tables = join(tables, series, series.c.study_id == study.c.id)
    if level >= Level.INSTANCE:
        tables = join(tables, instance, instance.c.series_id == series.c.id)
    if documents:
        tables = join(tables, instance_document, instance_document.c.instance_id == instance.c.id)
    return tables
