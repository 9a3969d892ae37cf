"""Offers of a role: a link that makes whoever opens it first, signed in, an operator or moderator.

The first operator comes this way, from whoever may run commands on the server.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.errors import AccountError
from community.accounts.people import MODERATOR, OPERATOR, ROLES
from community.accounts.secret import digest, max_secret_chars, new_secret
from community.audit.trail import by_person, record
from community.ids import new_id
from community.models import person, role_offer

offer_lives_s: Final = 24 * 3600
OFFERED: Final = (OPERATOR, MODERATOR)


def offer(archive: Archive, role: str) -> str:
    """Make an offer; return the secret that its link carries."""
    assert role in OFFERED
    secret, now = new_secret(), datetime.now(UTC)
    row = {
        "id": new_id(),
        "secret_sha256": digest(secret),
        "role": role,
        "created_at": now,
        "expires_at": now + timedelta(seconds=offer_lives_s),
    }
    with writing(archive.engine) as connection:
        connection.execute(insert(role_offer).values(row))
    return secret


def offered_role(archive: Archive, secret: str) -> str | None:
    """What is offered by this secret, if it is still open."""
    query = select(role_offer.c.role).where(*_open(secret))
    with reading(archive.engine) as connection:
        return connection.scalar(query)


def take(archive: Archive, secret: str, person_id: str) -> str:
    """Give a person the role; return it.

    Raises
    ------
    AccountError
        The offer was taken, or is too old.
    """
    taken = (
        update(role_offer)
        .where(*_open(secret))
        .values(taken_by=person_id, taken_at=datetime.now(UTC))
        .returning(role_offer.c.role)
    )
    with writing(archive.engine) as connection:
        role = connection.scalar(taken)
        if role is None:
            raise AccountError("this offer was taken before, or is too old")
        lower = ROLES[: ROLES.index(role)]  # an operator who takes a moderator's offer stays one
        connection.execute(
            update(person)
            .where(person.c.id == person_id, person.c.role.in_(lower))
            .values(role=role)
        )
        facts = {"role": role}
        record(connection, by_person(person_id), "account.role", subject=person_id, facts=facts)
    return str(role)


def _open(secret: str) -> tuple[ColumnElement[bool], ...]:
    return (
        role_offer.c.secret_sha256 == digest(secret[:max_secret_chars]),
        role_offer.c.taken_at.is_(None),
        role_offer.c.expires_at > datetime.now(UTC),
    )
