"""`/cases/new` and `/cases/<slug>/edit`: the text of a case."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from community.accounts.requiring import require_person, signed_in
from community.cases import checking, editing, studies, texts
from community.cases.editing import CaseText, text_of
from community.cases.errors import CaseError, VersionConflict
from community.cases.forms import read_text, read_version, sections_of
from community.cases.model import SHOWN, CaseView
from community.cases.pages import Desk
from community.cases.screening import Finding


def add_edit_pages(blueprint: Blueprint, desk: Desk) -> None:
    """Add the pages."""
    _add_new(blueprint, desk)
    _add_edit(blueprint, desk)


def _add_new(blueprint: Blueprint, desk: Desk) -> None:
    def page(error: CaseError | None = None) -> Response:
        body = render_template(
            "cases/new.html",
            form=request.form if error else request.args,
            error=error,
            limits=texts,
        )
        return _answer(body, error)

    @blueprint.get("/cases/new")
    @signed_in
    def new() -> ResponseReturnValue:
        return page()

    @blueprint.post("/cases/new")
    @signed_in
    def make() -> ResponseReturnValue:
        person, form = require_person(), request.form
        text = CaseText(
            title=form.get("title", ""),
            specialty=form.get("specialty", ""),
            is_unknown=form.get("is_unknown") == "yes",
        )
        try:
            case = editing.make_case(desk.archive, person, text)
        except CaseError as error:
            return page(error)
        if study := form.get("study", "").strip():
            try:
                studies.add_study(desk.archive, person, case.id, study)
            except CaseError:
                return redirect(url_for(".pictures", slug=case.slug, note="not-added"), 303)
        return redirect(url_for(".edit", slug=case.slug), HTTPStatus.SEE_OTHER)


def _add_edit(blueprint: Blueprint, desk: Desk) -> None:
    def page(view: CaseView, text: CaseText, error: CaseError | None = None) -> Response:
        body = render_template(
            "cases/edit.html",
            view=view,
            text=text,
            sections=sections_of(text),
            error=error,
            is_conflict=isinstance(error, VersionConflict),
            version=error.current if isinstance(error, VersionConflict) else view.case.version,
            findings=_findings(view, text) if error and error.field == "looked" else (),
            note=request.form.get("note", ""),
            done=request.args.get("note"),
            is_shown=view.case.state in SHOWN,
            limits=texts,
        )
        return _answer(body, error)

    @blueprint.get("/cases/<slug>/edit")
    @signed_in
    def edit(slug: str) -> ResponseReturnValue:
        _, view = desk.own(slug)
        return page(view, text_of(view.case, view.sections))

    @blueprint.post("/cases/<slug>/edit")
    @signed_in
    def edit_text(slug: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        form, text = request.form, read_text(request.form)
        try:
            editing.edit_case(
                desk.archive,
                person,
                view.case.id,
                read_version(form),
                text,
                note=form.get("note", ""),
                looked=form.get("looked") == "yes",
            )
        except CaseError as error:
            # Its text is what they wrote; whatever else the page shows is what there is now.
            return page(desk.view(slug), text, error)
        return redirect(url_for(".edit", slug=slug, note="saved"), HTTPStatus.SEE_OTHER)


def _findings(view: CaseView, text: CaseText) -> list[Finding]:
    """What its author is to look at in what they wrote, beyond what was there before."""
    wanted = replace(
        view.case,
        title=text.title,
        unknown_title=text.unknown_title,
        is_unknown=text.is_unknown,
    )
    known = checking.findings_of(view.case, view.sections, view.key_images)
    found = checking.findings_of(wanted, text.sections, view.key_images)
    return [one for one in found if one not in known]


def _answer(body: str, error: CaseError | None) -> Response:
    if isinstance(error, VersionConflict):
        return Response(body, HTTPStatus.CONFLICT)
    return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)
