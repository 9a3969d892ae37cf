"""`/cases/<slug>/help`: what an author allows, asks for and decides.

Nobody talks to a machine here: there is no field to type in, and what a service is told is the
case itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the pages are given."""

    archive: Archive
    viewer_of: ViewerOf
    settings: AssistantSettings

    def own(self, slug: str) -> tuple[Person, CaseView]:
        """Who asks, and a case of theirs."""
        person = require_person()
        view = view_case(self.archive, reader_of(request, self.viewer_of()), slug)
        if not view.is_owner:
            raise NotFound("there is no such case of yours")
        return person, view

    def page(self, view: CaseView, error: CaseError | None = None) -> Response:
        body = render_template(
            "assisting/help.html",
            view=view,
            standing=asking.standing_of(self.archive, self.settings, view.case),
            terms=TERMS[self.settings.tier],
            why=WHY,
            names=vocabulary.NAMES,
            languages=vocabulary.LANGUAGES,
            kinds=KINDS,
            states=rows,
            error=error,
            note=request.args.get("note"),
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)


def create_blueprint(
    archive: Archive, viewer_of: ViewerOf, settings: AssistantSettings
) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("assisting", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=writes_per_minute)
    blueprint.context_processor(words_of_pages)
    desk = _Desk(archive, viewer_of, settings)

    @blueprint.get("/cases/<slug>/help")
    @signed_in
    def of_case(slug: str) -> ResponseReturnValue:
        return desk.page(desk.own(slug)[1])

    @blueprint.post("/cases/<slug>/help")
    @signed_in
    def decide(slug: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        act = next((known for name, known in _ACTS.items() if name in request.form), None)
        if act is None:
            return desk.page(view, CaseError("choose what is to be done", "ask"))
        try:
            note = act(desk, person, view)
        except CaseError as error:
            return desk.page(view, error)
        return redirect(url_for(".of_case", slug=slug, note=note), HTTPStatus.SEE_OTHER)

    return blueprint


def _allow(desk: _Desk, person: Person, view: CaseView) -> str:
    if request.form.get("agreed") != "yes":
        raise CaseError("tick that you allow it first", "agreed")
    version = request.form["allow"]
    asking.allow(desk.archive, desk.settings, person, view.case.id, version)
    return _ask(desk, person, view)


def _ask(desk: _Desk, person: Person, view: CaseView) -> str:
    asking.ask(desk.archive, desk.settings, person, view.case.id)
    return "asked"


def _take_back(desk: _Desk, person: Person, view: CaseView) -> str:
    asking.take_back(desk.archive, person, view.case.id)
    return "taken-back"


def _accept(desk: _Desk, person: Person, view: CaseView) -> str:
    deciding.accept(desk.archive, person, view, request.form["accept"])
    return "accepted"


def _dismiss(desk: _Desk, _person: Person, view: CaseView) -> str:
    deciding.dismiss(desk.archive, view, request.form["dismiss"])
    return "dismissed"


_ACTS: Final[Mapping[str, Callable[[_Desk, Person, CaseView], str]]] = {
    "take_back": _take_back,
    "accept": _accept,
    "dismiss": _dismiss,
    "allow": _allow,
    "ask": _ask,
}
"""By the name of the button, or of the form, what is done; it gives what the page says then."""
