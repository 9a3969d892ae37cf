"""What moderators decide about a matter, and what its person says to that.

A decision has words that the person is told. They may appeal once; then another moderator decides,
and that is the end. What is to be erased is hidden with the decision and erased right after it;
what is removed for another reason stays, hidden, until the time for an appeal is over: see
`community.moderation.removing`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, update

from archive.archive import Archive
from archive.database import note_deletion, writing
from archive.errors import NotAllowed, NotFound
from community.accounts.people import MODERATOR, Person
from community.audit.chain import Fact
from community.audit.trail import by_person, record
from community.case_models import case_revision
from community.cases.editing import locked, touch
from community.cases.model import DRAFT, SHOWN
from community.ids import new_id
from community.moderation import letters, rows
from community.moderation.errors import ModerationError
from community.moderation.holding import settle, tell
from community.moderation.model import (
    APPEALED,
    CLOSED,
    DECIDED,
    EDIT,
    ERASE,
    KEEP,
    OPEN,
    REMOVE,
    VERBS_OF,
    WAITING,
    Decision,
    Matter,
    appeal_time,
)
from community.moderation.removing import finish
from community.moderation.reporting import checked_words
from community.moderation_models import moderation_decision, moderation_matter

claim_time: Final = timedelta(hours=12)
"""After which others may take what somebody took."""

_HIDES: Final = frozenset({REMOVE, ERASE})


def require_moderator(person: Person | None) -> Person:
    """Return who moderates.

    Raises
    ------
    NotAllowed
        They do not.
    """
    if person is None or not person.is_at_least(MODERATOR):
        raise NotAllowed("this is for moderators")
    return person


def claim(archive: Archive, moderator: Person, matter_id: str) -> None:
    """Take a matter, so that no other moderator works on it, too.

    Raises
    ------
    ModerationError
        Somebody has it, or it is decided, or it is about the moderator's own.
    """
    with writing(archive.engine) as connection:
        found = _waiting(connection, moderator, matter_id)
        now = {"claimed_by": moderator.id, "claimed_at": datetime.now(UTC)}
        _change(connection, found, **now)
        record(connection, by_person(moderator.id), "matter.claimed", target=f"matter {found.id}")


def decide(
    archive: Archive, moderator: Person, matter_id: str, verb: str, words: str, origin: str = ""
) -> None:
    """Decide about a matter, and tell its person.

    Parameters
    ----------
    verb
        One of those that `model.VERBS_OF` has for the kind of thing.
    words
        Why, for the person whose it is.
    origin
        The public address of this server, for the letter.

    Raises
    ------
    ModerationError
        It cannot be decided so, or not by them.
    NotFound, NotAllowed
        There is no such matter, or not for them.
    """
    said = checked_words(words, required=True)
    with writing(archive.engine) as connection:
        found = _waiting(connection, moderator, matter_id)
        if verb not in VERBS_OF[found.target.kind]:
            raise ModerationError("choose what is decided", "verb")
        is_of_appeal = found.state == APPEALED
        state = CLOSED if is_of_appeal or verb == KEEP else DECIDED
        _change(connection, found, state=state, is_holding=verb in _HIDES, claimed_by=None)
        by = by_person(moderator.id)
        happened = settle(archive, connection, found.target, by)
        if verb == EDIT:
            _hand_back(connection, found.target.name)
        made = Decision(moderator.id, verb, said, is_of_appeal, datetime.now(UTC))
        _write(connection, found, made)
        letters.tell(connection, found, made, origin)
        tell(connection, by, happened)
        facts: dict[str, Fact] = {"verb": verb, "appeal": is_of_appeal}
        record(
            connection,
            by,
            "matter.decided",
            target=f"matter {found.id}",
            subject=found.target.subject,
            facts=facts,
        )
    if verb == ERASE:
        finish(archive, found.id)


def appeal(archive: Archive, person: Person, matter_id: str, words: str) -> None:
    """Say that a decision is wrong; another moderator decides.

    Raises
    ------
    NotFound
        It is no matter of theirs.
    ModerationError
        There is nothing to appeal, or it is too late.
    """
    said = checked_words(words, required=True)
    with writing(archive.engine) as connection:
        found = rows.find_matter(connection, matter_id, locked=True)
        if found is None or found.target.subject != person.id:
            raise NotFound("there is no such decision about something of yours")
        if not may_appeal(found, rows.decisions_of(connection, found.id)):
            raise ModerationError("this decision cannot be appealed any more")
        _change(connection, found, state=APPEALED, appeal=said, appealed_at=datetime.now(UTC))
        record(
            connection,
            by_person(person.id),
            "matter.appealed",
            target=f"matter {found.id}",
            subject=person.id,
        )


def may_appeal(found: Matter, decisions: list[Decision]) -> bool:
    """Whether its person can say that the decision is wrong."""
    if found.state != DECIDED or not decisions:
        return False
    return datetime.now(UTC) - decisions[-1].at <= appeal_time


def _waiting(connection: Connection, moderator: Person, matter_id: str) -> Matter:
    """A matter that this moderator may decide, locked."""
    require_moderator(moderator)
    found = rows.find_matter(connection, matter_id, locked=True)
    if found is None:
        raise NotFound("there is no such matter")
    if found.state not in WAITING:
        raise ModerationError("this is decided already")
    if found.target.subject == moderator.id:
        raise ModerationError("another moderator decides about what is yours")
    if is_taken(found, moderator.id):
        raise ModerationError("another moderator works on this; come back later")
    if found.state != OPEN:
        earlier = {one.decided_by for one in rows.decisions_of(connection, found.id)}
        if moderator.id in earlier:
            raise ModerationError("another moderator decides about an appeal")
    return found


def is_taken(found: Matter, moderator: str) -> bool:
    """Whether somebody else works on a matter."""
    if found.claimed_by in (None, moderator) or found.claimed_at is None:
        return False
    return datetime.now(UTC) - found.claimed_at < claim_time


def _change(connection: Connection, found: Matter, **values: Any) -> None:
    this = moderation_matter.c.id == found.id
    connection.execute(update(moderation_matter).where(this).values(values))


def _write(connection: Connection, found: Matter, made: Decision) -> None:
    row = {
        "id": new_id(),
        "matter": found.id,
        "decided_by": made.decided_by,
        "verb": made.verb,
        "words": made.words,
        "is_of_appeal": made.is_of_appeal,
        "at": made.at,
    }
    connection.execute(insert(moderation_decision).values(row))


def _hand_back(connection: Connection, case_id: str) -> None:
    """Make a case its owner's draft, without what it said earlier."""
    case = locked(connection, case_id)
    if case is None:
        return
    note_deletion(connection)
    connection.execute(delete(case_revision).where(case_revision.c.case_id == case_id))
    if case.state in SHOWN:
        touch(connection, case, state=DRAFT)
