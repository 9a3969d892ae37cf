"""Following: cases, people and specialties of which somebody wants to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select

from archive.archive import Archive
from archive.database import insert_missing, reading, writing
from archive.errors import NotFound, Unauthenticated
from community.accounts.people import SHOWN as SHOWN_PEOPLE
from community.accounts.people import Person, find_person
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.reading import view_case, view_cases
from community.cases.vocabulary import SPECIALTIES
from community.discussion import rows
from community.discussion.errors import TalkError
from community.discussion.notifying import CASE, FOLLOWED, PERSON, SPECIALTY
from community.talk_models import follow as follow_table

max_follows: Final = 500
"""Of one person."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Something that somebody follows, as they see it."""

    kind: str
    target: str
    case: CaseView | None = None
    person: Person | None = None


def follow(archive: Archive, reader: Reader, kind: str, target: str) -> None:
    """Want to hear of something; again changes nothing.

    Parameters
    ----------
    target
        The id of a case or of a person, or the name of a specialty.

    Raises
    ------
    Unauthenticated
        Nobody is signed in.
    NotFound, Gone, TalkError
        There is no such thing, it is themselves, or they follow too many.
    """
    person = _somebody(reader)
    if kind == CASE:
        target = view_case(archive, reader, target).case.id
    _require_target(archive, reader, kind, target)
    with writing(archive.engine) as connection:
        if _count(connection, person.id) >= max_follows:
            raise TalkError(f"one person follows {max_follows} things at most; drop some first")
        row = {"person": person.id, "kind": kind, "target": target, "at": datetime.now(UTC)}
        insert_missing(connection, follow_table, [row], ("person", "kind", "target"))


def unfollow(archive: Archive, reader: Reader, kind: str, target: str) -> None:
    """Want to hear of something no longer."""
    person = _somebody(reader)
    with writing(archive.engine) as connection:
        connection.execute(
            delete(follow_table).where(
                follow_table.c.person == person.id,
                follow_table.c.kind == kind,
                follow_table.c.target == target,
            )
        )


def followed_among(
    archive: Archive, reader: Reader, *pairs: tuple[str, str]
) -> set[tuple[str, str]]:
    """Which of these (kind, target) somebody follows; asked at once."""
    if reader.person is None or not pairs:
        return set()
    query = select(follow_table.c.kind, follow_table.c.target).where(
        follow_table.c.person == reader.person.id,
        follow_table.c.target.in_({target for _, target in pairs}),
    )
    with reading(archive.engine) as connection:
        found = {(row.kind, row.target) for row in connection.execute(query)}
    return found & set(pairs)


def list_followed(archive: Archive, reader: Reader) -> list[Followed]:
    """What somebody follows, as far as they may still see it, the latest first."""
    person = _somebody(reader)
    query = (
        select(follow_table.c.kind, follow_table.c.target)
        .where(follow_table.c.person == person.id)
        .order_by(follow_table.c.at.desc(), follow_table.c.target)
    )
    with reading(archive.engine) as connection:
        found = [(row.kind, row.target) for row in connection.execute(query)]
        people = rows.people_of(connection, {one for kind, one in found if kind == PERSON})
    views = view_cases(archive, reader, [one for kind, one in found if kind == CASE])
    cases = {view.case.id: view for view in views}
    every = [Followed(kind, one, cases.get(one), people.get(one)) for kind, one in found]
    return [one for one in every if one.case or one.person or one.kind == SPECIALTY]


def _somebody(reader: Reader) -> Person:
    if reader.person is None:
        raise Unauthenticated("sign in first")
    return reader.person


def _require_target(archive: Archive, reader: Reader, kind: str, target: str) -> None:
    if kind not in FOLLOWED:
        raise TalkError("a case, a person or a specialty can be followed", "kind")
    if kind == SPECIALTY and target not in SPECIALTIES:
        raise NotFound("there is no such specialty")
    if kind == PERSON:
        if reader.owns(target):
            raise TalkError("nobody follows themselves", "target")
        found = find_person(archive, target)
        if found is None or found.state not in SHOWN_PEOPLE:
            raise NotFound("there is nobody of this name")


def _count(connection: Connection, person: str) -> int:
    query = select(func.count()).select_from(follow_table).where(follow_table.c.person == person)
    return connection.scalar(query) or 0
