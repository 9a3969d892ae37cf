"""What a row of the table forgets by one statement, and is of no other room.

A function takes a moment, deletes what is from before it, and says how much that was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Delete, delete, exists, func, or_, select

from archive.archive import Archive
from archive.database import note_deletion, writing
from archive.sharing import unshare_everything
from community.case_models import medical_case
from community.cases.model import DRAFT
from community.cases.publishing import audience_of
from community.consent_models import consent_event
from community.discussion import notifying
from community.models import (
    idempotency,
    link,
    link_pass,
    link_view,
    person,
    posted_answer,
    role_offer,
    session,
    sign_in_attempt,
    sign_up,
)
from community.quiz_models import quiz_attempt

_DRAFTS_A_NIGHT: Final = 1_000


def sign_in_attempts(archive: Archive, before: datetime) -> int:
    """Sign-ins that were begun; none is of use after an hour, a sign-up after a day."""
    tables = (sign_in_attempt, posted_answer, sign_up)
    return _forget(archive, *(delete(one).where(one.c.expires_at < before) for one in tables))


def sessions(archive: Archive, before: datetime) -> int:
    """Sessions that nobody used since."""
    return _forget(archive, delete(session).where(session.c.seen_at < before))


def repeated_requests(archive: Archive, before: datetime) -> int:
    """Answers that were kept for who did not hear them."""
    return _forget(archive, delete(idempotency).where(idempotency.c.begun_at < before))


def offers(archive: Archive, before: datetime) -> int:
    """Offers of a role that ended."""
    return _forget(archive, delete(role_offer).where(role_offer.c.expires_at < before))


def passes(archive: Archive, before: datetime) -> int:
    """Passes that ended."""
    return _forget(archive, delete(link_pass).where(link_pass.c.expires_at < before))


def views_of_links(archive: Archive, before: datetime) -> int:
    """Counts of hours."""
    return _forget(archive, delete(link_view).where(link_view.c.at < before))


def links(archive: Archive, before: datetime) -> int:
    """Links that open nothing any more."""
    over = or_(link.c.revoked_at < before, link.c.expires_at < before)
    return _forget(archive, delete(link).where(over))


def notifications(archive: Archive, before: datetime) -> int:
    """Notifications, read or not."""
    with writing(archive.engine) as connection:
        count = notifying.forget_old(connection, before)
        if count:
            note_deletion(connection)
        return count


def answers_without_account(archive: Archive, before: datetime) -> int:
    """Attempts of browsers; those of people are theirs for as long as they like."""
    of_browsers = quiz_attempt.c.browser_sha256.is_not(None)
    return _forget(
        archive, delete(quiz_attempt).where(of_browsers, quiz_attempt.c.committed_at < before)
    )


def consents(archive: Archive, before: datetime) -> int:
    """Choices that were proven for long enough."""
    return _forget(archive, delete(consent_event).where(consent_event.c.at < before))


def drafts(archive: Archive, before: datetime) -> int:
    """Cases that nobody but their author ever saw, who did not come back."""
    came_back = exists().where(
        person.c.id == medical_case.c.owner,
        func.coalesce(person.c.last_seen_day, before.date()) >= before.date(),
    )
    forgotten = (
        select(medical_case.c.id)
        .where(medical_case.c.state == DRAFT, medical_case.c.published_at.is_(None))
        .where(medical_case.c.changed_at < before, ~came_back)
    )
    with writing(archive.engine) as connection:
        ids = connection.scalars(forgotten.limit(_DRAFTS_A_NIGHT)).all()
        for one in ids:
            unshare_everything(connection, audience_of(one))
        return _delete(connection, delete(medical_case).where(medical_case.c.id.in_(ids)))


def _forget(archive: Archive, *statements: Delete) -> int:
    with writing(archive.engine) as connection:
        return sum(_delete(connection, statement) for statement in statements)


def _delete(connection: Connection, statement: Delete) -> int:
    count = connection.execute(statement).rowcount
    if count:
        note_deletion(connection)
    return count
