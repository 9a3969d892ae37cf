"""What who asks does: ask, confirm an address, reply, withdraw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from archive.archive import Archive
from archive.database import writing
from community.audit.trail import SYSTEM, by_person, record
from community.request_models import ticket, ticket_event
from community.requests import kinds, letters
from community.requests.errors import RequestError
from community.requests.links import new_link
from community.requests.phrases import kind_said
from community.requests.texts import checked_address, checked_words
from community.requests.tickets import Ticket, Wish, change, close_in, find_in, move, note, open_in

max_a_day: Final = 5
"""Requests from one address, which anybody may name."""
max_a_day_of_account: Final = 20
"""Those count that somebody makes by using their rights on other pages, too."""
max_replies: Final = 50
"""To one request, before somebody of the staff looks."""


def ask(archive: Archive, wish: Wish, origin: str, *, has_mail: bool) -> tuple[Ticket, str]:
    """Take a request from the contact form; returns it, and a link to it where no mail brings one.

    Raises
    ------
    RequestError
        Something is missing, or there were too many.
    """
    if not checked_words(wish.words):
        raise RequestError("write what you want to ask or say", "words")
    if wish.person is None and not checked_address(wish.email):
        raise RequestError("write the address at which we can answer you", "email")
    wish = replace(wish, kind=kind_said(wish.kind, wish.words))
    with writing(archive.engine) as connection:
        _require_few(connection, wish)
        made = open_in(connection, wish)
        link = ""
        if wish.person is None:
            if has_mail:
                letters.write_to(connection, made, kinds.OPENED, origin)
            else:
                link = new_link(connection, made.id, was_mailed=False)
        elif has_mail:
            letters.write_to(connection, made, kinds.CONFIRMED, origin)
        _record(connection, "request.opened", made)
    return made, link


def confirm(archive: Archive, ticket_id: str) -> None:
    """Note that somebody came by what was mailed to the address, and says that it is theirs."""
    with writing(archive.engine) as connection:
        found = find_in(connection, ticket_id, locked=True)
        if found.confirmed_at is not None:
            return
        change(connection, ticket_id, confirmed_at=datetime.now(UTC))
        note(connection, ticket_id, kinds.CONFIRMED, kinds.PERSON)
        _record(connection, "request.confirmed", found)


def reply(archive: Archive, ticket_id: str, words: str) -> None:
    """Add something to a request of one's own.

    Raises
    ------
    RequestError
        It is closed, there is nothing to add, or there was too much already.
    """
    said = checked_words(words)
    if not said:
        raise RequestError("write what you want to add", "words")
    with writing(archive.engine) as connection:
        found = find_in(connection, ticket_id, locked=True)
        if found.is_closed:
            raise RequestError("this request is closed; open another one and name this one in it")
        if _replies(connection, ticket_id) >= max_replies:
            raise RequestError("there are many replies already; wait for ours")
        move(connection, found, kinds.OPEN)
        note(connection, ticket_id, kinds.REPLY, kinds.PERSON, words=said)


def withdraw(archive: Archive, ticket_id: str) -> None:
    """Take back a request of one's own."""
    with writing(archive.engine) as connection:
        closed = close_in(connection, ticket_id, kinds.WITHDRAWN, side=kinds.PERSON)
        _record(connection, "request.closed", closed)


def _require_few(connection: Connection, wish: Wish) -> None:
    """Refuse one more of who asked often today: mail goes to their address with each."""
    if wish.person is not None:
        whose, most = ticket.c.person == wish.person, max_a_day_of_account
    else:
        whose, most = func.lower(ticket.c.email) == wish.email.strip().lower(), max_a_day
    since = datetime.now(UTC) - timedelta(days=1)
    query = select(func.count()).select_from(ticket).where(whose, ticket.c.opened_at > since)
    if (connection.scalar(query) or 0) >= most:
        raise RequestError(
            "we have several requests of yours from today; reply to one of them, or come tomorrow",
            "" if wish.person else "email",
        )


def _replies(connection: Connection, ticket_id: str) -> int:
    query = select(func.count()).where(
        ticket_event.c.ticket == ticket_id, ticket_event.c.kind == kinds.REPLY
    )
    return connection.scalar(query) or 0


def _record(connection: Connection, action: str, found: Ticket) -> None:
    """Note it in the trail; what somebody does who is not signed in is nobody's."""
    actor = by_person(found.person) if found.person else SYSTEM
    record(
        connection,
        actor,
        action,
        target=f"ticket {found.id}",
        subject=found.person,
        facts={"kind": found.kind},
    )
