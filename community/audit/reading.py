"""The trail as operators read it: with handles of people who are here, and no more than that."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from archive.archive import Archive
from archive.database import reading
from archive.errors import ArchiveError
from community.audit.actions import ACTIONS
from community.audit.trail import pseudonym_of
from community.audit_models import audit_event, audit_name
from community.models import person

page_size: Final = 50
_PERSON: Final = "person "


@dataclass(frozen=True, slots=True)
class Shown:
    """An event.

    Attributes
    ----------
    actor, subject
        The handle of somebody who is here, with ``@``; else as it is kept. Nothing of no subject.
    facts
        Names and values.
    """

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    subject: str
    facts: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """What happened; translated where it is shown."""
        return ACTIONS.get(self.action, self.action)


def list_events(
    archive: Archive, before: int = 0, action: str = "", person_id: str | None = None
) -> tuple[list[Shown], int]:
    """A page of events, the latest first, and the number at which the next page begins.

    Parameters
    ----------
    before
        Of the page before; 0 begins.
    person_id
        Only events about somebody, or done by them.

    Raises
    ------
    ArchiveError
        There is no such action.
    """
    if action and action not in ACTIONS:
        raise ArchiveError("the trail has no such action")
    query = select(audit_event).order_by(audit_event.c.number.desc()).limit(page_size + 1)
    if before:
        query = query.where(audit_event.c.number < before)
    if action:
        query = query.where(audit_event.c.action == action)
    with reading(archive.engine) as connection:
        if person_id is not None:
            name = pseudonym_of(connection, person_id) or ""
            theirs = (audit_event.c.subject == name) | (audit_event.c.actor == f"{_PERSON}{name}")
            query = query.where(theirs)
        found = connection.execute(query).all()
        names = {one.subject for one in found} | {
            one.actor.removeprefix(_PERSON) for one in found if one.actor.startswith(_PERSON)
        }
        handles = _handles(connection, {one for one in names if one})
    shown = [
        Shown(
            row.number,
            row.at,
            _spelled(row.actor, handles),
            row.action,
            row.target,
            _spelled(f"{_PERSON}{row.subject}", handles) if row.subject else "",
            tuple((name, str(value)) for name, value in json.loads(row.facts).items()),
        )
        for row in found[:page_size]
    ]
    return shown, shown[-1].number if len(found) > page_size else 0


def _handles(connection: Connection, names: Collection[str]) -> dict[str, str]:
    query = (
        select(audit_name.c.pseudonym, person.c.handle)
        .join(person, person.c.id == audit_name.c.person)
        .where(audit_name.c.pseudonym.in_(names))
    )
    return {row.pseudonym: row.handle for row in connection.execute(query)}


def _spelled(actor: str, handles: dict[str, str]) -> str:
    handle = handles.get(actor.removeprefix(_PERSON))
    return f"@{handle}" if handle else actor
