"""Comments on places in images as DICOM reports: to carry away, and to lie beside their study.

A report has no name in it: neither who wrote nor whom they mention. Beside the study it lies only
when the case's owner wants it there, and never while that could tell an unknown diagnosis; it goes
when what it was made of goes or changes.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from archive.access import LOCAL, narrowed
from archive.archive import Archive
from archive.database import reading, writing
from archive.erase import erase
from archive.errors import ArchiveError, Gone, NotAllowed, NotFound
from archive.ingest import store_made
from archive.outcomes import Failed
from archive.retrieve import document, find_instances
from community.case_models import case_study, medical_case
from community.cases.model import CaseView
from community.cases.publishing import audience_of
from community.cases.readers import Reader
from community.cases.safe_markdown import to_text
from community.discussion.errors import TalkError
from community.discussion.mentions import ids_in, written
from community.discussion.model import Comment, Spot
from community.discussion.reading import view_comment
from community.talk_models import comment_anchor, comment_report
from imaging.key_objects import Selected as Report

_SOMEBODY = "reader"


def report_of(archive: Archive, view: CaseView, found: Comment) -> Report:
    """A comment as a DICOM report.

    Raises
    ------
    NotFound
        It points at no image, or the image is gone.
    """
    if found.spot is None or found.markdown is None:
        raise NotFound("this comment points at no image")
    spot = found.spot
    text = written(found.markdown, dict.fromkeys(ids_in(found.markdown), _SOMEBODY))
    model, frames = _image(archive, view, spot)
    from imaging.comment_reports import Remark, report  # with large tables of codes

    remark = Remark(
        model,
        spot.frame if frames > 1 else None,
        spot.region,
        to_text(text) or text,
        found.edited_at or found.created_at,
        f"comment/{found.id}/{found.version}",
    )
    return report(remark)


def keep_report(archive: Archive, reader: Reader, slug: str, comment_id: str) -> None:
    """Store a comment beside its study; again changes nothing.

    Raises
    ------
    NotAllowed
        The case is not theirs, or the study is part of an unknown one.
    NotFound, Gone, TalkError
        There is no such comment, or it could not be stored.
    """
    view, found = view_comment(archive, reader, slug, comment_id)
    if not view.is_owner or not reader.may_write:
        raise NotAllowed("whose case it is says what lies beside its studies")
    if found.is_stored:
        return
    made = report_of(archive, view, found)
    spot = found.spot
    assert spot is not None  # there is a report of it
    with reading(archive.engine) as connection:
        if _is_unknown(connection, spot):
            raise NotAllowed("the study is part of an unknown case, which this would give away")
    _store(archive, spot, made)
    row = {
        "comment": found.id,
        "series_instance_uid": made.series_instance_uid,
        "sop_instance_uid": made.sop_instance_uid,
        "stored_at": datetime.now(UTC),
    }
    with writing(archive.engine) as connection:
        connection.execute(delete(comment_report).where(comment_report.c.comment == found.id))
        connection.execute(insert(comment_report).values(row))


def erase_report(archive: Archive, comment_id: str) -> None:
    """Take the report of a comment from beside its study, if it lies there."""
    query = (
        select(
            comment_anchor.c.collection,
            comment_anchor.c.study_instance_uid,
            comment_report.c.series_instance_uid,
            comment_report.c.sop_instance_uid,
        )
        .join(comment_anchor, comment_anchor.c.comment == comment_report.c.comment)
        .where(comment_report.c.comment == comment_id)
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return
    with suppress(NotFound, Gone):  # the study went before
        erase(archive, LOCAL, *row)
    with writing(archive.engine) as connection:
        connection.execute(delete(comment_report).where(comment_report.c.comment == comment_id))


def _image(archive: Archive, view: CaseView, spot: Spot) -> tuple[dict[str, object], int]:
    uids = (spot.study_instance_uid, spot.series_instance_uid, spot.sop_instance_uid)
    reader = narrowed(None, audience_of(view.case.id))
    try:
        (found,) = find_instances(archive, reader, spot.collection, *uids)
    except ArchiveError as error:
        raise NotFound("the image that this comment points at is not here any more") from error
    return document(archive, found), found.number_of_frames


def _is_unknown(connection: Connection, spot: Spot) -> bool:
    """Whether any case of the study keeps its diagnosis back."""
    query = (
        select(medical_case.c.id)
        .join(case_study, case_study.c.case_id == medical_case.c.id)
        .where(
            case_study.c.collection == spot.collection,
            case_study.c.study_instance_uid == spot.study_instance_uid,
            medical_case.c.is_unknown,
        )
        .limit(1)
    )
    return connection.scalar(query) is not None


def _store(archive: Archive, spot: Spot, made: Report) -> None:
    spool = archive.objects.spool()
    try:
        spool.write(made.data)
        outcome = store_made(archive, spot.collection, spool, spot.study_instance_uid)
    finally:
        spool.discard()
    if isinstance(outcome, Failed):
        raise TalkError("the report could not be stored; try again later")
