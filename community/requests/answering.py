"""What staff does with a request. Each act is an event of it, and a row of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.handles import folded
from community.audit.trail import by_person, record
from community.models import person
from community.requests import kinds, letters
from community.requests.errors import RequestError
from community.requests.texts import checked_words
from community.requests.tickets import (
    Ticket,
    Wish,
    change,
    close_in,
    find_in,
    identify_in,
    move,
    note,
    open_in,
)

max_past_days: Final = 60


def enter(
    archive: Archive, actor: str, wish: Wish, handle: str, received: datetime | None = None
) -> Ticket:
    """Take a request that came by mail, telephone or letter; its clock began when it came.

    Parameters
    ----------
    handle
        Of whose account it is about; may be empty.

    Raises
    ------
    RequestError
        Something is missing or wrong.
    """
    now = datetime.now(UTC)
    came = received or now
    if wish.source not in kinds.BY_HAND:
        raise RequestError("choose by what way it came", "source")
    if not now - timedelta(days=max_past_days) < came <= now:
        raise RequestError(f"it came on a day of the last {max_past_days}", "received")
    if not checked_words(wish.words):
        raise RequestError("write what was asked", "words")
    if not (wish.email.strip() or wish.reach.strip()):
        raise RequestError("write how who asked can be reached", "reach")
    with writing(archive.engine) as connection:
        whose = _person_called(connection, handle)
        made = open_in(connection, replace(wish, person=whose), came)
        _record(connection, actor, "request.opened", made, {"source": wish.source})
    return made


def take(archive: Archive, actor: str, ticket_id: str) -> None:
    """Look after a request from now on."""
    with writing(archive.engine) as connection:
        _open(connection, ticket_id)
        change(connection, ticket_id, taken_by=actor)
        note(connection, ticket_id, kinds.TAKEN, kinds.STAFF, actor=actor)


def add_note(archive: Archive, actor: str, ticket_id: str, words: str) -> None:
    """Write something down for other staff."""
    said = _said(words)
    with writing(archive.engine) as connection:
        find_in(connection, ticket_id)
        note(connection, ticket_id, kinds.NOTE, kinds.STAFF, actor=actor, words=said)


def route(archive: Archive, actor: str, ticket_id: str, kind: str) -> None:
    """Say what a request really asks; it is due when it was."""
    if kind not in kinds.KINDS:
        raise RequestError("choose what it is about", "kind")
    with writing(archive.engine) as connection:
        _open(connection, ticket_id)
        change(connection, ticket_id, kind=kind)
        note(connection, ticket_id, kinds.ROUTED, kinds.STAFF, actor=actor, fact=kind)


def identify(archive: Archive, actor: str, ticket_id: str, how: str, handle: str = "") -> None:
    """Note that it is known who asks, and whose account it is about.

    Raises
    ------
    RequestError
        So it cannot be known, or the account is not theirs to whom the request is known already.
    """
    if how not in kinds.CHECKED_BY_HAND:
        raise RequestError("choose how you know who asks", "identity")
    with writing(archive.engine) as connection:
        found = _open(connection, ticket_id)
        if how == kinds.ADDRESS and found.confirmed_at is None:
            raise RequestError("nobody has confirmed the address yet", "identity")
        whose = _person_called(connection, handle)
        if whose is not None and found.person not in (None, whose):
            raise RequestError("this request is about another account", "handle")
        change(connection, ticket_id, person=whose or found.person)
        known = identify_in(connection, ticket_id, how, actor=actor)
        _record(connection, actor, "request.checked", known, {"how": how})


def ask_back(archive: Archive, actor: str, ticket_id: str, words: str, origin: str) -> bool:
    """Ask who asked for something; the clock runs on. False if they cannot be written to."""
    said = _said(words)
    with writing(archive.engine) as connection:
        found = _open(connection, ticket_id)
        move(connection, found, kinds.ASKED)
        note(connection, ticket_id, kinds.QUESTION, kinds.STAFF, actor=actor, words=said)
        return letters.write_to(connection, found, kinds.QUESTION, origin, said)


def answer(archive: Archive, actor: str, ticket_id: str, words: str, origin: str) -> bool:
    """Answer and keep the request open; False if who asked cannot be written to.

    Raises
    ------
    RequestError
        It is not known yet to whom the answer would go.
    """
    said = _said(words)
    with writing(archive.engine) as connection:
        found = _open(connection, ticket_id)
        if found.lacks_identity:
            raise RequestError("find out who asks before you answer; a question may go out")
        note(connection, ticket_id, kinds.ANSWER, kinds.STAFF, actor=actor, words=said)
        sent = letters.write_to(connection, found, kinds.ANSWER, origin, said)
        _record(connection, actor, "request.answered", found)
        return sent


def close(
    archive: Archive, actor: str, ticket_id: str, outcome: str, words: str, origin: str
) -> bool:
    """End a request and say why; False if who asked cannot be written to."""
    said = _said(words)
    with writing(archive.engine) as connection:
        closed = close_in(connection, ticket_id, outcome, actor=actor, words=said)
        sent = letters.write_to(connection, closed, kinds.ENDED, origin, said)
        _record(connection, actor, "request.closed", closed, {"outcome": outcome})
        return sent


def reopen(archive: Archive, actor: str, ticket_id: str, words: str) -> None:
    """Open again what was closed by mistake; it is due when it was."""
    said = _said(words)
    with writing(archive.engine) as connection:
        found = find_in(connection, ticket_id, locked=True)
        move(connection, found, kinds.OPEN, outcome="", closed_at=None)
        note(connection, ticket_id, kinds.REOPENED, kinds.STAFF, actor=actor)
        note(connection, ticket_id, kinds.NOTE, kinds.STAFF, actor=actor, words=said)


def look_at(archive: Archive, actor: str, ticket_id: str) -> Ticket:
    """A request, as staff sees it; that they saw its address is in the trail."""
    with reading(archive.engine) as connection:
        found = find_in(connection, ticket_id)
    if found.email or found.reach:
        with writing(archive.engine, durable=False) as connection:
            _record(connection, actor, "staff.saw_address", found)
    return found


def _open(connection: Connection, ticket_id: str) -> Ticket:
    found = find_in(connection, ticket_id, locked=True)
    if found.is_closed:
        raise RequestError("this request is closed; open it again first")
    return found


def _said(words: str) -> str:
    said = checked_words(words)
    if not said:
        raise RequestError("write some words", "words")
    return said


def _person_called(connection: Connection, handle: str) -> str | None:
    wanted = handle.strip().removeprefix("@")
    if not wanted:
        return None
    query = select(person.c.id, person.c.handle).where(person.c.handle_folded == folded(wanted))
    row = connection.execute(query).one_or_none()
    if row is None or row.handle.lower() != wanted.lower():
        raise RequestError("nobody has this handle", "handle")
    return str(row.id)


def _record(
    connection: Connection,
    actor: str,
    action: str,
    found: Ticket,
    facts: Mapping[str, str] | None = None,
) -> None:
    record(
        connection,
        by_person(actor),
        action,
        target=f"ticket {found.id}",
        subject=found.person,
        facts={"kind": found.kind, **(facts or {})},
    )
