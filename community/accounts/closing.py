"""An account that is to be erased, while its person may still think better of it.

They are signed out everywhere and shown to nobody at once; whoever of them signs in again has come
back. What is done when the time is over is `community.rights`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from archive.errors import NotFound
from community.accounts.errors import AccountError
from community.accounts.people import CLOSING, MAY_SIGN_IN
from community.audit.trail import SYSTEM, by_person, record
from community.models import person, session
from community.requests import kinds
from community.requests.tickets import Wish as Request
from community.requests.tickets import close_in, find_in, open_in
from community.rights_models import erasure_wish

cooling_off: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wish:
    """That somebody wants to be erased.

    Attributes
    ----------
    keeps_work
        What others see of theirs stays, without their name.
    ticket
        Of the request whose clock runs.
    """

    person: str
    keeps_work: bool
    asked_at: datetime
    due_at: datetime
    was_state: str
    ticket: str | None


def close_account(
    connection: Connection, person_id: str, *, keeps_work: bool, now: datetime | None = None
) -> Wish:
    """Have somebody erased in a while, and out of sight from now on.

    Raises
    ------
    AccountError
        They cannot ask for it, or did.
    """
    now = now or datetime.now(UTC)
    locked = select(person.c.state, person.c.locale).where(person.c.id == person_id)
    row = connection.execute(locked.with_for_update()).one_or_none()
    if row is None or row.state not in MAY_SIGN_IN:
        raise AccountError("this account cannot be closed at the moment")
    asked = Request(
        kinds.ERASE,
        person=person_id,
        source=kinds.ACCOUNT,
        identity_by=kinds.ACCOUNT,
        locale=row.locale,
    )
    wish = Wish(
        person_id, keeps_work, now, now + cooling_off, row.state, open_in(connection, asked, now).id
    )
    _close(connection, wish, by_person(person_id))
    return wish


def close_unused(connection: Connection, person_id: str, now: datetime) -> bool:
    """Close an account that nobody uses, though nobody asked; False if it cannot be.

    What others see of it stays, and signing in calls it off as ever.
    """
    locked = select(person.c.state).where(person.c.id == person_id).with_for_update()
    state = connection.scalar(locked)
    if state not in MAY_SIGN_IN:
        return False
    _close(connection, Wish(person_id, True, now, now + cooling_off, state, None), SYSTEM)
    return True


def _close(connection: Connection, wish: Wish, actor: str) -> None:
    values = {name: getattr(wish, name) for name in Wish.__slots__}
    connection.execute(insert(erasure_wish).values(values))
    connection.execute(update(person).where(person.c.id == wish.person).values(state=CLOSING))
    connection.execute(delete(session).where(session.c.person == wish.person))
    record(connection, actor, "account.closing", subject=wish.person)


def come_back(connection: Connection, person_id: str) -> bool:
    """Have an account be what it was before it was to be erased; False if it is not closing."""
    wish = wish_of(connection, person_id)
    this = person.c.id == person_id
    locked = select(person.c.state).where(this).with_for_update()
    if wish is None or connection.scalar(locked) != CLOSING:
        return False
    connection.execute(update(person).where(this).values(state=wish.was_state))
    connection.execute(delete(erasure_wish).where(erasure_wish.c.person == person_id))
    end_request(connection, wish, kinds.WITHDRAWN, side=kinds.PERSON)
    record(connection, by_person(person_id), "account.kept", subject=person_id)
    return True


def end_request(connection: Connection, wish: Wish, outcome: str, *, side: str) -> None:
    """Stop the clock of the request, unless somebody did or it is forgotten."""
    with suppress(NotFound):
        if wish.ticket is not None and not find_in(connection, wish.ticket).is_closed:
            close_in(connection, wish.ticket, outcome, side=side)


def wish_of(connection: Connection, person_id: str) -> Wish | None:
    """The wish of somebody, if they have it."""
    query = select(erasure_wish).where(erasure_wish.c.person == person_id)
    row = connection.execute(query.with_for_update()).one_or_none()
    return None if row is None else _wish(row)


def wishes_due(connection: Connection, now: datetime, limit: int) -> list[Wish]:
    """Whose time to think is over, the first due first."""
    query = select(erasure_wish).where(erasure_wish.c.due_at <= now)
    found = connection.execute(query.order_by(erasure_wish.c.due_at).limit(limit))
    return [_wish(row) for row in found]


def _wish(row: Row[Any]) -> Wish:
    return Wish(row.person, row.keeps_work, row.asked_at, row.due_at, row.was_state, row.ticket)
