"""Writing, changing and deleting comments.

What is deleted leaves nothing of what it said, also no earlier text; while somebody answered to
it, an empty place keeps the shape of the thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from archive.archive import Archive
from archive.database import note_deletion, writing
from archive.errors import NotAllowed, Unauthenticated
from community.accounts.handles import folded
from community.accounts.people import SHOWN as SHOWN_PEOPLE
from community.accounts.people import Person
from community.cases.model import SHOWN, CaseView
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.cases.screening import Finding, screen
from community.cases.texts import prose
from community.discussion import mentions, notifying
from community.discussion.errors import CommentChanged, TalkError
from community.discussion.model import AUTHOR_DELETED, MODERATED, Comment, Spot
from community.discussion.reading import (
    max_in_thread,
    require_revealed,
    required,
    view_comment,
)
from community.discussion.reports import erase_report
from community.discussion.spots import checked_spot
from community.finding.indexing import index_discussions
from community.ids import new_id
from community.models import person
from community.talk_models import (
    accepted_read,
    comment,
    comment_anchor,
    comment_mention,
    comment_report,
    comment_revision,
    comment_vote,
    notification,
)

max_comment_chars: Final = 10_000
max_comments_an_hour: Final = 60
"""Of one person."""
max_revisions: Final = 50
"""Of one comment; who has changed it that often writes another one."""
max_handles_looked_up: Final = 50

TEXT: Final = "text"
LOOKED: Final = "looked"


class NeedsLook(TalkError):  # noqa: N818 - it is read in sentences
    """Something in a text may identify a patient: its author is to look at it.

    Parameters
    ----------
    findings
        The places.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("look at what may identify a patient, and say that it does not", LOOKED)
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody writes.

    Attributes
    ----------
    is_spoiler
        It is to be folded up until who reads opens it.
    looked
        They looked at the places that may identify somebody.
    """

    text: str
    is_spoiler: bool = False
    looked: bool = False


def post_comment(
    archive: Archive,
    reader: Reader,
    slug: str,
    words: Words,
    parent: str = "",
    spot: Spot | None = None,
) -> str:
    """Write a comment on a case; returns its id.

    Parameters
    ----------
    parent
        The comment that it answers.

    Raises
    ------
    Unauthenticated, NotAllowed
        They write nothing here.
    NotFound, Gone
        There is no such case or comment.
    TalkError
        Something about it cannot be; `NeedsLook` if it may identify somebody.
    """
    view = view_case(archive, reader, slug)
    writer = require_writer(view, reader)
    text = checked_text(words)
    place = checked_spot(archive, view, spot) if spot is not None else None
    made = new_id()
    with writing(archive.engine) as connection:
        _require_patience(connection, writer)
        above = _answered(connection, reader, view, parent) if parent else None
        kept, named = _kept(connection, text)
        row = {
            "id": made,
            "case_id": view.case.id,
            "thread": above.thread if above else made,
            "parent": above.id if above else None,
            "depth": above.depth + 1 if above else 0,
            "author": writer.id,
            "markdown": kept,
            "is_spoiler": words.is_spoiler,
            "created_at": datetime.now(UTC),
        }
        connection.execute(insert(comment).values(row))
        _write_mentions(connection, made, named)
        if place is not None:
            connection.execute(insert(comment_anchor).values(comment=made, **_columns(place)))
        answered = above.author.id if above and above.author else None
        notifying.tell_of_comment(connection, view.case, made, writer.id, named, answered)
        index_discussions(connection, [view.case.id])
    return made


def edit_comment(
    archive: Archive, reader: Reader, slug: str, comment_id: str, version: int | None, words: Words
) -> int:
    """Change what a comment says; the same again changes nothing. Returns the version.

    Parameters
    ----------
    version
        Which they saw; None is whatever there is.

    Raises
    ------
    CommentChanged
        It was changed meanwhile.
    Unauthenticated, NotAllowed, NotFound, Gone, TalkError
        As `post_comment`; only its author changes it.
    """
    view = view_case(archive, reader, slug)
    writer = require_writer(view, reader)
    text = checked_text(words)
    if view_comment(archive, reader, slug, comment_id)[1].is_mine:
        erase_report(archive, comment_id)
    with writing(archive.engine) as connection:
        found = _locked(connection, reader, view, comment_id)
        if not found.is_mine:
            raise NotAllowed("only who wrote a comment may change it")
        if version is not None and version != found.version:
            raise CommentChanged(found.version)
        kept, named = _kept(connection, text)
        if (kept, words.is_spoiler) == (found.markdown, found.is_spoiler):
            return found.version
        if kept != found.markdown:
            _keep_revision(connection, found)
            new = [one for one in named if one not in _mentioned(connection, found.id)]
            _write_mentions(connection, found.id, named)
            notifying.tell_of_comment(connection, view.case, found.id, writer.id, new, only=True)
        changed = {
            "markdown": kept,
            "is_spoiler": words.is_spoiler,
            "edited_at": datetime.now(UTC),
            "version": found.version + 1,
        }
        connection.execute(update(comment).where(comment.c.id == found.id).values(changed))
        index_discussions(connection, [view.case.id])
    return found.version + 1


def delete_comment(
    archive: Archive, reader: Reader, slug: str, comment_id: str, version: int | None = None
) -> None:
    """Delete a comment, as its author or as a moderator.

    Raises
    ------
    CommentChanged, Unauthenticated, NotAllowed, NotFound, Gone
        As `edit_comment`.
    """
    view = view_case(archive, reader, slug)
    if reader.person is None:
        raise Unauthenticated("sign in first")
    if view_comment(archive, reader, slug, comment_id)[1].may_delete:
        # First: what lies in the archive must not outlive what it was made of.
        erase_report(archive, comment_id)
    with writing(archive.engine) as connection:
        found = _locked(connection, reader, view, comment_id)
        if not found.may_delete:
            raise NotAllowed("only who wrote a comment, or a moderator, may delete it")
        if version is not None and version != found.version:
            raise CommentChanged(found.version)
        remove(connection, found.id, AUTHOR_DELETED if found.is_mine else MODERATED)


def remove(connection: Connection, comment_id: str, tombstone: str) -> None:
    """Take away all that a comment said, and its place, too, if nobody answered to it."""
    remove_several(connection, [comment_id], tombstone)


def remove_several(connection: Connection, comments: Sequence[str], tombstone: str) -> None:
    """The same of several; answers before what they answer."""
    note_deletion(connection)
    cases = {_empty(connection, one, tombstone) for one in comments}
    index_discussions(connection, filter(None, cases), is_less=True)


def _empty(connection: Connection, comment_id: str, tombstone: str) -> str | None:
    """Empty the place of a comment; returns its case."""
    case = connection.scalar(select(comment.c.case_id).where(comment.c.id == comment_id))
    for table in (
        comment_revision,
        comment_mention,
        comment_vote,
        accepted_read,
        comment_anchor,
        comment_report,
        notification,
    ):
        connection.execute(delete(table).where(table.c.comment == comment_id))
    nothing = {
        "author": None,
        "markdown": None,
        "is_spoiler": False,
        "edited_at": None,
        "helpful": 0,
        "tombstone": tombstone,
    }
    connection.execute(update(comment).where(comment.c.id == comment_id).values(nothing))
    _prune(connection, comment_id)
    return case


def require_writer(view: CaseView, reader: Reader) -> Person:
    """Return who writes.

    Raises
    ------
    Unauthenticated, NotAllowed
        They write nothing here.
    """
    if reader.person is None:
        raise Unauthenticated("sign in to write here")
    if not reader.may_write:
        raise NotAllowed("your account may read, and write nothing at the moment")
    require_revealed(view)
    if view.case.state not in SHOWN:
        raise NotAllowed("a draft is not discussed; publish it first")
    return reader.person


def checked_text(words: Words) -> str:
    """A text as it is kept, but for its mentions.

    Raises
    ------
    TalkError
        There is none, it is too long, or somebody is to look at it.
    """
    text = prose(words.text, max_comment_chars, TEXT, "comment")
    if not text:
        raise TalkError("write something first", TEXT)
    if not words.looked:
        without_names = mentions.kept(text, dict.fromkeys(_small(text), ""))
        if findings := screen(without_names.replace("@[p:]", " "), TEXT):
            raise NeedsLook(findings)
    return text


def _small(text: str) -> list[str]:
    return list(dict.fromkeys(handle.lower() for handle in mentions.handles_in(text)))


def _require_patience(connection: Connection, writer: Person) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    query = select(func.count()).where(comment.c.author == writer.id, comment.c.created_at > since)
    if (connection.scalar(query) or 0) >= max_comments_an_hour:
        raise TalkError(f"one person writes {max_comments_an_hour} comments an hour at most", TEXT)


def _answered(connection: Connection, reader: Reader, view: CaseView, parent: str) -> Comment:
    """The comment that is answered, locked so that it does not go meanwhile."""
    above = _locked(connection, reader, view, parent)
    if not above.is_there:
        raise TalkError("the comment that you answer was deleted", "parent")
    size = select(func.count()).where(comment.c.thread == above.thread)
    if (connection.scalar(size) or 0) >= max_in_thread:
        raise TalkError(f"a thread has {max_in_thread} comments at most; begin a new one", TEXT)
    return above


def _locked(connection: Connection, reader: Reader, view: CaseView, comment_id: str) -> Comment:
    connection.execute(select(comment.c.id).where(comment.c.id == comment_id).with_for_update())
    return required(connection, reader, view, comment_id)


def _kept(connection: Connection, text: str) -> tuple[str, list[str]]:
    """A text with its mentions as ids, and the ids of those who are told of it."""
    ids = _ids_of(connection, _small(text)[:max_handles_looked_up])
    kept = mentions.kept(text, ids)
    named = mentions.ids_in(kept)[: mentions.max_mentions]
    known = select(person.c.id).where(person.c.id.in_(named))
    there = set(connection.scalars(known)) if named else set()
    return kept, [one for one in named if one in there]


def _ids_of(connection: Connection, wanted: Sequence[str]) -> dict[str, str]:
    """People's ids by their handles in small letters."""
    if not wanted:
        return {}
    query = select(person.c.id, person.c.handle).where(
        person.c.handle_folded.in_({folded(handle) for handle in wanted}),
        person.c.state.in_(SHOWN_PEOPLE),
    )
    return {row.handle.lower(): row.id for row in connection.execute(query)}


