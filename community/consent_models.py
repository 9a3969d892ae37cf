"""The table of consents. Its columns and constraints, and no behaviour.

It holds to the rules of `community.models`. No address of a network is in it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, String, Table

from archive.moments import Utc
from community.models import metadata

# What a browser chose, each time that it chose.
consent_event = Table(
    "consent_event",
    metadata,
    Column("id", String(36), primary_key=True),
    # A random number that the browser keeps beside its choice.
    Column("browser", String(36), nullable=False),
    # Who was signed in; the row stays when they are no more.
    Column("person", String(36), ForeignKey("person.id", ondelete="SET NULL")),
    # Categories that were agreed to, with a space between them.
    Column("categories", String(64), nullable=False),
    # Of the table of cookies.
    Column("version", String(16), nullable=False),
    Column("at", Utc, nullable=False),
    # Whether the browser sent its signal of privacy.
    Column("gpc", Boolean, nullable=False),
    # Of the words that were asked.
    Column("text_sha256", LargeBinary(32), nullable=False),
)
Index(None, consent_event.c.browser)
Index(None, consent_event.c.person)
Index(None, consent_event.c.at)
