"""The first rows in the order of the answer, when no condition of a search finds few.

May live here: which way such rows are found. May not: what matches (`archive.search_sql`).

Most often what is asked for is frequent, and a walk in the order of the answer meets enough of it
soon. Else conditions are neither rare nor frequent, or hardly ever hold together: then all rows of
a rather rare one are tried and sorted. Which it is cannot be known before, so the first walk goes
only so far. See docs/decisions/0022.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, tuple_, union_all

from archive.attributes import Level
from archive.errors import TooBroad
from archive.models import study
from archive.search_probes import probe
from archive.search_schema import TABLES
from archive.search_sql import Bool, clause

if TYPE_CHECKING:
    from archive.search_statements import Statements

MAX_COUNTED = 100
"""Rows that are counted beyond a page: counting rare matches to the end would read everything."""

MAX_READ = 3_000_000
"""Rows that are all tried when no index knows a rather rare condition."""

LAST_WALK = 10
"""How much longer a walk becomes where there are more rows than that."""

NEWEST: list[ColumnElement[Any]] = [study.c.study_date, study.c.study_time, study.c.id]
"""The order of an answer's studies, each descending; it has an index."""

_SIZE = {Level.SERIES: study.c.number_of_series, Level.INSTANCE: study.c.number_of_instances}

_SAMPLE = 100
"""Studies that are enough to know how large they are."""


@dataclass(frozen=True, slots=True)
class Frequent:
    """The rows of one search on one connection.

    Parameters
    ----------
    limit
        Rows of the page.
    """

    statements: Statements
    limit: int

    @property
    def wanted(self) -> int:
        """Rows that are looked for: those of the page, and those that are counted after it."""
        return self.limit + MAX_COUNTED

    def ids(self) -> tuple[list[int], bool]:
        """Ids of the page's rows and of some that follow, in order; whether these are all.

        Raises
        ------
        TooBroad
            The rows of a very large archive would all have to be read.
        """
        if not self.statements.plan.filters and not self.statements.audiences:
            return self._complete(self._walk(None))
        stored = self._stored()
        # A condition that one row in `rows / stored` fulfils is met so often in a walk of so many
        # rows; a rarer one has fewer rows than that.
        rows = worth_walking(self.wanted, stored)
        if self._narrow_to_shared(rows):
            return self._complete(self._gather())
        found = self._walk_some(rows)
        narrowed = found is not None or self._narrow(2 * rows) or self._narrow_to_shared(MAX_READ)
        if not narrowed and stored > MAX_READ:
            found = self._walk_some(LAST_WALK * rows)
            if found is None:
                raise TooBroad(_too_broad(self.statements.level))
        return found or self._complete(self._gather())

    def _stored(self) -> int:
        """Rows of the level, or somewhat more: those that are gone have had numbers too."""
        table = TABLES[self.statements.level]
        return self._connection.execute(select(func.max(table.c.id))).scalar_one() or 0

    def _walk_some(self, rows: int) -> tuple[list[int], bool] | None:
        """What a walk over some rows of the level finds; None when it ends too soon."""
        edge = self._edge(rows)
        ids = self._walk(edge)
        if edge is None:
            return self._complete(ids)
        return (ids, False) if len(ids) > self.limit else None

    def _complete(self, ids: list[int]) -> tuple[list[int], bool]:
        return ids, len(ids) < self.wanted

    @property
    def _connection(self) -> Connection:
        return self.statements.connection

    @property
    def _offset(self) -> int:
        return self.statements.search.offset

    def _walk(self, edge: Bool | None) -> list[int]:
        """Ids of rows in the order of the answer; with an edge, of studies newer than that."""
        level = self.statements.level
        matching = self.statements.matching([TABLES[level].c.id], level, walked=True)
        if edge is not None:
            matching = matching.where(edge)
        ordered = matching.order_by(*self.statements.order()).limit(self.wanted)
        return list(self._connection.execute(ordered.offset(self._offset)).scalars())

    def _edge(self, rows: int) -> Bool | None:
        """Where a walk ends, among studies of the dates that are asked for; None if nowhere."""
        far = rows // self._size() + self._offset
        last = self._connection.execute(self._newest().limit(1).offset(far)).one_or_none()
        return None if last is None else tuple_(*NEWEST) >= tuple_(*map(literal, last))

    def _newest(self) -> Select[*tuple[Any, ...]]:
        """Studies of the dates that are asked for, in order, whoever may read them.

        A walk goes over those that may not be read, too.
        """
        statements = self.statements
        dated = [
            clause(each.condition, each.attribute, statements.dialect)
            for each in statements.plan.filters.get(Level.STUDY, ())
            if each.attribute.column == study.c.study_date.name
        ]
        place = study.c.collection_id == statements.collection_id
        ordered = select(*NEWEST).where(place, *dated)
        return ordered.order_by(*(column.desc() for column in NEWEST))

    def _size(self) -> int:
        """Rows of the level that the newest studies have on average."""
        size = _SIZE.get(self.statements.level)
        if size is None:
            return 1
        newest = self._newest().with_only_columns(size.label("size"))
        sample = newest.limit(_SAMPLE).subquery()
        average = select(func.avg(sample.c.size))
        return max(1, round(self._connection.execute(average).scalar_one() or 1))

    def _narrow(self, most: int) -> bool:
        """Narrow to the rows of a condition that is rare enough, if an index knows one."""
        statements = self.statements
        for each in (each for filters in statements.plan.filters.values() for each in filters):
            place = statements.dialect, statements.collection_id
            found = probe(each.condition, each.attribute, *place)
            if found:
                some = union_all(*found.arms).limit(most + 1).subquery()
                counted = select(func.count()).select_from(some)
                if self._connection.execute(counted).scalar_one() <= most:
                    ids = select(union_all(*found.arms).subquery().c[0])
                    statements.narrow_to(found.level, ids)
                    return True
        return False

    def _narrow_to_shared(self, rows: int) -> bool:
        """Narrow to what is shared with who asks, if that is not more than some rows."""
        if not self.statements.audiences:
            return False
        most = rows // self._size()
        some = self.statements.shares().limit(most + 1).subquery()
        if self._connection.execute(select(func.count()).select_from(some)).scalar_one() > most:
            return False
        self.statements.narrow_to_shared()
        return True

    def _gather(self) -> list[int]:
        """Ids in the order of the answer, of all rows that match: none is walked to find them."""
        level = self.statements.level
        lower = [TABLES[each].c.id for each in Level if Level.STUDY < each <= level]
        parts = [part.label(f"by_{n}") for n, part in enumerate([*NEWEST, *lower])]
        key = TABLES[level].c.id.label("key")
        # The OFFSET keeps planners from walking in the order after all.
        fenced = self.statements.matching([key, *parts], level).offset(0).subquery()
        by = [fenced.c[part.name] for part in parts]
        order = [column.desc() for column in by[: len(NEWEST)]] + by[len(NEWEST) :]
        page = select(fenced.c.key).order_by(*order).limit(self.wanted).offset(self._offset)
        return list(self._connection.execute(page).scalars())


def worth_walking(wanted: int, stored: int) -> int:
    """Rows to walk for some that are wanted, before rather gathering."""
    return isqrt(wanted * stored)


def _too_broad(level: Level) -> str:
    return (
        "no index finds what is asked for among so many "
        f"{TABLES[level].name} rows; add StudyInstanceUID, PatientID, StudyDate or Modality"
    )
