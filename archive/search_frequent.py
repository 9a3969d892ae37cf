"""The first rows in the order of the answer, when no condition of a search finds few.

May live here: which way such rows are found. May not: what matches (`archive.search_sql`).

Most often what is asked for is frequent, and a walk in the order of the answer meets enough of it
soon. Else conditions are neither rare nor frequent, or hardly ever hold together: then all rows of
a rather rare one are tried and sorted. Which it is cannot be known before, so the first walk goes
only so far. See docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Any

from archive.attributes import Level
from archive.errors import TooBroad
from archive.search_probes import probe
from archive.search_schema import TABLES
from archive.search_sql import STUDY_DATE, clause, column_at
from archive.sql_text import Sql, glued, paged, run, select, union_all

if TYPE_CHECKING:
    from archive.search_statements import Statements

MAX_COUNTED = 100
"""Rows that are counted beyond a page: counting rare matches to the end would read everything."""

MAX_READ = 3_000_000
"""Rows that are all tried when no index knows a rather rare condition."""

LAST_WALK = 10
"""How much longer a walk becomes where there are more rows than that."""

NEWEST = (STUDY_DATE, "study.study_time", "study.id")
"""The order of an answer's studies, each descending; it has an index."""

_SIZE = {Level.SERIES: "study.number_of_series", Level.INSTANCE: "study.number_of_instances"}

_NEWEST_FIRST = f"ORDER BY {', '.join(f'{column} DESC' for column in NEWEST)}"

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
        table = TABLES[self.statements.level].name
        return int(self._number(select("max(id)", table)) or 0)

    def _rows(self, statement: Sql) -> Sequence[Any]:
        return run(self.statements.connection, statement)

    def _number(self, statement: Sql) -> Any:
        return self._rows(statement)[0][0]

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
    def _offset(self) -> int:
        return self.statements.search.offset

    def _walk(self, edge: Sql | None) -> list[int]:
        """Ids of rows in the order of the answer; with an edge, of studies newer than that."""
        level = self.statements.level
        matching = self.statements.matching(column_at(level, "id"), level, walked=True)
        if edge is not None:
            matching = glued(matching, "AND", edge)
        place = paged(self.wanted, self._offset)
        return [row[0] for row in self._rows(glued(matching, self.statements.order(), place))]

    def _edge(self, rows: int) -> Sql | None:
        """Where a walk ends, among studies of the dates that are asked for; None if nowhere."""
        far = rows // self._size() + self._offset
        newest = self._newest(", ".join(NEWEST))
        last = self._rows(glued(newest, Sql("LIMIT 1 OFFSET ?", (far,))))
        return Sql(f"({', '.join(NEWEST)}) >= (?, ?, ?)", tuple(last[0])) if last else None

    def _newest(self, columns: str) -> Sql:
        """Studies of the dates that are asked for, in order, whoever may read them.

        A walk goes over those that may not be read, too.
        """
        statements = self.statements
        dated = [
            clause(each.condition, each.attribute, statements.dialect)
            for each in statements.plan.filters.get(Level.STUDY, ())
            if each.attribute.column == "study_date"
        ]
        place = Sql("study.collection_id = ?", (statements.collection_id,))
        return select(columns, "study", [place, *dated], Sql(_NEWEST_FIRST))

    def _size(self) -> int:
        """Rows of the level that the newest studies have on average."""
        size = _SIZE.get(self.statements.level)
        if size is None:
            return 1
        sample = glued(self._newest(f"{size} AS size"), paged(_SAMPLE))
        average = self._number(glued("SELECT avg(size) FROM (", sample, ") AS sample"))
        return max(1, round(average or 1))

    def _narrow(self, most: int) -> bool:
        """Narrow to the rows of a condition that is rare enough, if an index knows one."""
        statements = self.statements
        for each in (each for filters in statements.plan.filters.values() for each in filters):
            place = statements.dialect, statements.collection_id
            found = probe(each.condition, each.attribute, *place)
            if found and self._are_at_most(most, union_all(found.arms)):
                statements.narrow_to(found.level, union_all(found.arms))
                return True
        return False

    def _narrow_to_shared(self, rows: int) -> bool:
        """Narrow to what is shared with who asks, if that is not more than some rows."""
        if not self.statements.audiences:
            return False
        if not self._are_at_most(rows // self._size(), self.statements.shares()):
            return False
        self.statements.narrow_to_shared()
        return True

    def _are_at_most(self, most: int, rows: Sql) -> bool:
        some = glued("SELECT count(*) FROM (", rows, paged(most + 1), ") AS found")
        return bool(self._number(some) <= most)

    def _gather(self) -> list[int]:
        """Ids in the order of the answer, of all rows that match: none is walked to find them."""
        level = self.statements.level
        lower = [column_at(each, "id") for each in Level if Level.STUDY < each <= level]
        names = [f"by_{n}" for n, _ in enumerate([*NEWEST, *lower])]
        parts = [f"{part} AS {name}" for part, name in zip([*NEWEST, *lower], names, strict=True)]
        rows = self.statements.matching(
            ", ".join([f"{column_at(level, 'id')} AS key", *parts]), level
        )
        order = [f"{name} DESC" for name in names[: len(NEWEST)]] + names[len(NEWEST) :]
        # The OFFSET keeps planners from walking in the order after all.
        fenced = glued("(", rows, self.statements.dialect.fence, ") AS fenced")
        tail = glued(f"ORDER BY {', '.join(order)}", paged(self.wanted, self._offset))
        return [row[0] for row in self._rows(glued("SELECT key FROM", fenced, tail))]


def worth_walking(wanted: int, stored: int) -> int:
    """Rows to walk for some that are wanted, before rather gathering."""
    return isqrt(wanted * stored)


def _too_broad(level: Level) -> str:
    return (
        "no index finds what is asked for among so many "
        f"{TABLES[level].name} rows; add StudyInstanceUID, PatientID, StudyDate or Modality"
    )
