"""Requests and what is done with them: the verbs. Each is written down as an event of its ticket.

The clock starts when a request arrives, whoever brings it and whatever is still to be asked, and
never stops. Nothing is released or changed for somebody before it is known who they are.

References
----------
Regulation (EU) 2016/679 articles 12(3), 12(6), 15 to 21.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotFound
from community.ids import is_id, new_id
from community.request_models import ticket, ticket_event
from community.requests import kinds
from community.requests.clock import due_on, is_overdue
from community.requests.errors import RequestError
from community.requests.texts import checked_address, checked_page, checked_reach, checked_words

# No vowels, and no letter that is taken for a digit: it is read over the telephone.
_SIGNS: Final = "23456789BCDFGHJKLMNPQRSTVWXZ"
_REFERENCE_CHARS: Final = 8


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request.

    Attributes
    ----------
    reference
        What people call it.
    person
        Id of whose account it is about, as far as that is known.
    email, reach
        How to reach who asked; either may be missing.
    about
        Address of the page that it is about.
    due_on
        The last day, in UTC, on which an answer is in time.
    identity_by
        How it is known who asks, one of `kinds.IDENTITIES`; empty while it is not.
    taken_by
        Id of who looks after it.
    """

    id: str
    reference: str
    kind: str
    state: str
    source: str
    person: str | None
    email: str | None
    reach: str | None
    about: str | None
    locale: str
    opened_at: datetime
    due_on: date
    confirmed_at: datetime | None
    identity_by: str
    identity_at: datetime | None
    taken_by: str | None
    reminded: int
    outcome: str
    closed_at: datetime | None

    @property
    def is_closed(self) -> bool:
        """Whether nothing is to be done any more."""
        return self.state == kinds.CLOSED

    @property
    def lacks_identity(self) -> bool:
        """Whether nothing may be released or changed yet."""
        return kinds.KINDS[self.kind].needs_identity and not self.identity_by

    def is_late(self, today: date) -> bool:
        """Whether it was, or still is, not answered in time."""
        return is_overdue(self.due_on, self.closed_at.date() if self.closed_at else today)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked, and by whom, as far as it is known when it arrives.

    Attributes
    ----------
    source
        The way it came, one of `kinds.SOURCES`.
    identity_by
        How it is known who asks, where it is.
    locale
        The language that they are written to in.
    """

    kind: str
    words: str = ""
    person: str | None = None
    email: str = ""
    reach: str = ""
    about: str = ""
    source: str = kinds.FORM
    identity_by: str = ""
    locale: str = "en"


def open_ticket(
    archive: Archive, kind: str, email: str, words: str, person: str | None = None
) -> Ticket:
    """Take a request; who is signed in is known by that.

    Raises
    ------
    RequestError
        It cannot be as it is.
    """
    signed_in = kinds.ACCOUNT if person else ""
    wish = Wish(kind, words, person, email, source=signed_in or kinds.FORM, identity_by=signed_in)
    with writing(archive.engine) as connection:
        return open_in(connection, wish)


def open_in(connection: Connection, wish: Wish, now: datetime | None = None) -> Ticket:
    """As `open_ticket`, in a transaction of the caller's.

    Parameters
    ----------
    now
        When it arrived, for what staff enters and for tests.
    """
    _require(wish.kind in kinds.KINDS, "choose what it is about", "kind")
    _require(wish.source in kinds.SOURCES, "choose by what way it came", "source")
    arrived, made = now or datetime.now(UTC), new_id()
    row = {
        "id": made,
        "reference": _reference(connection),
        "kind": wish.kind,
        "state": kinds.OPEN,
        "source": wish.source,
        "person": wish.person,
        "email": checked_address(wish.email) or None,
        "reach": checked_reach(wish.reach) or None,
        "about": checked_page(wish.about) or None,
        "locale": wish.locale,
        "opened_at": arrived,
        "due_on": due_on(arrived.astimezone(UTC).date()),
        "identity_by": wish.identity_by,
        "identity_at": arrived if wish.identity_by else None,
    }
    words = checked_words(wish.words)
    connection.execute(insert(ticket).values(row))
    side = kinds.STAFF if wish.source in kinds.BY_HAND else kinds.PERSON
    note(connection, made, kinds.OPENED, side, fact=wish.kind, words=words, at=arrived)
    return find_in(connection, made)


def find_ticket(archive: Archive, ticket_id: str) -> Ticket:
    """The ticket of this id.

    Raises
    ------
    NotFound
        There is none.
    """
    with reading(archive.engine) as connection:
        return find_in(connection, ticket_id)


def find_in(connection: Connection, ticket_id: str, *, locked: bool = False) -> Ticket:
    """As `find_ticket`, in a transaction of the caller's; `locked` until that ends."""
    query = select(ticket).where(ticket.c.id == ticket_id)
    if locked:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none() if is_id(ticket_id) else None
    if row is None:
        raise NotFound("there is no such request")
    return ticket_from(row)


