"""`/cases/<slug>/help`: what an author allows, asks for and decides.

Nobody talks to a machine here: there is no field to type in, and what a service is told is the
case itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts.people import Person
from community.accounts.requiring import require_person, signed_in
from community.assistant.payload import IDENTIFIES, NO_OPT_IN, NOT_OPEN, NOTHING, RESTRICTED
from community.assisting import asking, deciding, rows
from community.assisting.settings import AssistantSettings
from community.assisting.terms import TERMS
from community.assisting.working import LANGUAGE, SUMMARY, TAGS
from community.cases import vocabulary
from community.cases.errors import CaseError
from community.cases.model import CaseView
from community.cases.pages import words as words_of_pages
from community.cases.readers import reader_of
from community.cases.reading import view_case
from community.guarding import ViewerOf, guard
from community.look.words import N_

writes_per_minute: Final = 30
"""From one address."""

WHY: Final[Mapping[str, str]] = {
    NO_OPT_IN: N_("It is not allowed for this case, or was worded anew since."),
    NOT_OPEN: N_("The case is not open at the moment."),
    RESTRICTED: N_("You object to it, or your account is restricted."),
    IDENTIFIES: N_("Something in this text may identify somebody, so nothing was sent:"),
    NOTHING: N_("There is no text yet that could be read."),
}
"""Why a case was told to nobody."""

KINDS: Final = (TAGS, LANGUAGE, SUMMARY)


def create_blueprint(
    archive: Archive, viewer_of: ViewerOf, settings: AssistantSettings
) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("assisting", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=writes_per_minute)
    blueprint.context_processor(words_of_pages)
    words = TERMS[settings.tier]

    def own(slug: str) -> tuple[Person, CaseView]:
        person = require_person()
        view = view_case(archive, reader_of(request, viewer_of()), slug)
        if not view.is_owner:
            raise NotFound("there is no such case of yours")
        return person, view

    def page(view: CaseView, error: CaseError | None = None) -> Response:
        body = render_template(
            "assisting/help.html",
            view=view,
            standing=asking.standing_of(archive, settings, view.case),
            terms=words,
            why=WHY,
            names=vocabulary.NAMES,
            languages=vocabulary.LANGUAGES,
            kinds=KINDS,
            states=rows,
            error=error,
            note=request.args.get("note"),
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    @blueprint.get("/cases/<slug>/help")
    @signed_in
    def of_case(slug: str) -> ResponseReturnValue:
        return page(own(slug)[1])

    @blueprint.post("/cases/<slug>/help")
    @signed_in
    def decide(slug: str) -> ResponseReturnValue:
        person, view = own(slug)
        form = request.form
        act = next((known for name, known in acts.items() if name in form), None)
        if act is None:
            return page(view, CaseError("choose what is to be done", "ask"))
        try:
            note = act(person, view)
        except CaseError as error:
            return page(view, error)
        return redirect(url_for(".of_case", slug=slug, note=note), HTTPStatus.SEE_OTHER)

    def allow(person: Person, view: CaseView) -> str:
        if request.form.get("agreed") != "yes":
            raise CaseError("tick that you allow it first", "agreed")
        asking.allow(archive, settings, person, view.case.id, request.form["allow"])
        asking.ask(archive, settings, person, view.case.id)
        return "asked"

    def take_back(person: Person, view: CaseView) -> str:
        asking.take_back(archive, person, view.case.id)
        return "taken-back"

    def ask(person: Person, view: CaseView) -> str:
        asking.ask(archive, settings, person, view.case.id)
        return "asked"

    def accept(person: Person, view: CaseView) -> str:
        deciding.accept(archive, person, view, request.form["accept"])
        return "accepted"

    def dismiss(_person: Person, view: CaseView) -> str:
        deciding.dismiss(archive, view, request.form["dismiss"])
        return "dismissed"

    acts: Mapping[str, Callable[[Person, CaseView], str]] = {
        "take_back": take_back,
        "accept": accept,
        "dismiss": dismiss,
        "allow": allow,
        "ask": ask,
    }
    return blueprint
