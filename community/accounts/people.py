"""People: who they are to others, and the verbs on their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.errors import AccountError
from community.accounts.handles import checked_handle, folded
from community.audit.trail import OPERATOR as OPERATORS
from community.audit.trail import record
from community.cases.patient_words import names_patient
from community.ids import is_id, new_id
from community.models import person, policy_acceptance
from community.rights_models import retired_handle

MEMBER: Final = "member"
MODERATOR: Final = "moderator"
OPERATOR: Final = "operator"
ROLES: Final = (MEMBER, MODERATOR, OPERATOR)
"""Each may what those before it may."""

ACTIVE: Final = "active"
RESTRICTED: Final = "restricted"
SUSPENDED: Final = "suspended"
CLOSING: Final = "closing"
ERASED: Final = "erased"

MAY_SIGN_IN: Final = frozenset({ACTIVE, RESTRICTED})
SHOWN: Final = frozenset({ACTIVE})
"""Whose profile others see."""

_TAKEN: Final = "this handle is taken, or looks like one that is"

max_display_name_chars: Final = 60
max_bio_chars: Final = 1_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, as the site knows them.

    Attributes
    ----------
    display_name
        What they chose to be called; None shows the handle.
    avatar_key
        Names their picture, if they gave one.
    state
        Only `active` people may write; only those in `MAY_SIGN_IN` are ever signed in.
    """

    id: str
    handle: str
    display_name: str | None
    bio: str | None
    avatar_key: str | None
    role: str
    state: str
    locale: str
    created_at: datetime
    last_seen_day: date | None

    @property
    def shown_name(self) -> str:
        """What others read."""
        return self.display_name or self.handle

    def is_at_least(self, role: str) -> bool:
        """Whether they have this role or one above it."""
        return ROLES.index(self.role) >= ROLES.index(role)


def person_from(row: Any) -> Person:
    """A person from a row that has all columns of `person`; what is held of them is nobody's."""
    return Person(
        row.id,
        row.handle,
        None if row.is_held else row.display_name,
        None if row.is_held else row.bio,
        None if row.is_held else row.avatar_key,
        row.role,
        row.state,
        row.locale,
        row.created_at,
        row.last_seen_day,
    )


def find_person(archive: Archive, person_id: str) -> Person | None:
    """The person of this id, in whatever state."""
    if not is_id(person_id):
        return None
    with reading(archive.engine) as connection:
        row = connection.execute(select(person).where(person.c.id == person_id)).one_or_none()
    return None if row is None else person_from(row)


def find_by_handle(archive: Archive, handle: str) -> Person | None:
    """The person who has this handle, however it is capitalised."""
    query = select(person).where(person.c.handle_folded == folded(handle))
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None or row.handle.lower() != handle.lower():
        return None
    return person_from(row)


def insert_person(
    connection: Connection,
    handle: str,
    policies: Mapping[str, str],
    display_name: str | None = None,
    locale: str = "en",
) -> str:
    """Make a member who agreed to these versions of the policies; return the id.

    Raises
    ------
    AccountError
        The handle is none, or somebody has it or one like it.
    """
    checked = checked_handle(handle)
    if is_taken(connection, checked):
        raise AccountError(_TAKEN)
    now, person_id = datetime.now(UTC), new_id()
    row = {
        "id": person_id,
        "handle": checked,
        "handle_folded": folded(checked),
        "display_name": _text(display_name, max_display_name_chars, "display name"),
        "role": MEMBER,
        "state": ACTIVE,
        "locale": locale,
        "created_at": now,
        "last_seen_day": now.date(),
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(person).values(row))
    except IntegrityError:
        raise AccountError(_TAKEN) from None
    for kind, version in policies.items():
        agreed = {"person": person_id, "kind": kind, "version": version, "at": now}
        connection.execute(insert(policy_acceptance).values(agreed))
    return person_id


def is_taken(connection: Connection, handle: str) -> bool:
    """Whether somebody has a handle or one like it, or had it not long ago."""
    alike = folded(handle)
    rests = select(retired_handle.c.until).where(
        retired_handle.c.folded_sha256 == hashlib.sha256(alike.encode()).digest(),
        retired_handle.c.until > datetime.now(UTC),
    )
    theirs = select(person.c.id).where(person.c.handle_folded == alike)
    return any(connection.scalar(one) is not None for one in (rests, theirs))


def change_profile(
    archive: Archive, person_id: str, display_name: str | None, bio: str | None
) -> None:
    """Change what a person shows of themselves.

    Raises
    ------
    AccountError
        A text is too long.
    """
    change_texts(archive, person_id, {"display_name": display_name, "bio": bio})


def change_texts(
    archive: Archive,
    person_id: str,
    wanted: Mapping[str, str | None],
    check: Callable[[Person], object] = lambda _: None,
) -> Person:
    """Change `display_name`, `bio` or both; return the person as they are then.

    Parameters
    ----------
    check
        Is shown the person as they were, and raises if they shall stay so.

    Raises
    ------
    AccountError
        A text is too long.
    """
    limits = {
        "display_name": (max_display_name_chars, "display name", False),
        "bio": (max_bio_chars, "text about you", True),
    }
    values = {
        name: _text(text, *limits[name][:2], lines=limits[name][2]) for name, text in wanted.items()
    }
    this = person.c.id == person_id
    with writing(archive.engine) as connection:
        query = select(person).where(this)
        check(person_from(connection.execute(query.with_for_update()).one()))
        if values:
            connection.execute(update(person).where(this).values(values))
        return person_from(connection.execute(query).one())


def change_locale(archive: Archive, person_id: str, locale: str) -> None:
    """Have somebody's pages be in another language."""
    with writing(archive.engine) as connection:
        connection.execute(update(person).where(person.c.id == person_id).values(locale=locale))


def change_role(archive: Archive, person_id: str, role: str) -> None:
    """Give somebody a role, as the operators of the server do."""
    assert role in ROLES
    with writing(archive.engine) as connection:
        connection.execute(update(person).where(person.c.id == person_id).values(role=role))
        facts = {"role": role}
        record(connection, OPERATORS, "account.role", subject=person_id, facts=facts)


def change_state(archive: Archive, person_id: str, state: str) -> None:
    """Let somebody in or keep them out; what they hold (sessions, tokens) stops at once."""
    with writing(archive.engine) as connection:
        connection.execute(update(person).where(person.c.id == person_id).values(state=state))


def list_people(archive: Archive, role: str) -> list[Person]:
    """Everybody of one role, the longest known first."""
    query = select(person).where(person.c.role == role).order_by(person.c.id)
    with reading(archive.engine) as connection:
        return [person_from(row) for row in connection.execute(query)]


def _text(text: str | None, max_chars: int, what: str, *, lines: bool = False) -> str | None:
    """A text as it is kept: no control characters, and None for nothing."""
    kept = "".join(c for c in text or "" if c.isprintable() or (lines and c == "\n")).strip()
    if names_patient(kept):
        raise AccountError(f"the {what} may identify a patient: take the number or the name out")
    if len(kept) > max_chars:
        raise AccountError(f"the {what} may have {max_chars} characters; this one has {len(kept)}")
    return kept or None
