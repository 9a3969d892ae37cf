"""``/api/v1``: comments, what people think of them, notifications and follows, for programs.

What is read comes from `community.discussion.reading`, so a program is told nothing of an unknown
case before its person has answered.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import select

from archive.archive import Archive
from archive.database import reading
from archive.errors import NotFound
from community.api.asking import asking, require_reader, require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.paging import PageQuery, from_cursor, page, to_cursor
from community.api.problems import Statuses
from community.api.versions import given_version, tagged
from community.cases.api import reader
from community.cases.model import CaseView
from community.cases.readers import Reader, opened_by
from community.cases.reading import view_case
from community.discussion import api_schemas as schemas
from community.discussion import rows
from community.discussion.errors import CommentChanged
from community.discussion.following import follow, list_followed, unfollow
from community.discussion.model import Comment
from community.discussion.notices import list_notices, mark_read
from community.discussion.opinions import accept, vote
from community.discussion.reading import list_comments, view_comment
from community.discussion.writing import Words, delete_comment, edit_comment, post_comment
from community.ids import is_id
from community.talk_models import comment

_READS: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_CHANGES: Final = (HTTPStatus.UNAUTHORIZED, *_READS)
_VERSIONED: Final = (*_CHANGES, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
writes_per_minute: Final = 60


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    statuses: Statuses = {CommentChanged: HTTPStatus.PRECONDITION_FAILED}
    api = ApiBlueprint(
        "discussion_api",
        "Comments, notifications and follows",
        statuses=statuses,
        writes_per_minute=writes_per_minute,
    )
    for add in (_add_comments, _add_comment, _add_opinions, _add_notices, _add_follows):
        add(api, archive)
    return api


def _add_comments(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/cases/<case>/comments")
    @api.takes(PageQuery, "query")
    @api.gives(schemas.CommentPage)
    @api.refuses(*_READS)
    def comments(query: dict[str, Any], case: str) -> Any:
        """List what is said about a case, the latest first."""
        who = reader()
        view = view_case(archive, who, case)
        before = from_cursor(query["cursor"], str)
        found, older, handles = list_comments(
            archive, who, view, before[0] if before else "", query["limit"]
        )
        items = [schemas.comment_json(one, view.case.slug, handles) for one in found]
        return page(items, to_cursor(older) if older else None)

    @api.post("/cases/<case>/comments")
    @api.takes(schemas.NewComment)
    @api.gives(schemas.CommentSchema, HTTPStatus.CREATED)
    @api.refuses(*_CHANGES)
    def comment_on(wanted: dict[str, Any], case: str) -> Any:
        """Write a comment, or an answer to one."""
        who = _writer()
        spot = schemas.spot_from(wanted["spot"])
        number = post_comment(archive, who, case, _words(wanted), wanted["parent"] or "", spot)
        body, headers = _told(archive, who, number)
        told, place = made(body, f"/comments/{number}")
        return told, {**headers, **place}


def _add_comment(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/comments/<number>")
    @api.gives(schemas.CommentSchema)
    @api.refuses(*_READS)
    def one_comment(number: str) -> Any:
        """Read a comment."""
        return _told(archive, reader(), number)

    @api.patch("/comments/<number>")
    @api.takes(schemas.NewText)
    @api.gives(schemas.CommentSchema)
    @api.refuses(*_VERSIONED)
    def change_comment(wanted: dict[str, Any], number: str) -> Any:
        """Change what a comment says; its earlier text can be read still."""
        who, case = _writer(), _case_of(archive, number)
        edit_comment(archive, who, case, number, given_version(), _words(wanted))
        return _told(archive, who, number)

    @api.delete("/comments/<number>")
    @api.refuses(*_VERSIONED)
    @api.gives_nothing
    def remove_comment(number: str) -> None:
        """Delete a comment with its earlier texts."""
        who, case = _writer(), _case_of(archive, number)
        delete_comment(archive, who, case, number, given_version(required=False))


def _add_opinions(api: ApiBlueprint, archive: Archive) -> None:
    @api.put("/comments/<number>/vote")
    @api.gives(schemas.Helpful)
    @api.refuses(*_CHANGES)
    def find_helpful(number: str) -> Any:
        """Say that a comment is helpful."""
        who, case = _writer(), _case_of(archive, number)
        return {"helpful": vote(archive, who, case, number, is_helpful=True)}

    @api.delete("/comments/<number>/vote")
    @api.refuses(*_CHANGES)
    @api.gives_nothing
    def find_helpful_no_more(number: str) -> None:
        """Say so no longer."""
        vote(archive, _writer(), _case_of(archive, number), number, is_helpful=False)

    @api.put("/comments/<number>/accepted")
    @api.refuses(*_CHANGES)
    @api.gives_nothing
    def accept_reading(number: str) -> None:
        """Say, as the case's owner, that this reading is the right one."""
        accept(archive, _writer(), _case_of(archive, number), number, is_accepted=True)

    @api.delete("/comments/<number>/accepted")
    @api.refuses(*_CHANGES)
    @api.gives_nothing
    def accept_no_more(number: str) -> None:
        """Say so no longer."""
        accept(archive, _writer(), _case_of(archive, number), number, is_accepted=False)


