"""`/cases/<slug>/publish`: who sees a case, and what its owner confirms before."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from community import statements
from community.accounts.requiring import signed_in
from community.cases import checking, publishing
from community.cases.errors import CaseError, VersionConflict
from community.cases.forms import read_version
from community.cases.model import PUBLIC, UNLISTED, CaseView
from community.cases.pages import Desk

_YES = "yes"


def add_publish_pages(blueprint: Blueprint, desk: Desk) -> None:
    """Add the pages."""

    def page(view: CaseView, error: CaseError | None = None) -> Response:
        case = view.case
        body = render_template(
            "cases/publish.html",
            view=view,
            missing=checking.missing_of(case, view.sections, view.studies, view.key_images),
            findings=checking.findings_of(case, view.sections, view.key_images),
            statement=statements.current(statements.PUBLISH),
            who_sees=statements.WHO_SEES,
            states=(PUBLIC, UNLISTED),
            wanted=request.form.get("state") or (case.state if case.state == UNLISTED else PUBLIC),
            error=error,
            form=request.form,
        )
        if isinstance(error, VersionConflict):
            return Response(body, HTTPStatus.CONFLICT)
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    @blueprint.get("/cases/<slug>/publish")
    @signed_in
    def publish(slug: str) -> ResponseReturnValue:
        return page(desk.own(slug)[1])

    @blueprint.post("/cases/<slug>/publish")
    @signed_in
    def publish_case(slug: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        form = request.form
        if form.get("confirmed") != _YES:
            return page(view, CaseError("confirm what you share first", "confirmed"))
        try:
            publishing.publish(
                desk.archive,
                person,
                view.case.id,
                read_version(form),
                form.get("statement", ""),
                state=form.get("state", ""),
                looked=form.get("looked") == _YES,
            )
        except CaseError as error:
            return page(desk.view(slug), error)
        return redirect(url_for(".show", slug=slug, note="published"), HTTPStatus.SEE_OTHER)

    _add_steps_back(blueprint, desk, page)


def _add_steps_back(
    blueprint: Blueprint, desk: Desk, page: Callable[[CaseView, CaseError | None], Response]
) -> None:
    steps = {"unlist": publishing.unlist, "withdraw": publishing.withdraw}

    @blueprint.post("/cases/<slug>/state")
    @signed_in
    def step_back(slug: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        step = steps.get(request.form.get("step", ""))
        if step is None:
            return page(view, CaseError("choose what is to be done with the case", "step"))
        try:
            step(desk.archive, person, view.case.id)
        except CaseError as error:
            return page(desk.view(slug), error)
        return redirect(url_for(".show", slug=slug, note="hidden"), HTTPStatus.SEE_OTHER)

    @blueprint.post("/cases/<slug>/remove")
    @signed_in
    def remove(slug: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        if request.form.get("sure") != _YES:
            return page(view, CaseError("tick that the case is to be removed for good", "sure"))
        publishing.tombstone(desk.archive, person, view.case.id)
        return redirect(url_for(".mine", note="removed"), HTTPStatus.SEE_OTHER)
