"""Secret addresses of requests, for who asked without an account.

Each letter has one of its own, and all of a request work until it is forgotten. One that was
mailed proves, once its holder says so, that the address is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select

from archive.archive import Archive
from archive.database import reading
from archive.errors import NotFound
from community.accounts.secret import digest, max_secret_chars, new_secret
from community.request_models import ticket, ticket_link
from community.requests.tickets import Ticket, ticket_from

PATH: Final = "/contact/request"
PARAMETER: Final = "k"


@dataclass(frozen=True, slots=True)
class Opened:
    """A request, as somebody came to it by a link."""

    ticket: Ticket
    was_mailed: bool


def new_link(connection: Connection, ticket_id: str, *, was_mailed: bool) -> str:
    """Make one more link to a request; returns its path with the secret."""
    secret = new_secret()
    row = {"secret_sha256": digest(secret), "ticket": ticket_id, "was_mailed": was_mailed}
    connection.execute(insert(ticket_link).values(row))
    return f"{PATH}?{PARAMETER}={secret}"


def follow_link(archive: Archive, secret: str) -> Opened:
    """The request that a secret opens.

    Raises
    ------
    NotFound
        It opens none.
    """
    query = (
        select(ticket, ticket_link.c.was_mailed)
        .join(ticket_link, ticket_link.c.ticket == ticket.c.id)
        .where(ticket_link.c.secret_sha256 == digest(secret[: max_secret_chars + 1]))
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("this link opens no request; it may have been forgotten long after its end")
    return Opened(ticket_from(row), row.was_mailed)
