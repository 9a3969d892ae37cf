"""`/moderation`: what waits for moderators, one matter with its images, and what they decide."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts.people import MODERATOR
from community.accounts.requiring import require_person, role
from community.accounts.signed_in import person_of
from community.guarding import guard
from community.moderation import looking, suspending
from community.moderation.deciding import claim, decide, is_taken
from community.moderation.errors import ModerationError
from community.moderation.model import (
    KINDS,
    REASONS,
    STATES,
    VERBS,
    VERBS_OF,
    WAITING,
    max_words_chars,
)
from community.moderation.queue import count_waiting, list_matters, look_at
from imaging.errors import ImagingError

_WORDS = {
    "kinds": KINDS,
    "reasons": REASONS,
    "states": STATES,
    "verbs": VERBS,
    "waiting_states": WAITING,
}
moderators = role(MODERATOR)


def create_blueprint(archive: Archive, origin: Callable[[], str]) -> Blueprint:
    """Make the blueprint.

    Parameters
    ----------
    origin
        The public address of this server, for letters.
    """
    blueprint = Blueprint(
        "moderation", __name__, url_prefix="/moderation", template_folder="../templates"
    )
    guard(blueprint)
    blueprint.context_processor(lambda: _WORDS)
    _add_list(blueprint, archive)
    _add_matter(blueprint, archive)
    _add_deciding(blueprint, archive, origin)
    _add_accounts(blueprint, archive)
    return blueprint


def tell_templates(app: Flask, archive: Archive) -> None:
    """Let the pages of moderators say how much waits for them."""

    def waiting() -> int:
        return count_waiting(archive)

    @app.context_processor
    def told() -> dict[str, object]:
        person = person_of(request)
        if person is None or not person.is_at_least(MODERATOR):
            return {}
        return {"moderation_url": url_for("moderation.listing"), "matters_waiting": waiting}


def _add_list(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.get("")
    @moderators
    def listing() -> ResponseReturnValue:
        waiting = request.args.get("state") != "decided"
        after = request.args.get("after", "")
        found = list_matters(archive, waiting=waiting, after=after)
        moderator = require_person()
        return render_template(
            "moderation/queue.html",
            matters=[(one, is_taken(one, moderator.id)) for one in found.items],
            later=found.later,
            waiting=waiting,
            is_first=not after,
        )


def _add_matter(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.get("/<matter>")
    @moderators
    def one(matter: str) -> ResponseReturnValue:
        return matter_page(archive, matter)

    @blueprint.get("/<matter>/<int:nth>/<int:number>.png")
    @moderators
    def picture(matter: str, nth: int, number: int) -> ResponseReturnValue:
        try:
            data = looking.picture_of(archive, require_person(), matter, nth, number)
        except ImagingError as error:
            return Response(str(error), HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/plain")
        return Response(data, mimetype=looking.MEDIA_TYPE)


def matter_page(archive: Archive, matter: str, problem: str = "", field: str = "") -> Response:
    """The page of a matter, with what is wrong with a form on it."""
    moderator = require_person()
    whole = look_at(archive, moderator, matter)
    study = request.args.get("study", 0, type=int)
    start = request.args.get("from", 0, type=int)
    images = looking.images_of(archive, moderator, matter, study, start)
    body = render_template(
        "moderation/matter.html",
        whole=whole,
        matter=whole.matter,
        may_decide=VERBS_OF[whole.matter.target.kind],
        is_mine=whole.matter.target.subject == moderator.id,
        is_taken=is_taken(whole.matter, moderator.id),
        images=images,
        study=study,
        start=start,
        form=request.form,
        most=max_words_chars,
        problem=problem,
        field=field,
    )
    return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)


def _add_deciding(blueprint: Blueprint, archive: Archive, origin: Callable[[], str]) -> None:
    @blueprint.post("/<matter>/claim")
    @moderators
    def take(matter: str) -> ResponseReturnValue:
        try:
            claim(archive, require_person(), matter)
        except ModerationError as error:
            return matter_page(archive, matter, str(error))
        return redirect(url_for(".one", matter=matter), HTTPStatus.SEE_OTHER)

    @blueprint.post("/<matter>")
    @moderators
    def settle(matter: str) -> ResponseReturnValue:
        form = request.form
        verb, words = form.get("verb", ""), form.get("words", "")
        try:
            decide(archive, require_person(), matter, verb, words, origin())
        except ModerationError as error:
            return matter_page(archive, matter, str(error), error.field)
        return redirect(url_for(".one", matter=matter), HTTPStatus.SEE_OTHER)


def _add_accounts(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.post("/<matter>/account")
    @moderators
    def account(matter: str) -> ResponseReturnValue:
        moderator = require_person()
        whole = look_at(archive, moderator, matter)
        subject = whole.matter.target.subject
        if subject is None:
            raise NotFound("this is nobody's any more")
        act = suspending.reinstate if request.form.get("act") == "open" else suspending.suspend
        try:
            act(archive, moderator, subject)
        except ModerationError as error:
            return matter_page(archive, matter, str(error))
        return redirect(url_for(".one", matter=matter), HTTPStatus.SEE_OTHER)
