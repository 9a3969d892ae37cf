"""API tokens: secrets for machines, shown once, kept as a hash.

A token is 256 random bits, so a plain SHA-256 is enough to keep it: there is
nothing to guess. Looking one up is one indexed read.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, or_, select, update

from archive.access import Grant, Principal, checked_grants
from archive.archive import Archive
from archive.database import reading, writing
from archive.models import token

_PREFIX = "dt_"
"""Lets a secret scanner recognise a token that leaked into a repository."""

_MAX_SECRET_CHARS = 128


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token, without its secret."""

    id: int
    name: str
    grants: frozenset[Grant]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def create_token(
    archive: Archive, name: str, grants: Iterable[Grant], expires: datetime | None = None
) -> tuple[int, str]:
    """Make a token.

    Parameters
    ----------
    name : str
        For people, such as "PACS of the north wing".
    grants : iterable of (collection, scope)
        What it may do.
    expires : datetime, optional
        Aware; from then on it is worth nothing.

    Returns
    -------
    int, str
        Its number, and the secret, which nobody can show again.
    """
    secret = _PREFIX + secrets.token_urlsafe(32)
    statement = (
        insert(token)
        .values(
            name=name,
            secret_sha256=_hash(secret),
            grants=grants_text(grants),
            created_at=datetime.now(UTC),
            expires_at=expires.astimezone(UTC) if expires is not None else None,
        )
        .returning(token.c.id)
    )
    with writing(archive.engine) as connection:
        return int(connection.execute(statement).scalar_one()), secret


def authenticate(archive: Archive, secret: str) -> Principal | None:
    """Who holds this secret, or None: unknown, revoked and expired look alike."""
    if not secret.startswith(_PREFIX) or len(secret) > _MAX_SECRET_CHARS:
        return None
    query = (
        select(token.c.id, token.c.grants)
        .where(token.c.secret_sha256 == _hash(secret))
        .where(token.c.revoked_at.is_(None))
        .where(or_(token.c.expires_at.is_(None), token.c.expires_at > datetime.now(UTC)))
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else Principal(f"token {row.id}", grants_of(row.grants))


def revoke_token(archive: Archive, token_id: int) -> bool:
    """Make a token worthless at once; False if there is none, or it was revoked before."""
    statement = (
        update(token)
        .where(token.c.id == token_id, token.c.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )
    with writing(archive.engine) as connection:
        return connection.execute(statement).rowcount > 0


def list_tokens(archive: Archive) -> list[Token]:
    """Every token that was made, oldest first."""
    with reading(archive.engine) as connection:
        rows = connection.execute(select(token).order_by(token.c.id)).all()
    return [
        Token(
            row.id, row.name, grants_of(row.grants), row.created_at, row.expires_at, row.revoked_at
        )
        for row in rows
    ]


def grants_text(grants: Iterable[Grant]) -> str:
    """Grants as they lie in a column."""
    return json.dumps(sorted(checked_grants(grants)))


def grants_of(text: str) -> frozenset[Grant]:
    """What `grants_text` was given."""
    return frozenset((collection, scope) for collection, scope in json.loads(text))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