def close_in(
    connection: Connection,
    ticket_id: str,
    outcome: str,
    *,
    actor: str | None = None,
    side: str = kinds.STAFF,
    words: str = "",
) -> Ticket:
    """End a request.

    Parameters
    ----------
    actor
        Id of who ends it; None is the server itself.
    side
        From whose side, one of `kinds.SIDES`.
    words
        What they are told.

    Raises
    ------
    RequestError
        It is closed already, or something would be released to nobody knows whom.
    """
    _require(outcome in kinds.OUTCOMES, "choose how it ended", "outcome")
    found = find_in(connection, ticket_id, locked=True)
    if kinds.OUTCOMES[outcome].is_done and found.lacks_identity:
        raise RequestError("find out who asks before anything is released or changed", "outcome")
    move(connection, found, kinds.CLOSED, outcome=outcome, closed_at=datetime.now(UTC))
    said = checked_words(words)
    note(connection, ticket_id, kinds.ENDED, side, actor=actor, fact=outcome, words=said)
    return find_in(connection, ticket_id)


def identify_in(
    connection: Connection, ticket_id: str, identity_by: str, *, actor: str | None = None
) -> Ticket:
    """Note how it is known who asks."""
    _require(identity_by in kinds.IDENTITIES, "choose how you know who asks", "identity")
    found = find_in(connection, ticket_id, locked=True)
    _require(not found.is_closed, _CLOSED)
    change(connection, ticket_id, identity_by=identity_by, identity_at=datetime.now(UTC))
    side = kinds.STAFF if actor else kinds.SYSTEM
    note(connection, ticket_id, kinds.IDENTITY, side, actor=actor, fact=identity_by)
    return find_in(connection, ticket_id)


def move(connection: Connection, found: Ticket, state: str, **values: object) -> None:
    """Bring a ticket that is locked to another state.

    Raises
    ------
    RequestError
        It cannot get there from where it is.
    """
    _require(state in kinds.MAY_BECOME[found.state], _CLOSED if found.is_closed else _NOT_CLOSED)
    change(connection, found.id, state=state, **values)


def change(connection: Connection, ticket_id: str, **values: object) -> None:
    """Write columns of a ticket."""
    connection.execute(update(ticket).where(ticket.c.id == ticket_id).values(**values))


def note(
    connection: Connection,
    ticket_id: str,
    kind: str,
    side: str,
    *,
    actor: str | None = None,
    fact: str = "",
    words: str = "",
    at: datetime | None = None,
) -> str:
    """Write down what happened to a ticket; returns the event's id."""
    assert kind in kinds.EVENTS
    assert side in kinds.SIDES
    made = new_id()
    row = {
        "id": made,
        "ticket": ticket_id,
        "kind": kind,
        "side": side,
        "actor": actor,
        "fact": fact,
        "words": words or None,
        "at": at or datetime.now(UTC),
    }
    connection.execute(insert(ticket_event).values(row))
    return made


def ticket_from(row: Row[Any]) -> Ticket:
    """A ticket from a row that has all columns of `ticket`."""
    return Ticket(**{column.name: getattr(row, column.name) for column in ticket.columns})


_CLOSED: Final = "this request is closed"
_NOT_CLOSED: Final = "this request is not closed"


def _reference(connection: Connection) -> str:
    """A name that no other ticket has."""
    while True:
        made = "".join(secrets.choice(_SIGNS) for _ in range(_REFERENCE_CHARS))
        if not connection.scalar(select(ticket.c.id).where(ticket.c.reference == made)):
            return made


def _require(holds: bool, words: str, field: str = "") -> None:
    if not holds:
        raise RequestError(words, field)
