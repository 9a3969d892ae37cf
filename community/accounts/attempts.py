"""Ways through a provider that were begun: each may end once, in the browser that began it.

What must not be forged lies here and not in the browser: state, nonce, PKCE verifier, where to go
next. The browser has one random secret, by which its own attempts are known.

References
----------
RFC 6749 section 10.12 (state), RFC 7636 (PKCE), RFC 9700 (OAuth 2.0 Security Best Current Practice)
section 4.7.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert

from archive.archive import Archive
from archive.database import writing
from community.accounts.errors import SignInError
from community.accounts.secret import derived, digest, max_secret_chars, new_secret
from community.ids import new_id
from community.models import posted_answer, sign_in_attempt, sign_up

SIGN_IN: Final = "sign-in"
LINK: Final = "link"

attempt_lives_s: Final = 600
posted_lives_s: Final = 120
name_lives_s: Final = 3600
max_next_chars: Final = 512
_NAME: Final = "the name that is told once"
max_posted_chars: Final = 8_192


@dataclass(frozen=True, slots=True)
class Attempt:
    """A way that was begun.

    Attributes
    ----------
    purpose
        `SIGN_IN`, or `LINK` for adding a provider to the account of `person`.
    next_path
        Where its person wanted to go.
    """

    state: str
    provider: str
    nonce: str
    pkce_verifier: str
    next_path: str
    purpose: str = SIGN_IN
    person: str | None = None


def begin(
    archive: Archive, browser: str, provider: str, next_path: str, person: str | None = None
) -> Attempt:
    """Begin an attempt in the browser that holds this secret; `person` links, None signs in."""
    attempt = Attempt(
        new_secret(),
        provider,
        new_secret(),
        new_secret(),
        next_path,
        SIGN_IN if person is None else LINK,
        person,
    )
    now = datetime.now(UTC)
    row = {
        "id": new_id(),
        "state_sha256": digest(attempt.state),
        "browser_sha256": digest(browser),
        "provider": provider,
        "nonce": attempt.nonce,
        "pkce_verifier": attempt.pkce_verifier,
        "next_path": next_path,
        "purpose": attempt.purpose,
        "person": person,
        "expires_at": now + timedelta(seconds=attempt_lives_s),
    }
    with writing(archive.engine, durable=False) as connection:
        for table in (sign_in_attempt, posted_answer, sign_up):
            connection.execute(delete(table).where(table.c.expires_at <= now))
        connection.execute(insert(sign_in_attempt).values(row))
    return attempt


def take(archive: Archive, browser: str, provider: str, state: str | None) -> Attempt:
    """End the attempt of this state, for the one time that this is possible.

    Raises
    ------
    SignInError
        There is none, it is too old, was used before, or began in another browser or with
        another provider.
    """
    if not state or not browser or max(len(state), len(browser)) > max_secret_chars:
        raise SignInError(_AGAIN)
    statement = (
        delete(sign_in_attempt)
        .where(sign_in_attempt.c.state_sha256 == digest(state))
        .where(sign_in_attempt.c.browser_sha256 == digest(browser))
        .where(sign_in_attempt.c.provider == provider)
        .returning(*sign_in_attempt.c)
    )
    with writing(archive.engine, durable=False) as connection:
        row = connection.execute(statement).one_or_none()
    if row is None or row.expires_at <= datetime.now(UTC):
        raise SignInError(_AGAIN)
    return Attempt(
        state,
        provider,
        row.nonce,
        row.pkce_verifier,
        row.next_path,
        row.purpose,
        row.person,
    )


_AGAIN: Final = (
    "this way of signing in was not begun in this browser, was used before or is too old; "
    "begin again"
)


def keep_posted(archive: Archive, fields: Mapping[str, str]) -> str:
    """Keep what was posted to us from another site; return the secret by which to get it, once.

    Raises
    ------
    SignInError
        It is more than a provider sends.
    """
    text, secret = json.dumps(dict(fields)), new_secret()
    if len(text) > max_posted_chars:
        raise SignInError("this is more than a provider sends")
    row = {
        "key_sha256": digest(secret),
        "fields": text,
        "expires_at": datetime.now(UTC) + timedelta(seconds=posted_lives_s),
    }
    with writing(archive.engine, durable=False) as connection:
        connection.execute(insert(posted_answer).values(row))
    return secret


def take_posted(archive: Archive, secret: str) -> dict[str, str]:
    """Return what was posted, and forget it.

    Raises
    ------
    SignInError
        There is nothing, or it is too old.
    """
    statement = (
        delete(posted_answer)
        .where(posted_answer.c.key_sha256 == digest(secret[:max_secret_chars]))
        .returning(posted_answer.c.fields, posted_answer.c.expires_at)
    )
    with writing(archive.engine, durable=False) as connection:
        row = connection.execute(statement).one_or_none()
    if row is None or row.expires_at <= datetime.now(UTC):
        raise SignInError(_AGAIN)
    return {str(name): str(value) for name, value in json.loads(row.fields).items()}


def keep_name(archive: Archive, browser: str, name: str) -> None:
    """Keep what Apple tells once, before anything can fail: for this browser's next try."""
    key = digest(derived(browser, _NAME))
    row = {
        "key_sha256": key,
        "fields": name[:max_posted_chars],
        "expires_at": datetime.now(UTC) + timedelta(seconds=name_lives_s),
    }
    with writing(archive.engine) as connection:
        connection.execute(delete(posted_answer).where(posted_answer.c.key_sha256 == key))
        connection.execute(insert(posted_answer).values(row))


def take_name(archive: Archive, browser: str) -> str | None:
    """Return what `keep_name` kept, and forget it."""
    statement = (
        delete(posted_answer)
        .where(posted_answer.c.key_sha256 == digest(derived(browser, _NAME)))
        .returning(posted_answer.c.fields)
    )
    with writing(archive.engine, durable=False) as connection:
        return connection.scalar(statement)


def safe_next(path: str | None) -> str:
    """Where to go after signing in: a path of ours, and never another site.

    Browsers take a backslash for a slash and drop tabs and line ends; none of these passes.
    """
    if not path or len(path) > max_next_chars or not path.isascii() or not path.isprintable():
        return "/"
    if not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    return path
