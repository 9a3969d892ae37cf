"""What people think of comments: helpful, and, of a case's owner, the accepted reading."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from archive.archive import Archive
from archive.database import insert_missing, writing
from archive.errors import NotAllowed
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion import notifying
from community.discussion.errors import TalkError
from community.discussion.model import Comment
from community.discussion.reading import required
from community.discussion.writing import require_writer
from community.talk_models import accepted_read, comment, comment_vote


def vote(archive: Archive, reader: Reader, slug: str, comment_id: str, *, is_helpful: bool) -> int:
    """Say, or no longer say, that a comment is helpful; returns how many say so.

    Raises
    ------
    Unauthenticated, NotAllowed, NotFound, Gone
        They may not write here, there is no such comment, or it is their own.
    """
    view = view_case(archive, reader, slug)
    voter = require_writer(view, reader)
    with writing(archive.engine) as connection:
        found = _lock(connection, reader, view, comment_id)
        if found.is_mine:
            raise NotAllowed("others say whether your comment is helpful")
        row = {"comment": found.id, "person": voter.id}
        if is_helpful:
            insert_missing(connection, comment_vote, [row], ("comment", "person"))
        else:
            mine = (comment_vote.c.comment == found.id) & (comment_vote.c.person == voter.id)
            connection.execute(delete(comment_vote).where(mine))
        count = connection.scalar(
            select(func.count()).select_from(comment_vote).where(comment_vote.c.comment == found.id)
        )
        changed = update(comment).where(comment.c.id == found.id).values(helpful=count or 0)
        connection.execute(changed)
    return count or 0


def accept(
    archive: Archive, reader: Reader, slug: str, comment_id: str, *, is_accepted: bool
) -> None:
    """Say that a comment reads the case rightly, or no longer; the one before is it no more.

    Raises
    ------
    NotAllowed, NotFound, Gone
        The case is not theirs, or there is no such comment.
    """
    view = view_case(archive, reader, slug)
    owner = require_writer(view, reader)
    if not view.is_owner:
        raise NotAllowed("whose case it is says which reading is the right one")
    with writing(archive.engine) as connection:
        found = _lock(connection, reader, view, comment_id)
        if is_accepted and found.is_accepted:
            return
        of_case = accepted_read.c.case_id == view.case.id
        if not is_accepted:
            this = of_case & (accepted_read.c.comment == found.id)
            connection.execute(delete(accepted_read).where(this))
            return
        connection.execute(delete(accepted_read).where(of_case))
        row = {"case_id": view.case.id, "comment": found.id, "at": datetime.now(UTC)}
        connection.execute(insert(accepted_read).values(row))
        notifying.tell_of_acceptance(connection, view.case, found.id, owner.id)


def _lock(connection: Connection, reader: Reader, view: CaseView, comment_id: str) -> Comment:
    connection.execute(select(comment.c.id).where(comment.c.id == comment_id).with_for_update())
    found = required(connection, reader, view, comment_id)
    if not found.is_there:
        raise TalkError("this comment was deleted")
    return found
