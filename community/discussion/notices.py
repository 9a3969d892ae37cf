"""Notifications as their reader sees them: what happened is looked up as far as they may know it.

Of a case that they may not read any more they hear nothing, and of one that keeps something back
from them no more than its page says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, func, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import Person
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.reading import view_cases
from community.discussion import rows
from community.discussion.addresses import case_path, comment_path
from community.discussion.errors import TalkError
from community.ids import is_id
from community.talk_models import notification

max_page: Final = 50
max_counted: Final = 99
"""Who has more unread ones reads "99+"."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened.

    Attributes
    ----------
    view
        The case that it is about.
    actor
        Who did it; None of somebody who is no more.
    path
        Where it leads, below the server's address.
    """

    id: str
    kind: str
    view: CaseView
    comment: str | None
    actor: Person | None
    at: datetime
    is_read: bool

    @property
    def path(self) -> str:
        """Where it leads, below the server's address."""
        slug = self.view.case.slug
        return comment_path(slug, self.comment) if self.comment else case_path(slug)


@dataclass(frozen=True, slots=True)
class Notices:
    """Some of them; `older` begins the next page, if there is one."""

    items: tuple[Notice, ...]
    older: str = ""


def list_notices(
    archive: Archive, reader: Reader, before: str = "", limit: int = max_page
) -> Notices:
    """Notifications of whoever is signed in, the newest first.

    Raises
    ------
    TalkError
        `before` is none of a list of ours.
    """
    if reader.person is None:
        return Notices(())
    if before and not is_id(before):
        raise TalkError("this list has no such place; begin at its first page", "cursor")
    query = (
        select(notification)
        .where(notification.c.person == reader.person.id)
        .order_by(notification.c.id.desc())
        .limit(limit + 1)
    )
    if before:
        query = query.where(notification.c.id < before)
    with reading(archive.engine) as connection:
        found = connection.execute(query).all()
        people = rows.people_of(connection, {row.actor for row in found if row.actor})
    older = found[limit - 1].id if len(found) > limit else ""
    return Notices(shown(archive, reader, found[:limit], people), older)


def shown(
    archive: Archive, reader: Reader, found: Sequence[Row[Any]], people: dict[str, Person]
) -> tuple[Notice, ...]:
    """Rows as notices, without those whose case this reader may not read."""
    wanted = list(dict.fromkeys(row.case_id for row in found if row.case_id))
    views = {view.case.id: view for view in view_cases(archive, reader, wanted)}
    return tuple(
        Notice(
            row.id,
            row.kind,
            views[row.case_id],
            row.comment,
            people.get(row.actor or ""),
            row.at,
            row.read_at is not None,
        )
        for row in found
        if row.case_id in views
    )


def count_unread(archive: Archive, person: str) -> int:
    """How many somebody has not read, up to one more than `max_counted`."""
    some = (
        select(notification.c.id)
        .where(notification.c.person == person, notification.c.read_at.is_(None))
        .limit(max_counted + 1)
        .subquery()
    )
    with reading(archive.engine) as connection:
        return connection.scalar(select(func.count()).select_from(some)) or 0


def mark_read(archive: Archive, person: str, until: str, *, only: bool = False) -> None:
    """Note that somebody read a notification and, unless `only`, all before it."""
    if not is_id(until):
        raise TalkError("there is no such notification")
    which = notification.c.id == until if only else notification.c.id <= until
    with writing(archive.engine) as connection:
        connection.execute(
            update(notification)
            .where(notification.c.person == person, which, notification.c.read_at.is_(None))
            .values(read_at=datetime.now(UTC))
        )
