"""What moderators see of matters: the queue, one of them, and what a person sees of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Select, func, or_, select

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotFound
from community.accounts.people import Person, person_from
from community.audit.trail import by_person, record
from community.ids import is_id
from community.models import person
from community.moderation import rows
from community.moderation.errors import ModerationError
from community.moderation.model import WAITING, Decision, Matter, Report, page_size
from community.moderation.showing import Shown, shown_of
from community.moderation_models import moderation_matter

_SIGN: Final = "~"


@dataclass(frozen=True, slots=True)
class Page:
    """Some matters; `later` begins the next page, if there is one."""

    items: tuple[Matter, ...]
    later: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A matter with all that is known of it.

    Attributes
    ----------
    people
        All who are named in it, by their ids.
    """

    matter: Matter
    reports: Sequence[Report]
    decisions: Sequence[Decision]
    shown: Shown | None = None
    people: dict[str, Person] = field(default_factory=dict)


def list_matters(archive: Archive, *, waiting: bool = True, after: str = "") -> Page:
    """Matters that wait, what identifies somebody first, then the longest waiting; or the others.

    Raises
    ------
    ModerationError
        `after` is none of a list of ours.
    """
    table = moderation_matter.c
    query: Select[tuple[object, ...]] = select(moderation_matter)
    if waiting:
        query = query.where(table.state.in_(WAITING))
        query = query.order_by(table.is_identifying.desc(), table.id)
    else:
        query = query.where(table.state.not_in(WAITING)).order_by(table.id.desc())
    if after:
        first, _, last = after.partition(_SIGN)
        if first not in ("0", "1") or not is_id(last):
            raise ModerationError("this list has no such place; begin at its first page")
        if waiting:
            behind = table.is_identifying.is_(first == "1") & (table.id > last)
            # Behind the last that identifies somebody come all that do not.
            query = query.where(
                or_(behind, table.is_identifying.is_(False) if first == "1" else behind)
            )
        else:
            query = query.where(table.id < last)
    with reading(archive.engine) as connection:
        found = [rows.matter_from(row) for row in connection.execute(query.limit(page_size + 1))]
    later = found[page_size - 1] if len(found) > page_size else None
    mark = f"{int(later.is_identifying)}{_SIGN}{later.id}" if later else ""
    return Page(tuple(found[:page_size]), mark)


def list_own(archive: Archive, of: Person, before: str = "") -> tuple[list[Whole], str]:
    """Matters about what is somebody's, the latest first, and where the next page begins.

    Who reported is not told, nor what they wrote.
    """
    if before and not is_id(before):
        raise ModerationError("this list has no such place; begin at its first page")
    query = (
        select(moderation_matter)
        .where(moderation_matter.c.subject == of.id)
        .order_by(moderation_matter.c.id.desc())
        .limit(page_size + 1)
    )
    if before:
        query = query.where(moderation_matter.c.id < before)
    with reading(archive.engine) as connection:
        found = [rows.matter_from(row) for row in connection.execute(query)]
        every = [
            Whole(one, (), rows.decisions_of(connection, one.id), shown_of(connection, one))
            for one in found[:page_size]
        ]
    return every, found[page_size - 1].id if len(found) > page_size else ""


def look_at(archive: Archive, moderator: Person, matter_id: str) -> Whole:
    """A matter as a moderator sees it; that they look is kept where it is hidden from others.

    Raises
    ------
    NotFound
        There is no such matter.
    """
    with writing(archive.engine) as connection:
        matter = rows.find_matter(connection, matter_id)
        if matter is None:
            raise NotFound("there is no such matter")
        reports = rows.reports_of(connection, matter.id)
        decisions = rows.decisions_of(connection, matter.id)
        shown = shown_of(connection, matter)
        ids = {matter.target.subject, matter.claimed_by}
        ids |= {one.reporter for one in reports} | {one.decided_by for one in decisions}
        named = select(person).where(person.c.id.in_([one for one in ids if one]))
        people = {row.id: person_from(row) for row in connection.execute(named)}
        if matter.is_holding:
            record(
                connection,
                by_person(moderator.id),
                "staff.saw_case",
                target=f"matter {matter.id}",
                subject=matter.target.subject,
                facts={"kind": matter.target.kind},
            )
    return Whole(matter, reports, decisions, shown, people)


def count_waiting(archive: Archive, *, identifying: bool = False) -> int:
    """How many matters wait for a moderator."""
    query = select(func.count()).where(moderation_matter.c.state.in_(WAITING))
    if identifying:
        query = query.where(moderation_matter.c.is_identifying)
    with reading(archive.engine) as connection:
        return connection.scalar(query) or 0


def readings(archive: Archive) -> dict[str, Callable[[], float]]:
    """What a monitor may ask: how much waits, and how much of it may identify somebody."""
    return {
        "moderation_waiting": partial(count_waiting, archive),
        "moderation_identifying": partial(count_waiting, archive, identifying=True),
    }
