"""The statements of a search: what is joined, in which order it is answered, what is counted.

A search is answered by a number of statements that does not depend on what is stored:

1. Each condition that an index serves is looked up (`archive.search_probes`) for a bounded number
   of rows, until one finds few. Then only those rows are tried, sorted and counted.
2. If none finds few, `archive.search_frequent` finds the first rows in the order of the answer.

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
    and_,
    false,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from archive.attributes import Level
from archive.conditions import Search
from archive.models import instance, instance_document, series, share, study
from archive.search_frequent import NEWEST, Frequent
from archive.search_plan import Plan
from archive.search_probes import Probe, probe
from archive.search_schema import TABLES
from archive.search_sql import DIALECTS, Bool, Dialect, clause

MAX_FEW = {0: 2_000, 1: 500, 2: 100}
"""Rows that count as few, by how many levels above the rows of the answer they are."""

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
    standing
        What anybody may see of it: `access.standing`.
    audiences
        Whose shares decide that; none where the whole collection may be read.
    found
        Ids of the level's rows that the documents let through; None where they were not asked.
    """

    connection: Connection
    collection_id: int
    allowed: Bool
    standing: Bool
    search: Search
    plan: Plan
    audiences: Sequence[str] = ()
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

        Raises
        ------
        TooBroad
            The rows of a very large archive would all have to be read.
        """
        if not self._look_up():
            return self._frequent(columns, limit, documents)
        if self.found == [] or any(each is _NOTHING for each in self._few):
            return Page([], 0, exact=True)
        matching = self.matching(columns, self.level, documents=documents)
        wanted = matching.order_by(*self.order()).limit(limit).offset(self.search.offset)
        rows = self._rows(wanted)
        # A page that is not full has nothing after it.
        return Page(rows, self._following(len(rows)) if len(rows) == limit else 0, exact=True)

    def candidates(
        self, level: Level, columns: Columns, documents: bool
    ) -> Select[*tuple[Any, ...]]:
        """All chains of rows down to a level that SQL lets through, for the documents to judge."""
        if not self._look_up() and self.audiences:
            # Nothing bounds how many rows of others would be tried before enough are found.
            self.narrow_to_shared()
        return self.matching(columns, level, documents=documents)

    def _following(self, rows: int) -> int:
        matching = self.matching([TABLES[self.level].c.id], self.level)
        counted = select(func.count()).select_from(matching.subquery())
        return int(self.connection.execute(counted).scalar_one()) - self.search.offset - rows

    def _frequent(self, columns: Columns, limit: int, documents: bool) -> Page:
        ids, exact = Frequent(self, limit).ids()
        table = TABLES[self.level]
        matching = select(*columns).select_from(_joined(self.level, False, documents))
        page = matching.where(table.c.id.in_(ids[:limit])).order_by(*self.order())
        rows = self._rows(page) if ids[:limit] else []
        return Page(rows, len(ids) - len(rows), exact)

    def _rows(self, statement: Select[*tuple[Any, ...]]) -> list[Row]:
        return [dict(row) for row in self.connection.execute(statement).mappings()]

    def matching(
        self, columns: Columns, level: Level, *, walked: bool = False, documents: bool = False
    ) -> Select[*tuple[Any, ...]]:
        """Rows of a level that SQL lets through, with columns of them and of what is above them.

        Parameters
        ----------
        walked
            They are read in the order of the answer, from the studies downwards.
        """
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
        if self.audiences and self._take_few(Probe(Level.STUDY, [self._shared()])):
            return True
        for filters in self.plan.filters.values():
            for each in filters:
                found = probe(each.condition, each.attribute, self.dialect, self.collection_id)
                if found and self._take_few(found):
                    return True
        return False

    def _take_few(self, found: Probe) -> bool:
        few = self._ids(found)
        if few is not None:
            self._few = [self._among(found.level, few) if few else _NOTHING]
        return few is not None

    def shares(self) -> Select[tuple[str]]:
        """UIDs of the studies that the audiences have, as often as they have them."""
        return select(share.c.study_instance_uid).where(
            share.c.audience.in_(self.audiences), share.c.collection_id == self.collection_id
        )

    def _shared(self) -> Select[tuple[int]]:
        there = and_(
            study.c.collection_id == share.c.collection_id,
            study.c.study_instance_uid == share.c.study_instance_uid,
        )
        found = self.shares().with_only_columns(study.c.id)
        return found.select_from(InThisOrder(share, study, there))

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

    def narrow_to(self, level: Level, ids: Select[tuple[int]]) -> None:
        """Try the conditions only on rows of a level with these ids, and on those below them."""
        self._few = [self._among(level, ids)]

    def narrow_to_shared(self) -> None:
        """Try the conditions only on what the audiences have, and on what is below that."""
        self.narrow_to(Level.STUDY, self._shared())
        # These are what may be read unless it is held: no share need be looked up once more.
        self.allowed = self.standing

    def order(self) -> list[ColumnElement[Any]]:
        """The order of the answer."""
        order: list[ColumnElement[Any]] = [column.desc() for column in NEWEST]
        near = self.search.study_instance_uid is not None
        for level, number in _NUMBERS.items():
            if self.level >= level:
                # Numbers have one spelling, so the longer one is the greater.
                order += [func.length(number), number] if near else []
                order.append(TABLES[level].c.id)
        return order


# Instead of an empty list of ids: SQLite would walk every row to see that none is in it.
_NOTHING: Bool = false()

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
