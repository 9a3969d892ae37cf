"""Removing for good what moderators decided to: hidden it is already, now it goes.

Each matter is done by itself and again if it was interrupted: for as long as it holds what it is
about, that is hidden, and not done.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, exists, func, select, update

from archive.access import LOCAL
from archive.archive import Archive
from archive.blocking import block_study
from archive.database import note_deletion, reading, writing
from archive.erase import erase
from archive.errors import Gone, NotFound
from community.audit.trail import SYSTEM, record
from community.case_models import case_study
from community.cases.editing import locked
from community.cases.model import TOMBSTONE
from community.cases.removing import remove_case
from community.discussion.model import MODERATED
from community.discussion.reports import erase_report
from community.discussion.writing import remove
from community.models import avatar, person
from community.moderation import rows
from community.moderation.holding import settle, tell
from community.moderation.model import (
    CASE,
    CLOSED,
    COMMENT,
    DECIDED,
    ERASE,
    PROFILE,
    REMOVE,
    STUDY,
    Matter,
)
from community.moderation_models import moderation_decision, moderation_matter
from community.talk_models import comment

_A_NIGHT: Final = 1_000


def finish_all(archive: Archive, before: datetime) -> int:
    """Remove what was to be before a moment, and erase what was left over; how many matters."""
    newer = moderation_decision.alias("newer")
    last = ~exists().where(
        newer.c.matter == moderation_decision.c.matter, newer.c.id > moderation_decision.c.id
    )
    due = (moderation_decision.c.verb == ERASE) | (
        (moderation_decision.c.verb == REMOVE) & (moderation_decision.c.at < before)
    )
    query = (
        select(moderation_matter.c.id)
        .join(moderation_decision, moderation_decision.c.matter == moderation_matter.c.id)
        .where(moderation_matter.c.state.in_((DECIDED, CLOSED)), moderation_matter.c.is_holding)
        .where(last, due)
        .limit(_A_NIGHT)
    )
    with reading(archive.engine) as connection:
        found = list(connection.scalars(query))
    for one in found:
        finish(archive, one)
    return len(found)


def finish(archive: Archive, matter_id: str) -> None:
    """Remove what a matter is about, as was decided last."""
    with reading(archive.engine) as connection:
        found = rows.find_matter(connection, matter_id)
        decisions = rows.decisions_of(connection, matter_id)
        studies = _studies(connection, found) if found is not None else []
    if found is None or not decisions or not found.is_holding:
        return
    if decisions[-1].verb == ERASE:
        for collection, uid in studies:
            _erase_study(archive, collection, uid)
    if found.target.kind == COMMENT:
        erase_report(archive, found.target.name)
    with writing(archive.engine) as connection:
        _remove(archive, connection, found)


def _remove(archive: Archive, connection: Connection, found: Matter) -> None:
    this = moderation_matter.c.id == found.id
    over = {"is_holding": False, "state": CLOSED}
    connection.execute(update(moderation_matter).where(this).values(over))
    # Shown again within a transaction that takes it away: nobody sees it in between.
    happened = settle(archive, connection, found.target, SYSTEM)
    note_deletion(connection)
    if found.target.kind == CASE:
        case = locked(connection, found.target.name)
        if case is not None and case.state != TOMBSTONE:
            remove_case(connection, case)
    if found.target.kind == COMMENT:
        _remove_comment(connection, found.target.name)
    if found.target.kind == PROFILE and found.target.subject is not None:
        _empty_profile(connection, found.target.subject)
    tell(connection, SYSTEM, happened)


def _remove_comment(connection: Connection, comment_id: str) -> None:
    there = select(func.count()).where(comment.c.id == comment_id, comment.c.tombstone == "")
    if connection.scalar(there):
        remove(connection, comment_id, MODERATED)


def _empty_profile(connection: Connection, person_id: str) -> None:
    nothing = {"display_name": None, "bio": None, "avatar_key": None}
    connection.execute(delete(avatar).where(avatar.c.person == person_id))
    connection.execute(update(person).where(person.c.id == person_id).values(nothing))


def _erase_study(archive: Archive, collection: str, uid: str) -> None:
    """Erase what identifies somebody, and let it not come back."""
    block_study(archive, collection, uid)
    with suppress(NotFound, Gone):  # it was interrupted after that
        erase(archive, LOCAL, collection, uid)
    with writing(archive.engine) as connection:
        record(connection, SYSTEM, "study.erased", target=f"{STUDY} {collection}/{uid}")


def _studies(connection: Connection, found: Matter) -> list[tuple[str, str]]:
    if found.target.kind == STUDY:
        return [found.target.study]
    if found.target.kind != CASE:
        return []
    query = select(case_study.c.collection, case_study.c.study_instance_uid)
    of_case = query.where(case_study.c.case_id == found.target.name)
    return [(row[0], row[1]) for row in connection.execute(of_case)]
