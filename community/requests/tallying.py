"""How many requests there were in a year, how they ended and whether in time. Of nobody.

What is forgotten stays as a number, so that the public counts of a year never change afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, case, delete, extract, func, insert, select, update

from archive.archive import Archive
from archive.database import note_deletion, reading, writing
from community.request_models import letter, ticket, ticket_tally
from community.requests import kinds

max_a_round: Final = 500


@dataclass(frozen=True, slots=True)
class Year:
    """One year's requests of one kind.

    Attributes
    ----------
    ended
        How many ended in which way.
    late
        How many of all were not answered in time.
    """

    year: int
    kind: str
    count: int
    ended: dict[str, int]
    late: int


def count_years(archive: Archive, today: date | None = None) -> list[Year]:
    """Requests by the year in which they came and by kind, the latest year first."""
    with reading(archive.engine) as connection:
        rows = [*_living(connection, today or datetime.now(UTC).date())]
        rows += connection.execute(select(ticket_tally)).all()
    return _summed(rows)


def forget_closed(archive: Archive, before: datetime) -> int:
    """Forget requests that were closed before a moment, but for their number."""
    forgotten = 0
    while some := _forget_some(archive, before):
        forgotten += some
    return forgotten


def forget_letters(archive: Archive, before: datetime) -> int:
    """Forget mails that could not be sent for so long: no server took them."""
    with writing(archive.engine) as connection:
        return connection.execute(delete(letter).where(letter.c.due_at < before)).rowcount


def _forget_some(archive: Archive, before: datetime) -> int:
    query = (
        select(ticket)
        .where(ticket.c.state == kinds.CLOSED, ticket.c.closed_at < before)
        .order_by(ticket.c.closed_at)
        .limit(max_a_round)
        .with_for_update()
    )
    with writing(archive.engine) as connection:
        rows = connection.execute(query).all()
        for row in rows:
            late = int(row.closed_at.date() > row.due_on)
            _add(connection, row.opened_at.year, row.kind, row.outcome, late)
        connection.execute(delete(ticket).where(ticket.c.id.in_([row.id for row in rows])))
        if rows:
            note_deletion(connection)
    return len(rows)


def _add(connection: Connection, year: int, kind: str, outcome: str, late: int) -> None:
    this = (
        (ticket_tally.c.year == year)
        & (ticket_tally.c.kind == kind)
        & (ticket_tally.c.outcome == outcome)
    )
    more = {"count": ticket_tally.c.count + 1, "late": ticket_tally.c.late + late}
    if not connection.execute(update(ticket_tally).where(this).values(more)).rowcount:
        row = {"year": year, "kind": kind, "outcome": outcome, "count": 1, "late": late}
        connection.execute(insert(ticket_tally).values(row))


def _living(connection: Connection, today: date) -> Iterable[Row[Any]]:
    """What is not forgotten yet, counted as the tally has it."""
    year = extract("year", ticket.c.opened_at).label("year")
    late = case(
        (ticket.c.closed_at.is_(None) & (ticket.c.due_on < today), 1),
        (func.date(ticket.c.closed_at) > ticket.c.due_on, 1),
        else_=0,
    )
    query = select(
        year,
        ticket.c.kind,
        ticket.c.outcome,
        func.count().label("count"),
        func.sum(late).label("late"),
    ).group_by(year, ticket.c.kind, ticket.c.outcome)
    return connection.execute(query)


def _summed(rows: Iterable[Sequence[Any]]) -> list[Year]:
    ended: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    late: dict[tuple[int, str], int] = defaultdict(int)
    for year, kind, outcome, count, too_late in rows:
        ended[int(year), kind][outcome] += count
        late[int(year), kind] += int(too_late)
    order = list(kinds.KINDS)
    return [
        Year(year, kind, sum(by.values()), dict(by), late[year, kind])
        for (year, kind), by in sorted(
            ended.items(), key=lambda one: (-one[0][0], order.index(one[0][1]))
        )
    ]
