"""Requests as they are listed and shown: to staff, and to who asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, select, tuple_

from archive.archive import Archive
from archive.database import reading
from archive.errors import NotFound
from community.accounts.people import Person, person_from
from community.ids import is_id
from community.models import identity, person
from community.request_models import ticket, ticket_event
from community.requests import kinds
from community.requests.errors import RequestError
from community.requests.tickets import Ticket, find_in, ticket_from

max_page: Final = 25
max_events: Final = 500
max_mine: Final = 50

OVERDUE: Final = "overdue"
_NO_PLACE: Final = "this list has no such place; begin at its first page"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a request; `actor` is who of the staff did it, for staff alone."""

    id: str
    kind: str
    side: str
    actor: Person | None
    fact: str
    words: str | None
    at: datetime

    @property
    def fact_words(self) -> str:
        """What its word of ours means."""
        tables: Mapping[str, Mapping[str, str]] = {
            kinds.OPENED: _NAMES,
            kinds.ROUTED: _NAMES,
            kinds.IDENTITY: kinds.IDENTITIES,
            kinds.ENDED: {name: one.words for name, one in kinds.OUTCOMES.items()},
        }
        return tables.get(self.kind, {}).get(self.fact, "")


_NAMES: Final = {name: one.name for name, one in kinds.KINDS.items()}


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which requests of the queue are looked at.

    Attributes
    ----------
    state
        One of `kinds.STATES`, `OVERDUE`, or empty for what is not closed.
    taken_by
        Id of who looks after them.
    """

    state: str = ""
    kind: str = ""
    taken_by: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them; `later` begins the next page, if there is one."""

    items: tuple[Ticket, ...]
    later: str = ""


def list_queue(
    archive: Archive, sieve: Sieve, after: str = "", limit: int = max_page, now: date | None = None
) -> Page:
    """Requests for staff: what is to be taken away first, then by the day on which they are due.

    Raises
    ------
    RequestError
        `after` is none of a list of ours.
    """
    query = _sifted(select(ticket), sieve, now or datetime.now(UTC).date())
    place = (_TURN, ticket.c.due_on, ticket.c.id)
    if after:
        query = query.where(tuple_(*place) > tuple_(*_place(after)))
    query = query.order_by(*place).limit(limit + 1)
    with reading(archive.engine) as connection:
        found = [ticket_from(row) for row in connection.execute(query)]
    last = found[limit - 1] if len(found) > limit else None
    return Page(tuple(found[:limit]), _spelled(last) if last else "")


def count_queue(archive: Archive, now: date | None = None) -> dict[str, int]:
    """How many there are of each state, and how many that are not closed are overdue."""
    query = select(ticket.c.state, func.count()).group_by(ticket.c.state)
    late = _sifted(select(func.count(ticket.c.id)), Sieve(OVERDUE), now or datetime.now(UTC).date())
    with reading(archive.engine) as connection:
        counts = dict.fromkeys(kinds.STATES, 0)
        counts |= {row[0]: row[1] for row in connection.execute(query)}
        return counts | {OVERDUE: connection.scalar(late) or 0}


def events_of(archive: Archive, ticket_id: str, *, staff: bool) -> list[Event]:
    """What happened to a request, in order; to who asked without what is for staff."""
    query = select(ticket_event).where(ticket_event.c.ticket == ticket_id)
    if not staff:
        shown = [kind for kind, (_words, is_shown) in kinds.EVENTS.items() if is_shown]
        query = query.where(ticket_event.c.kind.in_(shown))
    with reading(archive.engine) as connection:
        rows = connection.execute(query.order_by(ticket_event.c.id).limit(max_events)).all()
        wanted = {row.actor for row in rows if row.actor} if staff else set()
        people = _people(connection, wanted)
    return [
        Event(row.id, row.kind, row.side, people.get(row.actor), row.fact, row.words, row.at)
        for row in rows
    ]


