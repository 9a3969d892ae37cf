"""Pages of discussions: one's own page of a case's comments, and the forms to write, change,
delete and weigh them. Each form is an ordinary one, and leads back to where the comment stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.database import reading
from archive.errors import ArchiveError, NotAllowed, NotFound
from community.accounts.requiring import signed_in
from community.cases.model import CaseView
from community.cases.readers import Reader, reader_of
from community.cases.reading import view_case
from community.cases.shown import title_of
from community.discussion import limits, rows
from community.discussion.addresses import comment_path
from community.discussion.errors import CommentChanged, TalkError
from community.discussion.mentions import written
from community.discussion.model import Comment
from community.discussion.opinions import accept, vote
from community.discussion.pointing_pages import add_pointing
from community.discussion.reading import history_of, require_revealed, view_comment
from community.discussion.reports import keep_report, report_of
from community.discussion.showing import Form, html_of, talk_of, words_in
from community.discussion.spot_forms import spot_in, to_fields
from community.discussion.writing import (
    NeedsLook,
    delete_comment,
    edit_comment,
    post_comment,
    require_writer,
)
from community.guarding import ViewerOf, guard


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint of ``/cases/<slug>/comments``."""
    blueprint = Blueprint(
        "discussion", __name__, url_prefix="/cases/<slug>/comments", template_folder="../templates"
    )
    guard(blueprint, writes_per_minute=limits.max_writes_per_minute)

    def reader() -> Reader:
        return reader_of(request, viewer_of())

    _add_reading(blueprint, archive, reader)
    _add_writing(blueprint, archive, reader)
    _add_changing(blueprint, archive, reader)
    _add_opinions(blueprint, archive, reader)
    add_pointing(blueprint, archive, reader)
    _add_reports(blueprint, archive, reader)
    return blueprint


def back_to(slug: str, comment_id: str) -> ResponseReturnValue:
    """Lead to a comment where it stands."""
    return redirect(request.script_root + comment_path(slug, comment_id), HTTPStatus.SEE_OTHER)


