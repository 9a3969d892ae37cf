"""The tables of requests and of mail that goes out. Columns and constraints, and no behaviour.

They hold to the rules of `community.models`. What somebody wrote stands in the events of a ticket
and nowhere else; a ticket outlives the account of who asked, without it.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from archive.moments import Utc
from community.models import identity, metadata, person

_Id = String(36)
_Word = String(16)


def _somebody(name: str) -> Column[str]:
    """Somebody, until they are no more; the row stays."""
    return Column(name, _Id, ForeignKey(person.c.id, ondelete="SET NULL"))


ticket = Table(
    "ticket",
    metadata,
    Column("id", _Id, primary_key=True),
    # What people call it on the telephone and in mails.
    Column("reference", String(16), nullable=False, unique=True),
    Column("kind", _Word, nullable=False),
    Column("state", _Word, nullable=False),
    Column("source", _Word, nullable=False),
    # Whose account it is about, as far as that is known.
    _somebody("person"),
    Column("email", Text),
    # Another way to reach who asked, as staff wrote it down.
    Column("reach", Text),
    # The address of the page that it is about.
    Column("about", Text),
    # The language that they are written to in.
    Column("locale", String(16), nullable=False),
    Column("opened_at", Utc, nullable=False),
    # The last day on which an answer is in time.
    Column("due_on", Date, nullable=False),
    Column("confirmed_at", Utc),
    # How it is known who asks; empty as long as it is not.
    Column("identity_by", _Word, nullable=False, server_default=""),
    Column("identity_at", Utc),
    _somebody("taken_by"),
    # How many reminders there were.
    Column("reminded", Integer, nullable=False, server_default="0"),
    Column("outcome", _Word, nullable=False, server_default=""),
    Column("closed_at", Utc),
)
Index(None, ticket.c.state, ticket.c.due_on, ticket.c.id)
Index(None, ticket.c.person, ticket.c.id)
Index(None, ticket.c.taken_by)
Index(None, ticket.c.email)
Index(None, ticket.c.closed_at)


def _of_ticket(*, nullable: bool = False) -> Column[str]:
    """A row that goes when its ticket goes."""
    key = ForeignKey(ticket.c.id, ondelete="CASCADE")
    return Column("ticket", _Id, key, nullable=nullable)


ticket_event = Table(
    "ticket_event",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_ticket(),
    Column("kind", _Word, nullable=False),
    # From whose side: `person`, `staff` or `system`.
    Column("side", _Word, nullable=False),
    _somebody("actor"),
    # A word of ours that belongs to it: a kind, an outcome, how somebody proved who they are.
    Column("fact", _Word, nullable=False, server_default=""),
    Column("words", Text),
    Column("at", Utc, nullable=False),
)
Index(None, ticket_event.c.ticket, ticket_event.c.id)
Index(None, ticket_event.c.actor)

# A secret address, mailed or handed out, that shows a ticket to who asked.
ticket_link = Table(
    "ticket_link",
    metadata,
    Column("secret_sha256", LargeBinary(32), primary_key=True),
    _of_ticket(),
    # Whether it went to the address alone, so that coming by it proves that address.
    Column("was_mailed", Boolean, nullable=False),
)
Index(None, ticket_link.c.ticket)

# What remains of tickets that are forgotten: how many there were. Of nobody.
ticket_tally = Table(
    "ticket_tally",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("kind", _Word, primary_key=True),
    Column("outcome", _Word, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("late", Integer, nullable=False),
)

# A mail on its way; gone as soon as it was sent, or given up.
letter = Table(
    "letter",
    metadata,
    Column("id", _Id, primary_key=True),
    # With whom, or with which ticket, it goes if it has not left by then.
    Column("person", _Id, ForeignKey(person.c.id, ondelete="CASCADE")),
    _of_ticket(nullable=True),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    # Not before.
    Column("due_at", Utc, nullable=False),
)
Index(None, letter.c.due_at)
Index(None, letter.c.person)
Index(None, letter.c.ticket)

# A relay address that its provider says forwards nothing any more.
stopped_address = Table(
    "stopped_address",
    metadata,
    Column("identity", _Id, ForeignKey(identity.c.id, ondelete="CASCADE"), primary_key=True),
    Column("at", Utc, nullable=False),
)