def of_person(archive: Archive, person_id: str, limit: int = max_mine) -> list[Ticket]:
    """Somebody's own requests: what is not closed first, then the latest."""
    query = (
        select(ticket)
        .where(ticket.c.person == person_id)
        .order_by(ticket.c.state == kinds.CLOSED, ticket.c.id.desc())
        .limit(limit)
    )
    with reading(archive.engine) as connection:
        return [ticket_from(row) for row in connection.execute(query)]


def list_own(archive: Archive, person_id: str, before: str = "", limit: int = max_page) -> Page:
    """All of somebody's own requests, the latest first.

    Raises
    ------
    RequestError
        `before` is none of a list of ours.
    """
    if before and not is_id(before):
        raise RequestError(_NO_PLACE, "cursor")
    query = select(ticket).where(ticket.c.person == person_id)
    if before:
        query = query.where(ticket.c.id < before)
    with reading(archive.engine) as connection:
        rows = connection.execute(query.order_by(ticket.c.id.desc()).limit(limit + 1)).all()
    found = tuple(map(ticket_from, rows[:limit]))
    return Page(found, found[-1].id if len(rows) > limit else "")


def own_ticket(archive: Archive, person_id: str, ticket_id: str) -> Ticket:
    """One of them.

    Raises
    ------
    NotFound
        There is none, or it is somebody else's.
    """
    with reading(archive.engine) as connection:
        found = find_in(connection, ticket_id)
    if found.person != person_id:
        raise NotFound("there is no such request")
    return found


def find_open(connection: Connection, person_id: str, kind: str) -> Ticket | None:
    """Somebody's latest request of a kind that is not closed."""
    query = (
        select(ticket)
        .where(ticket.c.person == person_id, ticket.c.kind == kind, ticket.c.state != kinds.CLOSED)
        .order_by(ticket.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else ticket_from(row)


def accounts_with(archive: Archive, email: str) -> list[Person]:
    """Whose confirmed address this is: a hint for staff, and never a proof."""
    query = (
        select(person)
        .join(identity, identity.c.person == person.c.id)
        .where(func.lower(identity.c.email) == email.lower(), identity.c.email_verified)
        .distinct()
        .limit(5)
    )
    with reading(archive.engine) as connection:
        return [person_from(row) for row in connection.execute(query)]


def _sifted(query: Select[Any], sieve: Sieve, today: date) -> Select[Any]:
    if sieve.state in kinds.STATES:
        query = query.where(ticket.c.state == sieve.state)
    elif not sieve.reference:
        query = query.where(ticket.c.state != kinds.CLOSED)
    if sieve.state == OVERDUE:
        query = query.where(ticket.c.due_on < today)
    if sieve.kind:
        query = query.where(ticket.c.kind == sieve.kind)
    if sieve.taken_by:
        query = query.where(ticket.c.taken_by == sieve.taken_by)
    if sieve.reference:
        query = query.where(ticket.c.reference == sieve.reference.upper())
    return query


_TURN: Final = case((ticket.c.kind == kinds.TAKEDOWN, 0), else_=1)
"""Whoever is shown on the site waits for nobody else."""


def _spelled(last: Ticket) -> str:
    turn = 0 if last.kind == kinds.TAKEDOWN else 1
    return f"{turn}_{last.due_on.isoformat()}_{last.id}"


def _place(after: str) -> tuple[int, date, str]:
    turn, _, rest = after.partition("_")
    due, _, ticket_id = rest.partition("_")
    try:
        found = date.fromisoformat(due)
    except ValueError:
        found = None
    if found is None or turn not in ("0", "1") or not is_id(ticket_id):
        raise RequestError(_NO_PLACE, "cursor")
    return int(turn), found, ticket_id


def _people(connection: Connection, ids: set[str]) -> dict[str | None, Person]:
    query = select(person).where(person.c.id.in_(ids))
    return {row.id: person_from(row) for row in connection.execute(query)} if ids else {}
