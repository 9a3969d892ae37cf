"""Suspending an account: what its person holds stops at once, and nobody sees their profile."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from archive.archive import Archive
from archive.database import writing
from archive.errors import NotFound
from community.accounts.people import ACTIVE, OPERATOR, SUSPENDED, Person
from community.audit.trail import by_person, record
from community.models import person, session
from community.moderation.deciding import require_moderator
from community.moderation.errors import ModerationError


def suspend(archive: Archive, moderator: Person, person_id: str) -> None:
    """Keep somebody out; again changes nothing.

    Raises
    ------
    ModerationError
        They are the moderator, or an operator.
    NotFound, NotAllowed
        There is nobody of this id, or it is not theirs to do.
    """
    _change(archive, moderator, person_id, ACTIVE, SUSPENDED, "account.suspended")


def reinstate(archive: Archive, moderator: Person, person_id: str) -> None:
    """Let somebody in again who was suspended; they sign in anew."""
    _change(archive, moderator, person_id, SUSPENDED, ACTIVE, "account.reinstated")


def _change(
    archive: Archive, moderator: Person, person_id: str, from_: str, to: str, action: str
) -> None:
    require_moderator(moderator)
    if person_id == moderator.id:
        raise ModerationError("another moderator decides about you")
    this = person.c.id == person_id
    query = select(person.c.state, person.c.role).where(this)
    with writing(archive.engine) as connection:
        found = connection.execute(query.with_for_update()).one_or_none()
        if found is None:
            raise NotFound("there is nobody of this name")
        if found.role == OPERATOR:
            raise ModerationError("an operator is kept out by the other operators of the server")
        if found.state != from_:
            return
        connection.execute(update(person).where(this).values(state=to))
        connection.execute(delete(session).where(session.c.person == person_id))
        record(connection, by_person(moderator.id), action, subject=person_id)
