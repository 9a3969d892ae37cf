"""What a reader sees of a discussion. Every page, mail and answer takes comments from here.

Who may read a case may read what is said about it, with one exception: while an unknown case
keeps something back from a reader, there is no comment at all for them, as any could tell the
diagnosis. How many there are may be known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from archive.archive import Archive
from archive.database import reading
from archive.errors import NotAllowed, NotFound
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion import rows
from community.discussion.errors import TalkError
from community.discussion.model import Comment, Thread, flattened, grown
from community.ids import is_id
from community.talk_models import accepted_read, comment, comment_revision

max_threads: Final = 10
"""Of a page."""
max_answers: Final = 25
"""Of a thread on a page with others."""
max_in_thread: Final = 500
"""Of a thread at all; who has more to say begins another one."""


@dataclass(frozen=True, slots=True)
class Discussion:
    """A page of a discussion.

    Attributes
    ----------
    count
        How many comments there are in all; known also while they are hidden.
    is_hidden
        There is nothing to be seen until the reader has answered.
    handles
        Of all who are mentioned, by their ids.
    older
        The thread at which the next page begins; empty on the last.
    is_first
        Nothing newer was left out.
    """

    threads: tuple[Thread, ...] = ()
    count: int = 0
    is_hidden: bool = False
    handles: dict[str, str] | None = None
    older: str = ""
    is_first: bool = True

    @property
    def comments(self) -> list[Comment]:
        """What is on the page."""
        return flattened(thread.root for thread in self.threads)


def discussion_of(
    archive: Archive, reader: Reader, view: CaseView, at: str = "", thread: str = ""
) -> Discussion:
    """A page of what is said about a case, the newest thread first.

    The thread with the reading that the case's owner accepted stands before all others.

    Parameters
    ----------
    at
        A comment: the page begins with its thread.
    thread
        Its first comment: this thread alone, and all of it.

    Raises
    ------
    TalkError
        There is no such comment on the case.
    """
    with reading(archive.engine) as connection:
        count = _count(connection, view.case.id)
        if view.is_hiding:
            return Discussion(count=count, is_hidden=True)
        if thread:
            return _one_thread(connection, reader, view, thread, count)
        return _page(connection, reader, view, at, count)


def list_comments(
    archive: Archive, reader: Reader, view: CaseView, before: str, limit: int
) -> tuple[list[Comment], str, dict[str, str]]:
    """Comments on a case in one list, the latest first, for programs.

    Returns
    -------
    list of Comment
        What there is.
    str
        `before` of the next part; empty at the end.
    dict
        Handles of all who are mentioned, by their ids.

    Raises
    ------
    NotAllowed
        The case keeps something back until this reader has answered.
    """
    require_revealed(view)
    query = (
        rows.listed(reader)
        .where(comment.c.case_id == view.case.id)
        .order_by(comment.c.id.desc())
        .limit(limit + 1)
    )
    if before:
        query = query.where(comment.c.id < before)
    with reading(archive.engine) as connection:
        found = rows.comments_in(connection, reader, query)
        handles = rows.handles_of(connection, [one.markdown for one in found])
    older = found[limit - 1].id if len(found) > limit else ""
    return found[:limit], older, handles


def view_comment(
    archive: Archive, reader: Reader, slug: str, comment_id: str
) -> tuple[CaseView, Comment]:
    """A comment, and what its reader may know of its case.

    Raises
    ------
    NotFound, Gone
        There is no such case or comment.
    NotAllowed
        The case keeps something back until this reader has answered.
    """
    view = view_case(archive, reader, slug)
    require_revealed(view)
    with reading(archive.engine) as connection:
        return view, required(connection, reader, view, comment_id)


def required(connection: Connection, reader: Reader, view: CaseView, comment_id: str) -> Comment:
    """The comment of an id on a case, or `NotFound`."""
    found = rows.find_comment(connection, reader, comment_id) if is_id(comment_id) else None
    if found is None or found.case_id != view.case.id:
        raise NotFound("there is no such comment")
    return found


def require_revealed(view: CaseView) -> None:
    """Refuse who has not answered yet, and so may not know what others said.

    Raises
    ------
    NotAllowed
        They have not.
    """
    if view.is_hiding:
        raise NotAllowed("answer this case first; then you see what others say about it")


@dataclass(frozen=True, slots=True)
class Change:
    """A text as it was, and since when; the last is how it is."""

    number: int
    markdown: str
    at: object


def history_of(archive: Archive, found: Comment) -> tuple[list[Change], dict[str, str]]:
    """All texts that a comment had, the first one first, and the handles of whom they mention."""
    if found.markdown is None:
        raise NotFound("this comment was deleted, and what it said with it")
    query = (
        select(comment_revision)
        .where(comment_revision.c.comment == found.id)
        .order_by(comment_revision.c.number)
    )
    with reading(archive.engine) as connection:
        changes = [Change(row.number, row.markdown, row.at) for row in connection.execute(query)]
        last = Change(len(changes) + 1, found.markdown, found.edited_at or found.created_at)
        texts = [*changes, last]
        return texts, rows.handles_of(connection, [one.markdown for one in texts])


def _page(
    connection: Connection, reader: Reader, view: CaseView, at: str, count: int
) -> Discussion:
    first = _thread_of(connection, view, at) if at else ""
    newest_first = (
        select(comment.c.id)
        .where(comment.c.case_id == view.case.id, comment.c.depth == 0)
        .order_by(comment.c.id.desc())
        .limit(max_threads + 1)
    )
    if first:
        newest_first = newest_first.where(comment.c.id <= first)
    roots = list(connection.scalars(newest_first))
    shown, older = roots[:max_threads], (roots[max_threads:] or [""])[0]
    if not first:
        accepted = _accepted_thread(connection, view)
        shown = [accepted, *(one for one in shown if one != accepted)] if accepted else shown
    return _put_together(connection, reader, shown, count, max_answers, older, not first)


def _one_thread(
    connection: Connection, reader: Reader, view: CaseView, thread: str, count: int
) -> Discussion:
    root = _thread_of(connection, view, thread)
    return _put_together(connection, reader, [root], count, max_in_thread, "", False)


def _put_together(
    connection: Connection,
    reader: Reader,
    roots: list[str],
    count: int,
    most: int,
    older: str,
    is_first: bool,
) -> Discussion:
    found, sizes = rows.find_threads(connection, reader, roots, most)
    trees = {node.comment.id: node for node in grown(found)}
    threads = [
        Thread(trees[root], sizes[root] - len(flattened([trees[root]])))
        for root in roots
        if root in trees
    ]
    handles = rows.handles_of(connection, [one.markdown for one in found])
    return Discussion(tuple(threads), count, False, handles, older, is_first)


def _thread_of(connection: Connection, view: CaseView, comment_id: str) -> str:
    query = select(comment.c.thread).where(
        comment.c.id == comment_id, comment.c.case_id == view.case.id
    )
    found = connection.scalar(query) if is_id(comment_id) else None
    if found is None:
        raise TalkError("there is no such comment here any more")
    return str(found)


def _accepted_thread(connection: Connection, view: CaseView) -> str | None:
    query = (
        select(comment.c.thread)
        .join(accepted_read, accepted_read.c.comment == comment.c.id)
        .where(accepted_read.c.case_id == view.case.id)
    )
    return connection.scalar(query)


def _count(connection: Connection, case_id: str) -> int:
    query = select(func.count()).where(comment.c.case_id == case_id, comment.c.tombstone == "")
    return connection.scalar(query.select_from(comment)) or 0
