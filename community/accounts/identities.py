"""By what people sign in: identities, and newcomers who have none yet.

Two identities are the same person only when that person says so, signed in with one and sent to
the other. An e-mail address never decides it, verified or not: whoever gets an address later would
get the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.closing import come_back
from community.accounts.errors import AccountError, SignInError
from community.accounts.people import (
    MAY_SIGN_IN,
    Person,
    insert_person,
    person_from,
)
from community.accounts.providers import Told
from community.accounts.secret import digest, max_secret_chars, new_secret
from community.audit.trail import by_person, record
from community.ids import new_id
from community.models import identity, person, sign_up

sign_up_lives_s: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Identity:
    """One way in; what the provider told with it is for its person's eyes only."""

    id: str
    provider: str
    email: str | None
    email_verified: bool
    is_relay: bool
    given_name: str | None
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody whom a provider vouched for and who has not agreed to anything yet."""

    id: str
    told: Told
    next_path: str


def sign_in(archive: Archive, told: Told) -> Person | None:
    """Return whose identity this is, keeping what is new about it; None if it is nobody's.

    Who was to be erased comes back by it, and is told as they were before.

    Raises
    ------
    SignInError
        It is somebody's who may not sign in.
    """
    query = (
        select(person)
        .join(identity, identity.c.person == person.c.id)
        .where(identity.c.provider == told.provider, identity.c.subject == told.subject)
    )
    with writing(archive.engine, durable=False) as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.state not in MAY_SIGN_IN and not come_back(connection, row.id):
            raise SignInError("this account is closed or suspended")
        connection.execute(
            update(identity)
            .where(identity.c.provider == told.provider, identity.c.subject == told.subject)
            .values(_news(told))
        )
    return person_from(row)


def keep_newcomer(archive: Archive, told: Told, next_path: str) -> str:
    """Remember somebody until they agree or turn back; return the secret for their browser.

    What an earlier, unfinished try was told and this one was not stays: Apple tells a name once.
    """
    secret = new_secret()
    expires = datetime.now(UTC) + timedelta(seconds=sign_up_lives_s)
    values = {
        **_news(told),
        "picture_url": told.picture_url,
        "secret_sha256": digest(secret),
        "next_path": next_path,
        "expires_at": expires,
    }
    same = (sign_up.c.provider == told.provider, sign_up.c.subject == told.subject)
    with writing(archive.engine) as connection:
        if not connection.execute(update(sign_up).where(*same).values(values)).rowcount:
            new = {"id": new_id(), "provider": told.provider, "subject": told.subject}
            try:
                with connection.begin_nested():
                    connection.execute(insert(sign_up).values(**new, **values))
            except IntegrityError:  # the same person in another tab, just now
                connection.execute(update(sign_up).where(*same).values(values))
    return secret


def find_newcomer(archive: Archive, secret: str) -> Newcomer | None:
    """Who holds this secret."""
    if not secret or len(secret) > max_secret_chars:
        return None
    query = select(sign_up).where(
        sign_up.c.secret_sha256 == digest(secret), sign_up.c.expires_at > datetime.now(UTC)
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _newcomer(row)


def forget_newcomer(archive: Archive, newcomer: Newcomer) -> None:
    """Forget somebody who turned back."""
    with writing(archive.engine) as connection:
        connection.execute(delete(sign_up).where(sign_up.c.id == newcomer.id))


def admit(
    connection: Connection,
    newcomer: Newcomer,
    handle: str,
    policies: Mapping[str, str],
    display_name: str | None = None,
    locale: str = "en",
) -> str:
    """Make a newcomer a member; return the person's id.

    Nothing of what the provider told becomes public by it.

    Raises
    ------
    AccountError
        The handle cannot be had.
    SignInError
        It was done already, in another tab.
    """
    gone = connection.execute(delete(sign_up).where(sign_up.c.id == newcomer.id)).rowcount
    if not gone:
        raise SignInError("this account was made already; sign in")
    person_id = insert_person(connection, handle, policies, display_name, locale)
    _insert(connection, person_id, newcomer.told)
    facts = {"provider": newcomer.told.provider}
    record(connection, by_person(person_id), "account.made", subject=person_id, facts=facts)
    return person_id


def link(archive: Archive, person_id: str, told: Told) -> None:
    """Let a person sign in with one more identity.

    Raises
    ------
    AccountError
        Somebody else signs in with it.
    """
    with writing(archive.engine) as connection:
        owner = connection.scalar(
            select(identity.c.person).where(
                identity.c.provider == told.provider, identity.c.subject == told.subject
            )
        )
        if owner == person_id:
            return
        if owner is not None:
            raise AccountError(_TAKEN)
        try:
            with connection.begin_nested():
                _insert(connection, person_id, told)
        except IntegrityError:
            raise AccountError(_TAKEN) from None
        connection.execute(
            delete(sign_up).where(
                sign_up.c.provider == told.provider, sign_up.c.subject == told.subject
            )
        )
        facts = {"provider": told.provider}
        record(connection, by_person(person_id), "account.linked", subject=person_id, facts=facts)


_TAKEN: Final = "another account signs in with this; sign in there and unlink it first"


def unlink(archive: Archive, person_id: str, identity_id: str) -> None:
    """Take a way in from a person, but never the last.

    Raises
    ------
    AccountError
        It is the last one, or not theirs.
    """
    with writing(archive.engine) as connection:
        # The person's row is the lock: two tabs cannot each take one of the last two.
        connection.execute(
            select(person.c.id).where(person.c.id == person_id).with_for_update()
        ).all()
        count = connection.scalar(
            select(func.count()).select_from(identity).where(identity.c.person == person_id)
        )
        if count == 1:
            raise AccountError("this is your only way in; link another one before you remove it")
        gone = connection.execute(
            delete(identity).where(identity.c.id == identity_id, identity.c.person == person_id)
        ).rowcount
        if not gone:
            raise AccountError("this was removed already")
        record(connection, by_person(person_id), "account.unlinked", subject=person_id)


def of_person(archive: Archive, person_id: str) -> list[Identity]:
    """By what somebody signs in, the first linked first."""
    query = select(identity).where(identity.c.person == person_id).order_by(identity.c.id)
    with reading(archive.engine) as connection:
        return [
            Identity(
                row.id,
                row.provider,
                row.email,
                row.email_verified,
                row.is_relay,
                row.given_name,
                row.linked_at,
            )
            for row in connection.execute(query)
        ]


def _news(told: Told) -> dict[str, Any]:
    """What was told now; what was not told now is not forgotten."""
    values: dict[str, Any] = {}
    if told.email is not None:
        values |= {"email": told.email, "email_verified": told.email_verified}
        values["is_relay"] = told.is_relay
    if told.given_name is not None:
        values["given_name"] = told.given_name
    # Something has to be written even when nothing is told.
    return values or {"provider": told.provider}


def _insert(connection: Connection, person_id: str, told: Told) -> None:
    row = {
        "id": new_id(),
        "person": person_id,
        "provider": told.provider,
        "subject": told.subject,
        "email": told.email,
        "email_verified": told.email_verified,
        "is_relay": told.is_relay,
        "given_name": told.given_name,
        "linked_at": datetime.now(UTC),
    }
    connection.execute(insert(identity).values(row))


def _newcomer(row: Any) -> Newcomer:
    told = Told(
        row.provider,
        row.subject,
        row.email,
        row.email_verified,
        row.is_relay,
        row.given_name,
        row.picture_url,
    )
    return Newcomer(row.id, told, row.next_path)
