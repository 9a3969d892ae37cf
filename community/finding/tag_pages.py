"""Tags on pages: all of them, and those of a case with the form by which they are changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from archive.archive import Archive
from archive.errors import NotAllowed
from community.accounts.requiring import signed_in
from community.cases.errors import CaseError
from community.cases.model import CaseView
from community.cases.readers import reader_of
from community.cases.reading import view_case
from community.finding import tagging, terms
from community.finding.tagging import Tag, max_tag_chars, max_tags
from community.guarding import ViewerOf, guard

writes_per_minute: Final = 60


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint of ``/tags`` and ``/cases/<slug>/tags``."""
    blueprint = Blueprint("tags", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=writes_per_minute)

    @blueprint.get("/tags")
    def listing() -> str:
        return render_template("finding/tags.html", groups=_grouped(tagging.most_used(archive)))

    @blueprint.get("/cases/<slug>/tags")
    @signed_in
    def of_case(slug: str) -> str:
        return _form(_own(slug), request.args.get("find", "")[:max_tag_chars])

    @blueprint.post("/cases/<slug>/tags")
    @signed_in
    def change(slug: str) -> ResponseReturnValue:
        view = _own(slug)
        try:
            _change(view)
        except CaseError as error:
            page = _form(view, "", request.form.get("add", ""), str(error))
            return Response(page, HTTPStatus.BAD_REQUEST)
        return _back(slug)

    def _change(view: CaseView) -> None:
        removed = request.form.get("remove")
        if removed is not None:
            tagging.remove_tag(archive, view, removed)
        else:
            tagging.add_tag(archive, view, request.form.get("add", ""))

    def _own(slug: str) -> CaseView:
        view = view_case(archive, reader_of(request, viewer_of()), slug)
        if not view.may_edit:
            raise NotAllowed("only the author of a case gives it tags")
        return view

    def _form(view: CaseView, find: str, typed: str = "", error: str = "") -> str:
        given = tagging.tags_of(archive, view)
        known = {one.slug for one in given}
        found = [one for one in terms.suggest(find) if tagging.slug_of(one.label) not in known]
        return render_template(
            "finding/case_tags.html",
            view=view,
            tags=given,
            find=find,
            found=found,
            kinds=terms.GROUPS,
            typed=typed,
            error=error,
            max_tags=max_tags,
            max_tag_chars=max_tag_chars,
        )

    return blueprint


def _back(slug: str) -> BaseResponse:
    return redirect(url_for("tags.of_case", slug=slug), HTTPStatus.SEE_OTHER)


def _grouped(used: list[tuple[Tag, int]]) -> list[tuple[str, list[tuple[Tag, int]]]]:
    """Tags by the kind of term that they are; those that people made are last, under no name."""
    groups: dict[str, list[tuple[Tag, int]]] = {name: [] for name in (*terms.GROUPS, "")}
    for one, cases in used:
        term = terms.find_term(one.label) if one.code else None
        groups[term.kind if term is not None else ""].append((one, cases))
    return [
        (terms.GROUPS[name][0] if name else "", sorted(several, key=lambda pair: pair[0].label))
        for name, several in groups.items()
        if several
    ]
