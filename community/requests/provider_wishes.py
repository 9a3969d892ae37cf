"""What a sign-in provider tells us on behalf of somebody: erase them, write to them no more.

Whoever of them has no other way in is erased at their own wish; another one stays what they are
here, without what that provider told. That it was told is in the audit trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from archive.archive import Archive
from archive.database import note_deletion, reading, writing
from archive.errors import NotFound
from community.accounts.closing import close_account, wish_of
from community.accounts.people import MAY_SIGN_IN
from community.accounts.secret import digest
from community.audit.trail import SYSTEM, record
from community.models import identity, person, session, sign_up
from community.request_models import stopped_address, ticket, ticket_link
from community.requests import kinds
from community.requests.reading import find_open
from community.requests.tickets import Ticket, Wish, close_in, find_in, open_in, ticket_from

_DELETION: Final = "deletion "
"""Before a code, so that it opens nothing that a link of a request opens."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider told: of whom, in its own words, and when that happened."""

    provider: str
    subject: str
    event: str
    at: datetime | None = None


def erase_told(archive: Archive, told: Told, code: str) -> Ticket:
    """Erase what a provider told of somebody, or all of them if they have no other way in.

    Parameters
    ----------
    code
        By which they can ask how far it is; the same one again is the same request.
    """
    with writing(archive.engine) as connection:
        # First what locks: the same request may come twice at once.
        row = _identity(connection, told)
        known = _by_code(connection, code)
        if known is not None:
            return known
        made = _forget(connection, row) if row else _nothing(connection)
        _forget_newcomer(connection, told)
        link = {"secret_sha256": digest(_DELETION + code), "ticket": made, "was_mailed": False}
        connection.execute(insert(ticket_link).values(link))
        _record(connection, told, row)
        return find_in(connection, made)


def erasure_of(archive: Archive, code: str) -> Ticket:
    """The request that somebody was given this code for.

    Raises
    ------
    NotFound
        There is none.
    """
    with reading(archive.engine) as connection:
        found = _by_code(connection, code)
    if found is None:
        raise NotFound("nobody asked for an erasure by this code, or it was forgotten since")
    return found


def end_sessions(archive: Archive, told: Told) -> None:
    """Sign somebody out who no longer wants to sign in by this provider."""
    with writing(archive.engine) as connection:
        row = _identity(connection, told)
        if row is not None:
            connection.execute(delete(session).where(session.c.person == row.person))
            _record(connection, told, row)


def account_gone(archive: Archive, told: Told) -> None:
    """Take a way in away that leads nowhere; of who has no other, an operator decides."""
    with writing(archive.engine) as connection:
        row = _identity(connection, told)
        if row is None:
            return
        if _ways_in(connection, row.person) > 1:
            _unlink(connection, row)
        elif find_open(connection, row.person, kinds.ERASE) is None:
            open_in(connection, _wish(row.person))
        _record(connection, told, row)


def stop_mail(archive: Archive, told: Told) -> None:
    """Write no more to an address that forwards nothing."""
    with writing(archive.engine) as connection:
        row = _identity(connection, told)
        if row is None or _stopped_at(connection, row.id) is not None:
            return
        stopped = {"identity": row.id, "at": told.at or datetime.now(UTC)}
        connection.execute(insert(stopped_address).values(stopped))
        _record(connection, told, row)


def allow_mail(archive: Archive, told: Told) -> None:
    """Write again to an address that forwards, unless this is older than that it does not."""
    with writing(archive.engine) as connection:
        row = _identity(connection, told)
        since = _stopped_at(connection, row.id) if row is not None else None
        if row is None or since is None or (told.at is not None and told.at < since):
            return
        connection.execute(delete(stopped_address).where(stopped_address.c.identity == row.id))
        _record(connection, told, row)


def _identity(connection: Connection, told: Told) -> Row[Any] | None:
    """Whose it is; their row is locked, so that no other way in goes at the same time."""
    query = select(identity).where(
        identity.c.provider == told.provider, identity.c.subject == told.subject
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    lock = select(person.c.id).where(person.c.id == found.person).with_for_update()
    connection.execute(lock).all()
    return connection.execute(query).one_or_none()


def _forget(connection: Connection, row: Row[Any]) -> str:
    """Erase what the provider told, or begin to erase the person; returns the request's id."""
    state = connection.scalar(select(person.c.state).where(person.c.id == row.person))
    if _ways_in(connection, row.person) > 1:
        made = open_in(connection, _wish(row.person))
        _unlink(connection, row)
        connection.execute(delete(session).where(session.c.person == row.person))
        return close_in(connection, made.id, kinds.DONE, side=kinds.SYSTEM).id
    if (wished := wish_of(connection, row.person)) is not None and wished.ticket is not None:
        return wished.ticket
    if state in MAY_SIGN_IN:
        ticket_id = close_account(connection, row.person, keeps_work=False).ticket
        assert ticket_id is not None  # it was just made
        return ticket_id
    return open_in(connection, _wish(row.person)).id


def _nothing(connection: Connection) -> str:
    made = open_in(connection, _wish(None))
    return close_in(connection, made.id, kinds.NOTHING, side=kinds.SYSTEM).id


def _wish(person_id: str | None) -> Wish:
    return Wish(kinds.ERASE, person=person_id, source=kinds.PROVIDER, identity_by=kinds.PROVIDER)


def _ways_in(connection: Connection, person_id: str) -> int:
    query = select(func.count()).select_from(identity).where(identity.c.person == person_id)
    return connection.scalar(query) or 0


def _unlink(connection: Connection, row: Row[Any]) -> None:
    connection.execute(delete(identity).where(identity.c.id == row.id))
    note_deletion(connection)


def _forget_newcomer(connection: Connection, told: Told) -> None:
    """Somebody who came by this provider and has not agreed to anything yet."""
    connection.execute(
        delete(sign_up).where(
            sign_up.c.provider == told.provider, sign_up.c.subject == told.subject
        )
    )


def _stopped_at(connection: Connection, identity_id: str) -> datetime | None:
    return connection.scalar(
        select(stopped_address.c.at).where(stopped_address.c.identity == identity_id)
    )


def _by_code(connection: Connection, code: str) -> Ticket | None:
    query = (
        select(ticket)
        .join(ticket_link, ticket_link.c.ticket == ticket.c.id)
        .where(ticket_link.c.secret_sha256 == digest(_DELETION + code))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else ticket_from(row)


def _record(connection: Connection, told: Told, row: Row[Any] | None) -> None:
    subject = row.person if row is not None else None
    facts = {"provider": told.provider, "event": told.event}
    record(connection, SYSTEM, "provider.told", subject=subject, facts=facts)
