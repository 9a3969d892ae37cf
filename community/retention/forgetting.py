"""What a row of the table forgets by one statement, and is of no other room.

A function takes a moment, deletes what is from before it, and says how much that was.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Delete, delete, or_

from archive.archive import Archive
from archive.database import note_deletion, writing
from community.consent_models import consent_event
from community.discussion import notifying
from community.models import (
    idempotency,
    link,
    link_pass,
    link_view,
    posted_answer,
    role_offer,
    session,
    sign_in_attempt,
    sign_up,
)
from community.quiz_models import quiz_attempt


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


def _forget(archive: Archive, *statements: Delete) -> int:
    with writing(archive.engine) as connection:
        return sum(_delete(connection, statement) for statement in statements)


def _delete(connection: Connection, statement: Delete) -> int:
    count = connection.execute(statement).rowcount
    if count:
        note_deletion(connection)
    return count
