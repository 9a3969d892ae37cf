"""The statements of a search: what is joined, in which order it is answered, what is counted.

A search is answered by a number of statements that does not depend on what is stored:

1. Each condition that an index serves is looked up (`archive.search_probes`) for a bounded number
   of rows, until one finds few; the same statement tries, sorts and answers only those.
2. If none finds few, `archive.search_frequent` finds the first rows in the order of the answer.

Inside one study neither is needed. Whatever rows are tried, all conditions are tried on them.
See docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from archive.attributes import Level
from archive.conditions import Search
from archive.search_frequent import NEWEST, Frequent
from archive.search_plan import Plan
from archive.search_probes import Probe, probe
from archive.search_schema import TABLES
from archive.search_sql import DIALECTS, Dialect, clause
from archive.sql_text import NOTHING, Sql, glued, one_of, paged, run, select, union_all

MAX_FEW = {0: 2_000, 1: 500, 2: 100}
"""Rows that count as few, by how many levels above the rows of the answer they are."""

Row = Sequence[Any]

_ID_AT = {Level.STUDY: "study_id", Level.SERIES: "series_id"}

_HERE = "here"
"""What the rows are called that a statement begins from."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a page with how many follow; `exact` is False where counting stopped."""

    rows: Sequence[Row]
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
    """

    connection: Connection
    collection_id: int
    allowed: Sql
    standing: Sql
    search: Search
    plan: Plan
    audiences: Sequence[str] = ()
    _are_known: bool = False
    _narrow: list[Sql] = field(default_factory=list)
    _head: Sql = NOTHING
    _first: Level | None = None

    @property
    def level(self) -> Level:
        """What the rows are."""
        return self.search.level

    @property
    def dialect(self) -> Dialect:
        """What this database says differently."""
        return DIALECTS[self.connection.dialect.name]

    def page(self, columns: str, limit: int, documents: bool = False) -> Page:
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
        if self._are_known or self.search.study_instance_uid is not None:
            return self._near(columns, limit, documents)
        for found in self._probes():
            self._begin_from_few(found)
            page = self._near(columns, limit, documents)
            if page.rows or page.following or not self._finds_more(found):
                return page
        self._head, self._first = NOTHING, None
        return self._frequent(columns, limit, documents)

    def candidates(self, level: Level, columns: str, documents: bool) -> Sql:
        """All chains of rows down to a level that SQL lets through, for the documents to judge."""
        if self.search.study_instance_uid is None and not self._look_up() and self.audiences:
            # Nothing bounds how many rows of others would be tried before enough are found.
            self.narrow_to_shared()
        return glued(self._head, self.matching(columns, level, documents=documents))

    def found_by_documents(self, ids: Sequence[int]) -> None:
        """Answer with the rows of these ids, whose documents fulfil what SQL cannot decide."""
        self._are_known = True
        self._begin_from(self.level, self.dialect.numbers(ids))

    def _near(self, columns: str, limit: int, documents: bool) -> Page:
        """A page of rows that are few: of one study, of a look-up, or found by their documents."""
        hit, order = self._hit()
        if limit == 0:
            counted = glued(hit, select("count(*)", "hit"))
            total = int(run(self.connection, counted)[0][0])
            return Page([], max(0, total - self.search.offset), exact=True)
        page = select("id", "hit", (), glued(order, paged(limit, self.search.offset)))
        # How many there are stands in each row of the page, so that it needs no statement.
        total_too = f"{columns}, ({select('count(*)', 'hit').text})"
        rows = self._rows(total_too, page, documents, glued(hit, ","))
        following = rows[0][-1] - self.search.offset - len(rows) if rows else 0
        return Page(rows, following, exact=True)

    def _hit(self) -> tuple[Sql, str]:
        """The head of a statement with the ids of all matches, and what orders them.

        Documents and other columns are read of the page's rows alone, not of all that are sorted.
        """
        order = self._order()
        names = [f"by_{n}" for n, _ in enumerate(order)]
        matching = self.matching(", ".join([self._key, *(term for term, _ in order)]), self.level)
        begun = glued(self._head, ",") if self._head.text else "WITH"
        hit = glued(begun, f"hit (id, {', '.join(names)}) AS MATERIALIZED (", matching, ")")
        directions = (direction for _, direction in order)
        return hit, _ordered(zip(names, directions, strict=True))

    def _rows(
        self, columns: str, ids: Sql, documents: bool, head: Sql | str = "WITH"
    ) -> Sequence[Row]:
        """The rows of a page with these ids, in the order of the answer."""
        tables = _joined(self.level, documents, self.dialect.join_in_order, ("page", self.level))
        page = glued(head, "page (id) AS (", ids, ")")
        return run(self.connection, glued(page, select(columns, tables, (), self.order())))

    @property
    def _key(self) -> str:
        return f"{TABLES[self.level].name}.id"

    def _frequent(self, columns: str, limit: int, documents: bool) -> Page:
        ids, exact = Frequent(self, limit).ids()
        page = self.dialect.numbers(ids[:limit])
        rows = self._rows(columns, page, documents) if ids[:limit] else []
        return Page(rows, len(ids) - len(rows), exact)

    def matching(
        self, columns: str, level: Level, *, walked: bool = False, documents: bool = False
    ) -> Sql:
        """Rows of a level that SQL lets through, with columns of them and of what is above them.

        Parameters
        ----------
        walked
            They are read in the order of the answer, from the studies downwards.
        """
        join = self.dialect.join_in_order if walked or self._first else "JOIN"
        tables = _joined(level, documents, join, (_HERE, self._first) if self._first else None)
        if self._are_known:
            return select(columns, tables, [self.allowed])
        conditions = [*self._place(level), *self._narrow]
        conditions += self._clauses(_levels(Level.STUDY, level))
        deepest = max([level, *self.plan.filters])
        if deepest > level:
            conditions.append(self._below(level, deepest))
        return select(columns, tables, [self.allowed, *conditions])

    def _place(self, level: Level) -> list[Sql]:
        # The study's is in `allowed`.
        place = [
            Sql(f"{TABLES[each].name}.collection_id = ?", (self.collection_id,))
            for each in _levels(Level.SERIES, level)
        ]
        if self.search.study_instance_uid is not None:
            place.append(Sql("study.study_instance_uid = ?", (self.search.study_instance_uid,)))
        if self.search.series_instance_uid is not None:
            place.append(Sql("series.series_instance_uid = ?", (self.search.series_instance_uid,)))
        return place

    def _clauses(self, levels: Iterable[Level]) -> list[Sql]:
        return [
            clause(each.condition, each.attribute, self.dialect)
            for level in levels
            for each in self.plan.filters.get(level, ())
        ]

    def _below(self, level: Level, deepest: Level) -> Sql:
        """Whether one series, or instance, below a row fulfils all that is asked of them."""
        inner = TABLES[deepest].name
        tables = inner
        if level is Level.STUDY and deepest is Level.INSTANCE:
            tables = "instance JOIN series ON series.id = instance.series_id"
        here = Sql(f"{inner}.{_ID_AT[level]} = {TABLES[level].name}.id")
        clauses = self._clauses(_levels(Level(level + 1), deepest))
        return glued("EXISTS (", select("1", tables, [here, *clauses]), ")")

    def _probes(self) -> Iterator[Probe]:
        if self.audiences:
            yield Probe(Level.STUDY, [self._shared()])
        for filters in self.plan.filters.values():
            for each in filters:
                found = probe(each.condition, each.attribute, self.dialect, self.collection_id)
                if found:
                    yield found

    def _look_up(self) -> bool:
        """Begin from the rows of the first condition that finds few; say whether one does."""
        for found in self._probes():
            if not self._finds_more(found):
                self._begin_from_few(found)
                return True
        return False

    def _most(self, found: Probe) -> int:
        return MAX_FEW[max(0, self.level - found.level)]

    def _looked_up(self, found: Probe) -> Sql:
        """The rows of a look-up, and one more than are few at that."""
        return glued(union_all(found.arms), paged(self._most(found) + 1))

    def _finds_more(self, found: Probe) -> bool:
        counted = glued("SELECT count(*) FROM (", self._looked_up(found), ") AS found")
        return bool(run(self.connection, counted)[0][0] > self._most(found))

    def _begin_from_few(self, found: Probe) -> None:
        """Begin from the rows of a look-up, or from none when they are too many."""
        few = glued("WITH few (id) AS MATERIALIZED (", self._looked_up(found), ") ,")
        are_few = glued("(", select("count(*)", "few"), Sql(") <= ?", (self._most(found),)))
        if found.level <= self.level:
            ids = select("DISTINCT few.id", "few", [are_few])
        else:
            name = TABLES[found.level].name
            tables = f"few {self.dialect.join_in_order} {name} ON {name}.id = few.id"
            ids = select(f"DISTINCT {name}.{_ID_AT[self.level]}", tables, [are_few])
        self._begin_from(min(found.level, self.level), ids, few)

    def _begin_from(self, level: Level, ids: Sql, head: Sql | str = "WITH") -> None:
        self._first = level
        self._head = glued(head, f"{_HERE} (id) AS MATERIALIZED (", ids, ")")

    def shares(self) -> Sql:
        """UIDs of the studies that the audiences have, as often as they have them."""
        return select("share.study_instance_uid", "share", self._of_audiences())

    def _of_audiences(self) -> list[Sql]:
        place = Sql("share.collection_id = ?", (self.collection_id,))
        return [one_of("share.audience", self.audiences), place]

    def _shared(self) -> Sql:
        there = (
            "study.collection_id = share.collection_id "
            "AND study.study_instance_uid = share.study_instance_uid"
        )
        tables = f"share {self.dialect.join_in_order} study ON {there}"
        return select("study.id", tables, self._of_audiences())

    def narrow_to(self, level: Level, ids: Sql) -> None:
        """Try the conditions only on rows of a level with these ids, and on those below them."""
        name = TABLES[level].name
        among = glued(f"{name}.id IN (", ids, ")")
        if level > self.level:
            above = select(f"{name}.{_ID_AT[self.level]}", name, [among])
            among = glued(f"{self._key} IN (", above, ")")
        self._narrow = [among]

    def narrow_to_shared(self) -> None:
        """Try the conditions only on what the audiences have, and on what is below that."""
        self.narrow_to(Level.STUDY, self._shared())
        # These are what may be read unless it is held: no share need be looked up once more.
        self.allowed = self.standing

    def order(self) -> str:
        """The order of the answer."""
        return _ordered(self._order())

    def _order(self) -> list[tuple[str, str]]:
        order = [(column, "DESC") for column in NEWEST]
        near = self.search.study_instance_uid is not None
        for level, number in _NUMBERS.items():
            if self.level >= level:
                # Numbers have one spelling, so the longer one is the greater.
                terms = [f"length({number})", number] if near else []
                order += [(term, "ASC") for term in [*terms, f"{TABLES[level].name}.id"]]
        return order


def _ordered(terms: Iterable[tuple[str, str]]) -> str:
    return "ORDER BY " + ", ".join(f"{term} {direction}" for term, direction in terms)


_NUMBERS = {Level.SERIES: "series.series_number", Level.INSTANCE: "instance.instance_number"}


def _levels(first: Level, last: Level) -> list[Level]:
    return [level for level in Level if first <= level <= last]


def _joined(
    level: Level, documents: bool, join: str, first: tuple[str, Level] | None = None
) -> str:
    """The tables from the study down to a level; or from ids of one, up and then down."""
    tables, begun = ["study"], Level.STUDY
    if first is not None:
        begun = first[1]
        name = TABLES[begun].name
        tables = [first[0], f"{name} ON {name}.id = {first[0]}.id"]
        if begun >= Level.INSTANCE:
            tables.append("series ON series.id = instance.series_id")
        if begun >= Level.SERIES:
            tables.append("study ON study.id = series.study_id")
    if begun < Level.SERIES <= level:
        tables.append("series ON series.study_id = study.id")
    if begun < Level.INSTANCE <= level:
        tables.append("instance ON instance.series_id = series.id")
    if documents:
        tables.append("instance_document ON instance_document.instance_id = instance.id")
    return f" {join} ".join(tables)
