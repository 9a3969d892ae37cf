"""What is hidden because of what was reported: the same as the matters that hold it say, always.

Several matters may be about one study: of the study, of a case that shows it, of a comment that
lies beside it as a report. `settle` is called in the transaction in which a matter begins or ceases
to hold; what it may concern is looked at anew, and is hidden exactly if a matter holds it still.
What it did is told to the trail by `tell`, last of all: who writes there makes others wait.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, exists, select, update

from archive import holds
from archive.archive import Archive
from archive.collections import Collection, get_collection
from archive.errors import NotFound
from community.audit.trail import record
from community.case_models import case_study
from community.cases.holding import hold_case, release_case
from community.finding.indexing import index_discussions
from community.models import person
from community.moderation.model import CASE, COMMENT, PROFILE, STUDY, Target
from community.moderation_models import case_hold, moderation_matter
from community.talk_models import comment, comment_anchor, comment_report

Happened = tuple[str, str]
"""An action and its target, as the trail calls them."""


def settle(archive: Archive, connection: Connection, target: Target, by: str) -> list[Happened]:
    """Hide what a matter about this holds, and show what none holds any more.

    Parameters
    ----------
    by
        Who does it, as the trail calls them.

    Returns
    -------
    list of Happened
        What was hidden or shown by it, for `tell`.
    """
    if target.kind == PROFILE:
        is_held = _holds(connection, target.kind, "", subject=target.subject)
        connection.execute(
            update(person).where(person.c.id == target.subject).values(is_held=is_held)
        )
        return []
    if target.kind == COMMENT:
        is_held = _holds(connection, target.kind, target.name)
        connection.execute(
            update(comment).where(comment.c.id == target.name).values(is_held=is_held)
        )
        of_comment = select(comment.c.case_id).where(comment.c.id == target.name)
        index_discussions(connection, list(connection.scalars(of_comment)), is_less=is_held)
    cases = [_settle_case(connection, one) for one in _cases(connection, target)]
    studies = [_settle_study(archive, connection, *one, by) for one in _studies(connection, target)]
    return [one for one in (*cases, *studies) if one is not None]


def tell(connection: Connection, by: str, happened: list[Happened]) -> None:
    """Have the trail keep what was hidden or shown."""
    for action, target in happened:
        record(connection, by, action, target=target, facts={"reason": holds.REPORTED})


def _settle_case(connection: Connection, case_id: str) -> Happened | None:
    wanted = _holds(connection, CASE, case_id) or any(
        _holds(connection, STUDY, f"{collection}/{uid}")
        for collection, uid in _studies_of_case(connection, case_id)
    )
    held = select(case_hold.c.case_id).where(
        case_hold.c.case_id == case_id, case_hold.c.reason == holds.REPORTED
    )
    if wanted is (connection.scalar(held) is not None):
        return None
    (hold_case if wanted else release_case)(connection, case_id, holds.REPORTED)
    return "case.held" if wanted else "case.released", f"{CASE} {case_id}"


def _settle_study(
    archive: Archive, connection: Connection, collection: str, uid: str, by: str
) -> Happened | None:
    place = _place(archive, collection)
    if place is None:
        return None
    wanted = _study_is_wanted(connection, collection, uid)
    if wanted is (holds.REPORTED in holds.reasons_of(connection, place, uid)):
        return None
    if wanted:
        holds.hold_study(connection, place, uid, holds.REPORTED, by)
    else:
        holds.release_study(connection, place, uid, holds.REPORTED)
    return "study.held" if wanted else "study.released", f"{STUDY} {collection}/{uid}"


def _study_is_wanted(connection: Connection, collection: str, uid: str) -> bool:
    """Whether a matter about the study, a case of it, or a comment beside it holds it."""
    if _holds(connection, STUDY, f"{collection}/{uid}"):
        return True
    of_case = select(case_study.c.case_id).where(
        case_study.c.collection == collection, case_study.c.study_instance_uid == uid
    )
    of_comment = _beside(
        select(comment_anchor.c.comment).where(
            comment_anchor.c.collection == collection, comment_anchor.c.study_instance_uid == uid
        )
    )
    return any(
        _holds(connection, kind, name)
        for kind, query in ((CASE, of_case), (COMMENT, of_comment))
        for name in connection.scalars(query)
    )


def _cases(connection: Connection, target: Target) -> list[str]:
    """Cases that a matter about this may hide: itself, or all that show a study."""
    if target.kind == CASE:
        return [target.name]
    if target.kind != STUDY:
        return []
    collection, uid = target.study
    query = select(case_study.c.case_id).where(
        case_study.c.collection == collection, case_study.c.study_instance_uid == uid
    )
    return list(connection.scalars(query))


def _studies(connection: Connection, target: Target) -> list[tuple[str, str]]:
    """Studies that a matter about this may hide."""
    if target.kind == STUDY:
        return [target.study]
    if target.kind == CASE:
        return _studies_of_case(connection, target.name)
    query = _beside(
        select(comment_anchor.c.collection, comment_anchor.c.study_instance_uid).where(
            comment_anchor.c.comment == target.name
        )
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _studies_of_case(connection: Connection, case_id: str) -> list[tuple[str, str]]:
    query = select(case_study.c.collection, case_study.c.study_instance_uid)
    rows = connection.execute(query.where(case_study.c.case_id == case_id))
    return [(row[0], row[1]) for row in rows]


def _beside(query: Select[Any]) -> Select[Any]:
    """Of comments that lie beside their study as a report, so that its reader reads them."""
    return query.where(exists().where(comment_report.c.comment == comment_anchor.c.comment))


def _holds(connection: Connection, kind: str, name: str, subject: str | None = None) -> bool:
    """Whether a matter about this hides it."""
    query = select(moderation_matter.c.id).where(
        moderation_matter.c.kind == kind,
        moderation_matter.c.target == name,
        moderation_matter.c.is_holding,
    )
    if subject is not None:
        query = query.where(moderation_matter.c.subject == subject)
    return connection.scalar(query.limit(1)) is not None


def _place(archive: Archive, name: str) -> Collection | None:
    try:
        return get_collection(archive, name)
    except NotFound:
        return None
