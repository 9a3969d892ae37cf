"""The pages of cases: `/cases` (one's own), `/cases/<slug>`, its revisions, and what writes them.

Each is an ordinary form that works without a script. What a reader sees is `reading`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import BadSearch, NotFound
from community.accounts.people import Person
from community.accounts.requiring import require_person, signed_in
from community.accounts.shown import shown
from community.cases import revisions, vocabulary
from community.cases.model import DRAFT, PUBLIC, UNLISTED, CaseView
from community.cases.readers import Reader, reader_of
from community.cases.reading import CaseQuery, list_cases, view_case
from community.cases.shown import description_of, shown_case, title_of
from community.cases.slots import fill_slots
from community.guarding import PRIVATE_POLICY, ViewerOf, guard
from community.ids import is_id

writes_per_minute: Final = 120
"""From one address: a room of people who write shares one."""

max_text_bytes: Final = 4 * 1024 * 1024
"""Of a form with all texts of a case: as many signs as are kept, in the longest spelling."""

_WITH_VIEWER: Final = {
    "Content-Security-Policy": PRIVATE_POLICY["Content-Security-Policy"] + "; frame-src 'self'",
    # The viewer in a frame shares memory with its workers only in a page that is isolated itself.
    "Cross-Origin-Embedder-Policy": "require-corp",
}
_STATES: Final = (DRAFT, UNLISTED, PUBLIC)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages of cases are given."""

    archive: Archive
    viewer_of: ViewerOf

    def reader(self) -> Reader:
        """Who asks."""
        return reader_of(request, self.viewer_of())

    def view(self, slug: str) -> CaseView:
        """A case as who asks may know it."""
        return view_case(self.archive, self.reader(), slug)

    def own(self, slug: str) -> tuple[Person, CaseView]:
        """A case that who asks may change.

        Raises
        ------
        Unauthenticated, NotFound
            Nobody is signed in, or it is not theirs.
        """
        person = require_person()
        view = self.view(slug)
        if not view.may_edit:
            raise NotFound("there is no such case of yours")
        return person, view


def create_blueprint(desk: Desk, *add: Callable[[Blueprint, Desk], None]) -> Blueprint:
    """Make the blueprint.

    Parameters
    ----------
    add
        Adds further pages to it.
    """
    blueprint = Blueprint("cases", __name__, template_folder="../templates")

    @blueprint.before_request
    def make_room() -> None:
        if request.endpoint == "cases.edit_text":
            request.max_form_memory_size = max_text_bytes

    @blueprint.after_request
    def let_viewer_in(response: Response) -> Response:
        if request.endpoint == "cases.show":
            response.headers.update(_WITH_VIEWER)
        return response

    guard(blueprint, {"cases.edit_text": max_text_bytes}, writes_per_minute)
    blueprint.app_context_processor(_navigation)
    blueprint.context_processor(words)
    for one in (_add_reading, _add_revisions, *add):
        one(blueprint, desk)
    return blueprint


def _navigation() -> dict[str, Any]:
    return {"cases_url": url_for("cases.mine")}


def words() -> dict[str, Any]:
    """What templates of pages about a case need besides."""
    return {
        "vocabulary": vocabulary,
        "title_of": title_of,
        # Of other rooms, where those are mounted, too
        "has_page": lambda endpoint: endpoint in current_app.view_functions,
    }


def _add_reading(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.get("/cases")
    @signed_in
    def mine() -> ResponseReturnValue:
        person, state = require_person(), request.args.get("state", "")
        wanted = CaseQuery(owner=person.id, state=state if state in _STATES else None)
        try:
            page = list_cases(desk.archive, desk.reader(), wanted, request.args.get("cursor", ""))
        except BadSearch:
            return redirect(url_for(".mine", state=state or None), HTTPStatus.SEE_OTHER)
        return render_template(
            "cases/mine.html",
            page=page,
            cases=[(view, shown_case(view)) for view in page.items],
            state=state,
            states=_STATES,
            is_first="cursor" not in request.args,
            note=request.args.get("note"),
        )

    @blueprint.get("/cases/<slug>")
    def show(slug: str) -> ResponseReturnValue:
        reader = desk.reader()
        view = view_case(desk.archive, reader, slug)
        if is_id(slug):
            return redirect(url_for(".show", slug=view.case.slug), HTTPStatus.PERMANENT_REDIRECT)
        found = shown_case(view)
        return render_template(
            "cases/case.html",
            view=view,
            shown=found,
            author=shown(view.author) if view.author else None,
            description=description_of(view, found.sections),
            slots=fill_slots(view, reader),
            note=request.args.get("note"),
        )


def _add_revisions(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.get("/cases/<slug>/revisions")
    def history(slug: str) -> ResponseReturnValue:
        view = desk.view(slug)
        listed = revisions.list_revisions(desk.archive, view)
        return render_template("cases/revisions.html", view=view, revisions=listed)

    @blueprint.get("/cases/<slug>/revisions/<int:number>")
    def revision(slug: str, number: int) -> ResponseReturnValue:
        view = desk.view(slug)
        one, changes = revisions.find_revision(desk.archive, view, number)
        return render_template("cases/revision.html", view=view, revision=one, changes=changes)