def _add_notices(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/me/notifications")
    @api.takes(PageQuery, "query")
    @api.gives(schemas.NoticePage)
    @api.refuses(HTTPStatus.UNAUTHORIZED)
    def notifications(query: dict[str, Any]) -> Any:
        """List what happened that you want to hear of, the latest first."""
        require_reader()
        before = from_cursor(query["cursor"], str)
        found = list_notices(archive, reader(), before[0] if before else "", query["limit"])
        items = [schemas.notice_json(one) for one in found.items]
        return page(items, to_cursor(found.older) if found.older else None)

    @api.post("/me/notifications/read")
    @api.takes(schemas.ReadUntil)
    @api.refuses(HTTPStatus.UNAUTHORIZED)
    @api.gives_nothing
    def notifications_read(wanted: dict[str, Any]) -> None:
        """Note that you read a notification and all before it."""
        mark_read(archive, require_writer().id, wanted["until"])


def _add_follows(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/me/follows")
    @api.gives(schemas.Follow(many=True))
    @api.refuses(HTTPStatus.UNAUTHORIZED)
    def follows() -> Any:
        """List what you follow."""
        require_reader()
        return [
            {"kind": one.kind, "target": one.target} for one in list_followed(archive, reader())
        ]

    @api.put("/me/follows/<kind>/<target>")
    @api.refuses(*_CHANGES)
    @api.gives_nothing
    def follow_it(kind: str, target: str) -> None:
        """Follow a case, a person (by id) or a specialty (by name)."""
        follow(archive, _writer(), kind, target)

    @api.delete("/me/follows/<kind>/<target>")
    @api.refuses(*_CHANGES)
    @api.gives_nothing
    def follow_it_no_more(kind: str, target: str) -> None:
        """Follow it no longer."""
        unfollow(archive, _writer(), kind, target)


def _writer() -> Reader:
    return Reader(require_writer(), opened=opened_by(asking().principal))


def _words(wanted: dict[str, Any]) -> Words:
    return Words(wanted["text"], wanted["is_spoiler"], wanted["looked"])


def _told(archive: Archive, who: Reader, number: str) -> tuple[dict[str, Any], dict[str, str]]:
    view, found = _found(archive, who, number)
    with reading(archive.engine) as connection:
        handles = rows.handles_of(connection, [found.markdown])
    return schemas.comment_json(found, view.case.slug, handles), tagged(found.version)


def _found(archive: Archive, who: Reader, number: str) -> tuple[CaseView, Comment]:
    return view_comment(archive, who, _case_of(archive, number), number)


def _case_of(archive: Archive, number: str) -> str:
    """The id of the case of a comment; whether it may be read is asked with it."""
    query = select(comment.c.case_id).where(comment.c.id == number)
    with reading(archive.engine) as connection:
        found = connection.scalar(query) if is_id(number) else None
    if found is None:
        raise NotFound("there is no such comment")
    return str(found)
