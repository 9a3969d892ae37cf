"""Rows of discussions as values, found within a transaction that somebody else began.

Who may know them is decided before: in `community.discussion.reading`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, func, select

from community.accounts.people import RESTRICTED as RESTRICTED_PERSON
from community.accounts.people import SHOWN, Person, person_from
from community.cases.model import Region
from community.cases.readers import Reader
from community.discussion.mentions import ids_in
from community.discussion.model import HELD, RESTRICTED, Comment, Spot
from community.models import person
from community.talk_models import (
    accepted_read,
    comment,
    comment_anchor,
    comment_report,
    comment_vote,
)

_SPOT: Final = (
    "collection",
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "frame",
    "region_x",
    "region_y",
    "region_w",
    "region_h",
    "window_center",
    "window_width",
)


def find_comment(connection: Connection, reader: Reader, comment_id: str) -> Comment | None:
    """The comment of an id, if there is one."""
    found = comments_in(connection, reader, _with_more(reader).where(comment.c.id == comment_id))
    return found[0] if found else None


def find_threads(
    connection: Connection, reader: Reader, threads: Collection[str], max_answers: int
) -> tuple[list[Comment], dict[str, int]]:
    """The comments of threads, the earlier first, and how many each thread has.

    Parameters
    ----------
    max_answers
        So many of each thread are found; the first ones, so that none is without its parent.
    """
    if not threads:
        return [], {}
    ranked = (
        select(
            comment.c.id,
            func.row_number()
            .over(partition_by=comment.c.thread, order_by=comment.c.id)
            .label("place"),
            func.count().over(partition_by=comment.c.thread).label("size"),
        )
        .where(comment.c.thread.in_(threads))
        .subquery()
    )
    query = (
        _with_more(reader)
        .add_columns(ranked.c.size)
        .join(ranked, ranked.c.id == comment.c.id)
        .where(ranked.c.place <= max_answers + 1)
        .order_by(comment.c.id)
    )
    rows = connection.execute(query).all()
    return with_people(connection, reader, rows), {row.thread: row.size for row in rows}


def comments_in(connection: Connection, reader: Reader, query: Select[Any]) -> list[Comment]:
    """The comments that a query finds."""
    return with_people(connection, reader, connection.execute(query).all())


def with_people(connection: Connection, reader: Reader, rows: Sequence[Row[Any]]) -> list[Comment]:
    """Rows as comments of their authors; nobody reads what somebody wrote who restricted it."""
    ids = {row.author for row in rows if row.author is not None}
    known = _people(connection, ids, SHOWN | {RESTRICTED_PERSON})
    return [_told(row, reader, known.get(row.author or "")) for row in rows]


def people_of(connection: Connection, ids: Collection[str]) -> dict[str, Person]:
    """People by their ids, of those whom others may see."""
    return _people(connection, ids, SHOWN)


def handles_of(connection: Connection, texts: Iterable[str | None]) -> dict[str, str]:
    """The handles of all whom texts mention, by their ids, in one question."""
    ids = {one for text in texts for one in ids_in(text or "")}
    return {key: who.handle for key, who in people_of(connection, ids).items()}


def listed(reader: Reader) -> Select[Any]:
    """The query that `comments_in` takes, of all comments there are."""
    return _with_more(reader)


def _with_more(reader: Reader) -> Select[Any]:
    me = reader.person.id if reader.person is not None else ""
    mine = and_(comment_vote.c.comment == comment.c.id, comment_vote.c.person == me)
    return (
        select(
            comment,
            *(comment_anchor.c[name] for name in _SPOT),
            accepted_read.c.comment.label("accepted"),
            comment_vote.c.person.label("my_vote"),
            comment_report.c.comment.label("report"),
        )
        .outerjoin(comment_anchor, comment_anchor.c.comment == comment.c.id)
        .outerjoin(accepted_read, accepted_read.c.comment == comment.c.id)
        .outerjoin(comment_vote, mine)
        .outerjoin(comment_report, comment_report.c.comment == comment.c.id)
    )


def _people(
    connection: Connection, ids: Collection[str], states: Collection[str]
) -> dict[str, Person]:
    if not ids:
        return {}
    query = select(person).where(person.c.id.in_(ids), person.c.state.in_(states))
    return {row.id: person_from(row) for row in connection.execute(query)}


def _told(row: Row[Any], reader: Reader, author: Person | None) -> Comment:
    if author is None or author.state in SHOWN:
        return replace(_comment(row, reader), author=author)
    return _comment(row, reader, hidden_as=RESTRICTED)


def _comment(row: Row[Any], reader: Reader, hidden_as: str = "") -> Comment:
    hidden_as = HELD if row.is_held else hidden_as
    is_there = row.markdown is not None and not hidden_as
    is_mine = is_there and reader.owns(row.author)
    return Comment(
        id=row.id,
        case_id=row.case_id,
        thread=row.thread,
        parent=row.parent,
        depth=row.depth,
        author=None,
        markdown=row.markdown if is_there else None,
        is_spoiler=row.is_spoiler,
        tombstone=row.tombstone or hidden_as,
        created_at=row.created_at,
        edited_at=row.edited_at,
        version=row.version,
        helpful=row.helpful,
        spot=_spot(row) if is_there else None,
        is_accepted=row.accepted is not None,
        is_stored=row.report is not None,
        is_mine=is_mine,
        has_my_vote=row.my_vote is not None,
        may_delete=is_there and reader.may_write and (is_mine or reader.is_moderator),
    )


def _spot(row: Row[Any]) -> Spot | None:
    if row.sop_instance_uid is None:
        return None
    region: Region = (row.region_x, row.region_y, row.region_w, row.region_h)
    window = (row.window_center, row.window_width)
    return Spot(
        row.collection,
        row.study_instance_uid,
        row.series_instance_uid,
        row.sop_instance_uid,
        row.frame,
        None if None in region else region,
        None if None in window else window,
    )
