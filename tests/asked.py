"""Requests of people, in the states that pages and tests need them in.

May live here: how they are made. May not: expectations.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from archive.archive import Archive
from archive.database import writing
from community.requests import answering, asking, kinds
from community.requests.links import new_link
from community.requests.tickets import Ticket, Wish, find_ticket, open_in

ORIGIN = "http://127.0.0.1:8000"
ADDRESS = "pat@example.org"


def came(
    archive: Archive,
    kind: str = kinds.ACCESS,
    days_ago: int = 0,
    words: str = "Please.",
    **more: str,
) -> Ticket:
    """A request that came so many days ago, from somebody without an account unless told."""
    wish = Wish(kind, words, **({"email": ADDRESS} | more))  # type: ignore[arg-type]
    with writing(archive.engine) as connection:
        return open_in(connection, wish, datetime.now(UTC) - timedelta(days=days_ago))


def came_signed_in(
    archive: Archive, person: str, kind: str = kinds.ERASE, days_ago: int = 0
) -> Ticket:
    """A request of somebody who was signed in."""
    return came(
        archive, kind, days_ago, person=person, email="", source=kinds.ACCOUNT,
        identity_by=kinds.ACCOUNT,
    )  # fmt: skip


def mailed_link(archive: Archive, ticket: Ticket) -> str:
    """The path that a mail about it would have."""
    with writing(archive.engine) as connection:
        return new_link(connection, ticket.id, was_mailed=True)


def closed(archive: Archive, actor: str, ticket: Ticket, outcome: str = kinds.REFUSED) -> Ticket:
    """The same, ended by staff."""
    answering.close(archive, actor, ticket.id, outcome, "For a reason.", ORIGIN)
    return find_ticket(archive, ticket.id)


def talked_about(archive: Archive, actor: str, ticket: Ticket) -> Ticket:
    """The same, after a question, a reply, a note and a check of who asks."""
    answering.take(archive, actor, ticket.id)
    answering.add_note(archive, actor, ticket.id, "Looks genuine.")
    answering.ask_back(archive, actor, ticket.id, "Which case do you mean?", ORIGIN)
    asking.confirm(archive, ticket.id)
    asking.reply(archive, ticket.id, "The one with the fracture.")
    answering.identify(archive, actor, ticket.id, kinds.QUESTIONS)
    return find_ticket(archive, ticket.id)