def _add_reading(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    @blueprint.get("")
    def listing(slug: str) -> ResponseReturnValue:
        asking, args = reader(), request.args
        view = view_case(archive, asking, slug)
        try:
            talk = talk_of(archive, view, asking, args.get("at", ""), args.get("thread", ""))
        except TalkError as error:
            raise NotFound(str(error)) from error
        return render_template(
            "discussion/page.html",
            view=view,
            title=title_of(view),
            talk=talk,
            is_thread="thread" in args,
        )

    @blueprint.get("/<comment_id>")
    def one(slug: str, comment_id: str) -> ResponseReturnValue:
        view, found = view_comment(archive, reader(), slug, comment_id)
        return back_to(view.case.slug, found.id)

    @blueprint.get("/<comment_id>/history")
    def history(slug: str, comment_id: str) -> ResponseReturnValue:
        view, found = view_comment(archive, reader(), slug, comment_id)
        changes, handles = history_of(archive, found)
        return render_template(
            "discussion/history.html",
            view=view,
            title=title_of(view),
            comment=found,
            changes=[(one, html_of(one.markdown, handles)) for one in reversed(changes)],
        )


def _add_writing(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    @blueprint.get("/<comment_id>/reply")
    @signed_in
    def reply(slug: str, comment_id: str) -> ResponseReturnValue:
        asking = reader()
        view, above = view_comment(archive, asking, slug, comment_id)
        require_writer(view, asking)
        if not above.is_there:
            raise NotFound("the comment that you answer was deleted")
        return _form(archive, view, asking, Form(_own(slug), parent=above))

    @blueprint.post("")
    @signed_in
    def post(slug: str) -> ResponseReturnValue:
        asking, form = reader(), request.form
        parent = form.get("parent", "")
        try:
            place = spot_in(form)
            made = post_comment(archive, asking, slug, words_in(form), parent, place)
        except TalkError as error:
            return _again(archive, asking, slug, error, parent)
        except ArchiveError as error:
            if getattr(error, "field", None) is None:
                raise
            return _again(archive, asking, slug, error, parent)
        return back_to(slug, made)


def _add_changing(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    def mine(slug: str, comment_id: str) -> tuple[Reader, CaseView, Comment]:
        asking = reader()
        view, found = view_comment(archive, asking, slug, comment_id)
        if not found.is_mine:
            raise NotAllowed("only who wrote a comment may change it")
        return asking, view, found

    @blueprint.get("/<comment_id>/edit")
    @signed_in
    def edit(slug: str, comment_id: str) -> ResponseReturnValue:
        asking, view, found = mine(slug, comment_id)
        with reading(archive.engine) as connection:
            handles = rows.handles_of(connection, [found.markdown])
        text = written(found.markdown or "", handles)
        form = Form(_own(slug, comment_id, "edit"), text, found.is_spoiler, version=found.version)
        return _form(archive, view, asking, form)

    @blueprint.post("/<comment_id>/edit")
    @signed_in
    def change(slug: str, comment_id: str) -> ResponseReturnValue:
        asking, view, found = mine(slug, comment_id)
        words, version = words_in(request.form), request.form.get("version", type=int)
        try:
            edit_comment(archive, asking, slug, comment_id, version, words)
        except ArchiveError as error:
            if getattr(error, "field", None) is None:
                raise
            current = found.version if isinstance(error, CommentChanged) else version or 0
            form = Form(_own(slug, comment_id, "edit"), words.text, words.is_spoiler)
            return _refused(archive, view, asking, replace(form, version=current), error)
        return back_to(slug, comment_id)

    @blueprint.get("/<comment_id>/delete")
    @signed_in
    def ask_to_delete(slug: str, comment_id: str) -> ResponseReturnValue:
        asking = reader()
        view, found = view_comment(archive, asking, slug, comment_id)
        if not found.may_delete:
            raise NotAllowed("only who wrote a comment, or a moderator, may delete it")
        return render_template(
            "discussion/delete.html",
            view=view,
            title=title_of(view),
            comment=found,
            talk=talk_of(archive, view, asking, found.id),
        )

    @blueprint.post("/<comment_id>/delete")
    @signed_in
    def delete(slug: str, comment_id: str) -> ResponseReturnValue:
        delete_comment(archive, reader(), slug, comment_id)
        return redirect(f"{request.script_root}/cases/{slug}#discussion", HTTPStatus.SEE_OTHER)


def _add_opinions(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    @blueprint.post("/<comment_id>/helpful")
    @signed_in
    def helpful(slug: str, comment_id: str) -> ResponseReturnValue:
        is_helpful = request.form.get("value") != "no"
        vote(archive, reader(), slug, comment_id, is_helpful=is_helpful)
        return back_to(slug, comment_id)

    @blueprint.post("/<comment_id>/accepted")
    @signed_in
    def accepted(slug: str, comment_id: str) -> ResponseReturnValue:
        is_accepted = request.form.get("value") != "no"
        accept(archive, reader(), slug, comment_id, is_accepted=is_accepted)
        return back_to(slug, comment_id)


def _add_reports(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    @blueprint.get("/<comment_id>/report.dcm")
    def report(slug: str, comment_id: str) -> ResponseReturnValue:
        view, found = view_comment(archive, reader(), slug, comment_id)
        answer = Response(report_of(archive, view, found).data, mimetype="application/dicom")
        name = f"comment-{found.id}.dcm"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @blueprint.post("/<comment_id>/report")
    @signed_in
    def keep(slug: str, comment_id: str) -> ResponseReturnValue:
        keep_report(archive, reader(), slug, comment_id)
        return back_to(slug, comment_id)


def _own(slug: str, comment_id: str = "", what: str = "") -> str:
    if not comment_id:
        return url_for("discussion.post", slug=slug)
    return url_for(f"discussion.{what}", slug=slug, comment_id=comment_id)


def _again(
    archive: Archive, asking: Reader, slug: str, error: ArchiveError, parent: str
) -> Response:
    """The form as it was sent, with what is to be done about it."""
    view = view_case(archive, asking, slug)
    require_revealed(view)
    above = _above(archive, asking, slug, parent)
    words = words_in(request.form)
    form = Form(_own(slug), words.text, words.is_spoiler, above, hidden=to_fields(request.form))
    return _refused(archive, view, asking, form, error)


def _above(archive: Archive, asking: Reader, slug: str, parent: str) -> Comment | None:
    try:
        return view_comment(archive, asking, slug, parent)[1] if parent else None
    except NotFound:
        return None


def _refused(
    archive: Archive, view: CaseView, asking: Reader, form: Form, error: ArchiveError
) -> Response:
    findings = error.findings if isinstance(error, NeedsLook) else ()
    where = str(getattr(error, "field", ""))
    again = replace(form, problem=str(error), field=where, findings=findings)
    status = (
        HTTPStatus.CONFLICT
        if isinstance(error, CommentChanged)
        else HTTPStatus.UNPROCESSABLE_ENTITY
    )
    return _form(archive, view, asking, again, status)


def _form(
    archive: Archive,
    view: CaseView,
    asking: Reader,
    form: Form,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    handles: dict[str, str] = {}
    if form.parent is not None:
        with reading(archive.engine) as connection:
            handles = rows.handles_of(connection, [form.parent.markdown])
    page = render_template(
        "discussion/form.html",
        view=view,
        title=title_of(view),
        form=form,
        may_write=asking.may_write,
        quoted=html_of(form.parent.markdown or "", handles) if form.parent else None,
    )
    return Response(page, status)
