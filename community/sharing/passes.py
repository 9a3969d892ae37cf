"""Passes: what a browser, or a program, holds that came by a link and gave its password.

A pass is a secret of its own and ends soon, so the secret of the link is in no cookie. It is worth
something as long as its link is: revoked there, refused at the next request here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import case, delete, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotAllowed, NotFound
from community.accounts.errors import TooOften
from community.accounts.secret import digest, max_secret_chars
from community.models import link, link_pass
from community.sharing.links import Link, is_working, link_of, working_link
from community.sharing.passwords import is_right

PREFIX: Final = "dtp_"
KEPT_FOR: Final = timedelta(hours=12)

max_wrong: Final = 10
wrong_window: Final = timedelta(minutes=10)
"""So many wrong passwords of one link in so long a time; then nobody is let in until it is over."""


class PasswordNeeded(NotAllowed):
    """The link has a password, and it was not given."""


class WrongPassword(NotAllowed):
    """It was not this one."""


def open_pass(archive: Archive, secret: str, password: str | None) -> tuple[Link, str]:
    """Make a pass for who has a link's secret, and its password if there is one.

    Raises
    ------
    NotFound
        The link is unknown, revoked or expired.
    PasswordNeeded, WrongPassword, TooOften
        The password.
    """
    found = working_link(archive, secret) if len(secret) <= max_secret_chars else None
    if found is None:
        raise NotFound("this link is unknown, revoked or expired")
    if found.password_hash is not None:
        _check_password(archive, found, found.password_hash, password)
    now = datetime.now(UTC)
    ends = min(now + KEPT_FOR, found.expires_at or now + KEPT_FOR)
    made = PREFIX + secrets.token_urlsafe(32)
    row = {"secret_sha256": digest(made), "link": found.id, "expires_at": ends}
    with writing(archive.engine, durable=False) as connection:
        connection.execute(delete(link_pass).where(link_pass.c.expires_at <= now))
        connection.execute(insert(link_pass).values(row))
    return found, made


def links_of(archive: Archive, passes: Sequence[str]) -> list[Link]:
    """The links that work of passes that do."""
    known = [digest(one) for one in passes if one.startswith(PREFIX)]
    if not known:
        return []
    now = datetime.now(UTC)
    query = (
        select(link)
        .join(link_pass, link_pass.c.link == link.c.id)
        .where(link_pass.c.secret_sha256.in_(known))
        .where(link_pass.c.expires_at > now, is_working(now))
        .order_by(link.c.id)
        .distinct()
    )
    with reading(archive.engine) as connection:
        return [link_of(row) for row in connection.execute(query)]


def _check_password(archive: Archive, found: Link, kept: str, password: str | None) -> None:
    if not password:
        raise PasswordNeeded("this link has a password")
    _note_try(archive, found.id)
    if not is_right(password, kept):
        raise WrongPassword("this is not the password of this link")
    with writing(archive.engine, durable=False) as connection:
        connection.execute(update(link).where(link.c.id == found.id).values(wrong_passwords=0))


def _note_try(archive: Archive, link_id: str) -> None:
    """Count a try before it is looked at, so that many at once are no more than one by one."""
    now = datetime.now(UTC)
    is_new = (link.c.wrong_since.is_(None)) | (link.c.wrong_since <= now - wrong_window)
    may_try = is_new | (link.c.wrong_passwords < max_wrong)
    statement = (
        update(link)
        .where(link.c.id == link_id, may_try)
        .values(
            wrong_passwords=case((is_new, 1), else_=link.c.wrong_passwords + 1),
            wrong_since=case((is_new, now), else_=link.c.wrong_since),
        )
    )
    with writing(archive.engine, durable=False) as connection:
        if connection.execute(statement).rowcount == 0:
            raise TooOften("too many wrong passwords; wait ten minutes")
