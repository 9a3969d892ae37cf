"""What somebody may object to, and the one question that every feature asks.

A feature that does something with what is a person's asks `may_use` of its purpose: neither who
objected nor who restricted the use of their data is in it. A test walks `PURPOSES`.

References
----------
Regulation (EU) 2016/679 articles 18 and 21.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, or_, select

from community.accounts.people import ACTIVE
from community.audit.trail import by_person, record
from community.look.words import N_
from community.models import person
from community.rights_models import objection

ASSISTANT: Final = "assistant"
SEARCH_ENGINES: Final = "search_engines"
STATISTICS: Final = "statistics"
PURPOSES: Final[Mapping[str, tuple[str, str]]] = {
    ASSISTANT: (
        N_("Help by the text assistant"),
        N_("Texts of your cases are not sent to the service that proposes tags and summaries."),
    ),
    SEARCH_ENGINES: (
        N_("Being found by search engines"),
        N_("Your cases and your profile ask search engines to leave them out."),
    ),
    STATISTICS: (
        N_("Counts of answers and visits"),
        N_("Your answers are not counted among those of others, nor what you look at."),
    ),
}
"""By their names: what is done, and what an objection changes."""


def may_use(connection: Connection, person_id: str | None, purpose: str) -> bool:
    """Whether what is somebody's may be used for a purpose; of nobody any more, it may."""
    assert purpose in PURPOSES
    if person_id is None:
        return True
    query = select(person.c.id).where(person.c.id == person_id, ~closed_to(purpose))
    return connection.scalar(query) is not None


def closed_to(purpose: str) -> ColumnElement[bool]:
    """As a condition on `person`: what is theirs is not used for a purpose."""
    said = exists().where(objection.c.person == person.c.id, objection.c.purpose == purpose)
    return or_(person.c.state != ACTIVE, said)


def is_closed(column: ColumnElement[str | None], purpose: str) -> ColumnElement[bool]:
    """As a condition on a table whose column names a person: leave the row out."""
    theirs = person.c.id == column
    return exists().where(theirs, closed_to(purpose)).correlate_except(person)


def objections_of(connection: Connection, person_id: str) -> frozenset[str]:
    """What somebody objects to."""
    query = select(objection.c.purpose).where(objection.c.person == person_id)
    return frozenset(connection.scalars(query))


def object_to(connection: Connection, person_id: str, wanted: Collection[str]) -> frozenset[str]:
    """Have somebody object to these purposes and to no other; return those they object to."""
    new = frozenset(wanted) & PURPOSES.keys()
    old = objections_of(connection, person_id)
    for purpose in sorted(old - new):
        connection.execute(
            delete(objection).where(objection.c.person == person_id, objection.c.purpose == purpose)
        )
    rows = [
        {"person": person_id, "purpose": one, "at": datetime.now(UTC)} for one in sorted(new - old)
    ]
    if rows:
        connection.execute(insert(objection), rows)
    if new != old:
        facts = {one: one in new for one in sorted(new ^ old)}
        record(
            connection,
            by_person(person_id),
            "objection.changed",
            subject=person_id,
            facts=facts,
        )
    return new