def _mentioned(connection: Connection, comment_id: str) -> set[str]:
    query = select(comment_mention.c.person).where(comment_mention.c.comment == comment_id)
    return set(connection.scalars(query))


def _write_mentions(connection: Connection, comment_id: str, named: Sequence[str]) -> None:
    connection.execute(delete(comment_mention).where(comment_mention.c.comment == comment_id))
    if named:
        rows = [{"comment": comment_id, "person": one} for one in named]
        connection.execute(insert(comment_mention), rows)


def _keep_revision(connection: Connection, found: Comment) -> None:
    last = select(func.max(comment_revision.c.number)).where(comment_revision.c.comment == found.id)
    number = (connection.scalar(last) or 0) + 1
    if number > max_revisions:
        raise TalkError(f"a comment is changed {max_revisions} times at most; write another", TEXT)
    row = {
        "comment": found.id,
        "number": number,
        "markdown": found.markdown,
        "at": found.edited_at or found.created_at,
    }
    connection.execute(insert(comment_revision).values(row))


def _prune(connection: Connection, comment_id: str) -> None:
    """Let empty places go that nobody answers to any more, up to the first that is not empty."""
    place: str | None = comment_id
    while place is not None:
        row = connection.execute(select(comment).where(comment.c.id == place)).one()
        answers = select(comment.c.id).where(comment.c.parent == place).limit(1)
        if not row.tombstone or connection.scalar(answers) is not None:
            return
        connection.execute(delete(comment).where(comment.c.id == place))
        place = row.parent


def _columns(spot: Spot) -> dict[str, Any]:
    values = asdict(spot)
    region, window = values.pop("region"), values.pop("window")
    for name, value in zip("xywh", region or (None,) * 4, strict=True):
        values[f"region_{name}"] = value
    values["window_center"], values["window_width"] = window or (None, None)
    return values
