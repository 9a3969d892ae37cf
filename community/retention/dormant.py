"""Accounts that nobody uses: who they are of is written to, and much later they are closed.

Whoever was here since, or whose program still may be, is left alone, and so is staff. What such
people published stays, without their name; drafts that nobody ever saw go.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update

from archive.archive import Archive
from archive.database import note_deletion, reading, writing
from archive.models import token
from archive.sharing import unshare_everything
from community.accounts.closing import close_unused
from community.accounts.people import MAY_SIGN_IN, MEMBER
from community.case_models import medical_case
from community.cases.model import DRAFT
from community.cases.publishing import audience_of
from community.discussion.mail_choices import addresses_in
from community.look.languages import messages
from community.look.words import N_
from community.mail.letters import Letter, post
from community.models import person

NOTICE: Final = timedelta(days=30)
"""Between a letter and what it speaks of, at least."""
_A_NIGHT: Final = 1_000

_SUBJECT: Final = N_("Your account is not used any more")
_WORDS: Final = N_(
    "Nobody has signed in to your account {handle} since {day}. If that stays so, drafts that "
    "nobody else ever saw are deleted in {days} days at the earliest, and later the account is "
    "closed, as our privacy policy says ({origin}/privacy). What you published stays, without "
    "your name. To keep everything as it is, sign in once: {origin}/login"
)


def warn(archive: Archive, before: datetime, now: datetime) -> int:
    """Write to people who were not here since, once; who has no address is noted all the same."""
    unwarned = or_(person.c.warned_day.is_(None), person.c.warned_day <= person.c.last_seen_day)
    query = select(person).where(_is_unused(before, now), unwarned).limit(_A_NIGHT)
    with writing(archive.engine) as connection:
        found = connection.execute(query.with_for_update()).all()
        for row in found:
            _write_to(connection, row, archive.settings.public_url)
            this = person.c.id == row.id
            connection.execute(update(person).where(this).values(warned_day=now.date()))
    return len(found)


def close(archive: Archive, before: datetime, now: datetime) -> int:
    """Close accounts whose people were written to and did not come."""
    query = select(person.c.id).where(_is_unused(before, now), _was_warned(now)).limit(_A_NIGHT)
    with reading(archive.engine) as connection:
        due = connection.scalars(query).all()
    closed = 0
    for person_id in due:
        with writing(archive.engine) as connection:
            closed += close_unused(connection, person_id, now)
    return closed


def forget_drafts(archive: Archive, before: datetime, now: datetime) -> int:
    """Delete cases that nobody but their author ever saw, who was written to and did not come."""
    author = person.c.id == medical_case.c.owner
    gone = exists().where(author, _is_unused(before, now), _was_warned(now))
    forgotten = (
        select(medical_case.c.id)
        .where(medical_case.c.state == DRAFT, medical_case.c.published_at.is_(None))
        .where(medical_case.c.changed_at < before, or_(medical_case.c.owner.is_(None), gone))
    )
    with writing(archive.engine) as connection:
        ids = connection.scalars(forgotten.limit(_A_NIGHT)).all()
        for one in ids:
            unshare_everything(connection, audience_of(one))
        if ids:
            note_deletion(connection)
            connection.execute(delete(medical_case).where(medical_case.c.id.in_(ids)))
    return len(ids)


def _is_unused(before: datetime, now: datetime) -> ColumnElement[bool]:
    """A member who was not here since, and no program of theirs may be either."""
    works = exists().where(
        token.c.person == person.c.id,
        token.c.revoked_at.is_(None),
        or_(token.c.expires_at.is_(None), token.c.expires_at > now),
    )
    return and_(
        person.c.role == MEMBER,
        person.c.state.in_(MAY_SIGN_IN),
        person.c.last_seen_day < before.date(),
        ~works,
    )


def _was_warned(now: datetime) -> ColumnElement[bool]:
    """Long enough ago, and they were not here after it."""
    return and_(
        person.c.warned_day > person.c.last_seen_day,
        person.c.warned_day <= (now - NOTICE).date(),
    )


def _write_to(connection: Connection, row: Any, origin: str) -> None:
    addresses = addresses_in(connection, row.id)
    if not addresses:
        return
    translated = messages(row.locale).gettext
    words = translated(_WORDS).format(
        handle=row.handle,
        day=row.last_seen_day.isoformat(),
        days=NOTICE.days,
        origin=origin.rstrip("/"),
    )
    post(connection, Letter(addresses[0].email, translated(_SUBJECT), words, row.id))
