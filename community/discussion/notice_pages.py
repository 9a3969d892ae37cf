"""`/notifications`, `/settings/notifications`, and `/follow`: who hears of what."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts.requiring import require_person, signed_in
from community.accounts.shown import shown
from community.accounts.signed_in import person_of
from community.cases.readers import Reader, reader_of
from community.cases.shown import title_of
from community.cases.vocabulary import SPECIALTIES
from community.discussion import limits
from community.discussion.errors import TalkError
from community.discussion.following import follow, followed_among, list_followed, unfollow
from community.discussion.mail_choices import addresses_of, choice_of, choose
from community.discussion.mailing import STOP_PATH, stop
from community.discussion.notices import count_unread, list_notices, mark_read, max_counted
from community.discussion.notifying import KINDS
from community.guarding import ViewerOf, guard
from community.sharing.entrance import local_path


def create_blueprint(archive: Archive, viewer_of: ViewerOf, *, has_mail: bool) -> Blueprint:
    """Make the blueprint.

    Parameters
    ----------
    has_mail
        Whether this server sends mail at all.
    """
    blueprint = Blueprint("notices", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=limits.max_writes_per_minute)

    def reader() -> Reader:
        return reader_of(request, viewer_of())

    _add_list(blueprint, archive, reader)
    _add_following(blueprint, archive, reader)
    _add_settings(blueprint, archive, reader, has_mail)
    _add_stopping(blueprint, archive)
    return blueprint


def tell_templates(app: Flask, archive: Archive) -> None:
    """Let every page say how many notifications its reader has not read."""

    def unread() -> str:
        person = person_of(request)
        count = count_unread(archive, person.id) if person else 0
        return f"{max_counted}+" if count > max_counted else str(count or "")

    def follows(kind: str, target: str) -> bool:
        return bool(followed_among(archive, Reader(person_of(request)), (kind, target)))

    @app.context_processor
    def told() -> dict[str, object]:
        return {"unread_notices": unread, "follows": follows}


def _add_list(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    @blueprint.get("/notifications")
    @signed_in
    def listing() -> ResponseReturnValue:
        found = list_notices(archive, reader(), request.args.get("before", ""))
        rows = [
            (one, shown(one.actor) if one.actor else None, title_of(one.view))
            for one in found.items
        ]
        return render_template("discussion/notices.html", notices=rows, older=found.older)

    @blueprint.post("/notifications")
    @signed_in
    def read() -> ResponseReturnValue:
        """Read one and go where it leads, or all up to one."""
        form, asking = request.form, require_person()
        mark_read(archive, asking.id, form.get("until", ""), only="open" in form)
        to = local_path(form.get("open", "")) if "open" in form else url_for(".listing")
        return redirect(to, HTTPStatus.SEE_OTHER)


def _add_following(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    @blueprint.post("/follow")
    @signed_in
    def change() -> ResponseReturnValue:
        form = request.form
        act = unfollow if form.get("value") == "no" else follow
        act(archive, reader(), form.get("kind", ""), form.get("target", ""))
        return redirect(local_path(form.get("next", "")), HTTPStatus.SEE_OTHER)


def _add_settings(
    blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader], has_mail: bool
) -> None:
    def page(problem: str = "", field: str = "") -> Response:
        person = require_person()
        body = render_template(
            "discussion/settings.html",
            kinds=KINDS,
            addresses=addresses_of(archive, person.id),
            choice=choice_of(archive, person.id),
            followed=[
                (one, title_of(one.case) if one.case else "")
                for one in list_followed(archive, reader())
            ],
            specialties=SPECIALTIES,
            has_mail=has_mail,
            problem=problem,
            field=field,
            saved="saved" in request.args,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/settings/notifications")
    @signed_in
    def settings() -> ResponseReturnValue:
        return page()

    @blueprint.post("/settings/notifications")
    @signed_in
    def save() -> ResponseReturnValue:
        form = request.form
        try:
            choose(archive, require_person().id, form.get("address", ""), form.getlist("kinds"))
        except TalkError as error:
            return page(str(error), error.field)
        return redirect(url_for(".settings", saved="1"), HTTPStatus.SEE_OTHER)


def _add_stopping(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.get(f"{STOP_PATH}<secret>")
    def ask_to_stop(secret: str) -> ResponseReturnValue:
        return render_template("discussion/stop_mail.html", done=False)

    @blueprint.post(f"{STOP_PATH}<secret>")
    def stop_mails(secret: str) -> ResponseReturnValue:
        """For who opens the link, and for mail programs that offer it as a button."""
        if not stop(archive, secret):
            raise NotFound("this link is unknown; choose your mails in your settings")
        return render_template("discussion/stop_mail.html", done=True)
