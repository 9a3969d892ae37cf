"""Sessions: kept by us, so that they can be seen, ended one by one, and end by themselves.

The browser has a secret, the table its hash. A session that is used lives on for `idle_s`, and no
longer than `max_age_s` after it began; each sign-in makes a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import MAY_SIGN_IN, Person, person_from
from community.accounts.secret import digest, max_secret_chars, new_secret
from community.ids import new_id
from community.models import person, session

idle_s: Final = 14 * 24 * 3600
max_age_s: Final = 90 * 24 * 3600
_TOUCH_S: Final = 3600
"""That somebody is here is written down at most so often."""

_BROWSERS: Final = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS: Final = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in.

    Attributes
    ----------
    browser
        Its kind, such as "Firefox on Linux"; no version and no address is kept.
    """

    id: str
    person: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    browser: str
    reauthenticated_at: datetime


def begin(connection: Connection, person_id: str, user_agent: str) -> str:
    """Make a session; return its secret, for the browser alone."""
    secret, now = new_secret(), datetime.now(UTC)
    row = {
        "id": new_id(),
        "secret_sha256": digest(secret),
        "person": person_id,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + timedelta(seconds=idle_s),
        "user_agent_family": browser_of(user_agent),
        "reauthenticated_at": now,
    }
    connection.execute(insert(session).values(row))
    connection.execute(
        update(person).where(person.c.id == person_id).values(last_seen_day=now.date())
    )
    return secret


def find(archive: Archive, secret: str) -> tuple[Person, Session] | None:
    """Who holds this secret; None if the session is over, or its person may not be signed in."""
    if not secret or len(secret) > max_secret_chars:
        return None
    now = datetime.now(UTC)
    query = (
        select(person, *_OF_SESSION)
        .join(session, session.c.person == person.c.id)
        .where(session.c.secret_sha256 == digest(secret), session.c.expires_at > now)
        .where(person.c.state.in_(MAY_SIGN_IN))
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    found = _session_from(row)
    if (now - found.seen_at).total_seconds() > _TOUCH_S:
        _touch(archive, found, now)
    return person_from(row), found


def of_person(archive: Archive, person_id: str) -> list[Session]:
    """Where somebody is signed in, the latest used first."""
    query = (
        select(*_OF_SESSION)
        .where(session.c.person == person_id, session.c.expires_at > datetime.now(UTC))
        .order_by(session.c.seen_at.desc(), session.c.id)
    )
    with reading(archive.engine) as connection:
        return [_session_from(row) for row in connection.execute(query)]


def end(archive: Archive, secret: str) -> None:
    """End the session of this secret, if there is one."""
    with writing(archive.engine) as connection:
        end_in(connection, secret)


def end_in(connection: Connection, secret: str) -> None:
    """As `end`, in a transaction of the caller's."""
    connection.execute(delete(session).where(session.c.secret_sha256 == digest(secret)))


def end_one(archive: Archive, person_id: str, session_id: str) -> bool:
    """End one of somebody's sessions; False if they have none of this id."""
    statement = delete(session).where(session.c.id == session_id, session.c.person == person_id)
    with writing(archive.engine) as connection:
        return connection.execute(statement).rowcount > 0


def end_others(archive: Archive, person_id: str, but: str) -> int:
    """End all of somebody's sessions but one; return how many there were."""
    statement = delete(session).where(session.c.person == person_id, session.c.id != but)
    with writing(archive.engine) as connection:
        return connection.execute(statement).rowcount


def sweep(connection: Connection) -> None:
    """Take away what is over."""
    connection.execute(delete(session).where(session.c.expires_at <= datetime.now(UTC)))


def browser_of(user_agent: str) -> str:
    """The kind of a browser, as one would call it."""
    browser = _first(_BROWSERS, user_agent) or "Another browser"
    system = _first(_SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(rows: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for name, pattern in rows if re.search(pattern, text[:512])), None)


def _touch(archive: Archive, found: Session, now: datetime) -> None:
    over = found.created_at + timedelta(seconds=max_age_s)
    expires = min(now + timedelta(seconds=idle_s), over)
    with writing(archive.engine, durable=False) as connection:
        connection.execute(
            update(session).where(session.c.id == found.id).values(seen_at=now, expires_at=expires)
        )
        connection.execute(
            update(person).where(person.c.id == found.person).values(last_seen_day=now.date())
        )


_OF_SESSION: Final = (
    session.c.id.label("session_id"),
    session.c.person.label("session_person"),
    session.c.created_at.label("session_created_at"),
    session.c.seen_at,
    session.c.expires_at,
    session.c.user_agent_family,
    session.c.reauthenticated_at,
)


def _session_from(row: Any) -> Session:
    return Session(
        row.session_id,
        row.session_person,
        row.session_created_at,
        row.seen_at,
        row.expires_at,
        row.user_agent_family,
        row.reauthenticated_at,
    )
