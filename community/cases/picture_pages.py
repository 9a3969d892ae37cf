"""`/cases/<slug>/studies`: the studies of a case, and the frames that are shown beside its text."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.errors import NotFound
from community import statements
from community.accounts.requiring import signed_in
from community.cases import pictures, studies, texts
from community.cases.errors import CaseError
from community.cases.forms import read_day, read_places, read_shown
from community.cases.model import SHOWN, CaseView
from community.cases.pages import Desk
from community.cases.shown import root_of, shown_images
from community.cases.studies_shown import frames_of, own_studies, series_of, studies_of

_YES = "yes"


def add_picture_pages(blueprint: Blueprint, desk: Desk) -> None:
    """Add the pages."""
    pages = _Pages(desk)
    _add_studies(blueprint, pages)
    _add_images(blueprint, pages)
    _add_choosing(blueprint, pages)


class _Pages:
    """The page of studies and key images, and what is done on it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.archive = desk.archive

    def show(self, slug: str, error: CaseError | None = None, about: str = "") -> Response:
        """The page; `about` is the study or the key image that an error is about."""
        person, view = self.desk.own(slug)
        known = {one.study_instance_uid for one in view.studies}
        mine = [one for one in own_studies(self.archive, person) if one.uid not in known]
        body = render_template(
            "cases/pictures.html",
            view=view,
            images=shown_images(view),
            known=studies_of(self.archive, view.case.id),
            mine=mine,
            root=root_of(view.case.id),
            error=error,
            about=about,
            form=request.form,
            done=request.args.get("note"),
            limits=texts,
            statement=_statement(view),
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    def done(self, slug: str, note: str = "saved") -> ResponseReturnValue:
        """Back to the page."""
        return redirect(url_for(".pictures", slug=slug, note=note), HTTPStatus.SEE_OTHER)


def _add_studies(blueprint: Blueprint, pages: _Pages) -> None:
    desk = pages.desk

    @blueprint.get("/cases/<slug>/studies", endpoint="pictures")
    @signed_in
    def show(slug: str) -> ResponseReturnValue:
        return pages.show(slug)

    @blueprint.post("/cases/<slug>/studies")
    @signed_in
    def add_study(slug: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        form = request.form
        wanted = form.get("study", "").strip() or form.get("uid", "").strip()
        agreed = form.get("statement", "") if form.get("confirmed") == _YES else ""
        try:
            studies.add_study(
                desk.archive,
                person,
                view.case.id,
                wanted,
                label=form.get("label", ""),
                relative_day=read_day(form.get("relative_day", "")),
                statement_version=agreed,
            )
        except CaseError as error:
            return pages.show(slug, error)
        return pages.done(slug)

    @blueprint.post("/cases/<slug>/studies/<study>")
    @signed_in
    def change_study(slug: str, study: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        form, case = request.form, view.case.id
        try:
            match form.get("action"):
                case "remove":
                    studies.remove_study(desk.archive, person, case, study)
                case "up" | "down" as way:
                    studies.move_study(desk.archive, person, case, study, -1 if way == "up" else 1)
                case _:
                    day = read_day(form.get("relative_day", ""))
                    label = form.get("label", "")
                    studies.edit_study(
                        desk.archive, person, case, study, label=label, relative_day=day
                    )
        except CaseError as error:
            return pages.show(slug, error, study)
        return pages.done(slug)


def _add_images(blueprint: Blueprint, pages: _Pages) -> None:
    desk = pages.desk

    @blueprint.post("/cases/<slug>/images/<image>")
    @signed_in
    def change_image(slug: str, image: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        form, case = request.form, view.case.id
        try:
            match form.get("action"):
                case "remove":
                    pictures.remove_key_image(desk.archive, person, case, image)
                case "up" | "down" as way:
                    by = -1 if way == "up" else 1
                    pictures.move_key_image(desk.archive, person, case, image, by)
                case _:
                    looked = form.get("looked") == _YES
                    pictures.edit_key_image(
                        desk.archive, person, case, image, read_shown(form), looked=looked
                    )
        except CaseError as error:
            return pages.show(slug, error, image)
        return pages.done(slug)


def _add_choosing(blueprint: Blueprint, pages: _Pages) -> None:
    desk = pages.desk

    def page(slug: str, study: str, error: CaseError | None = None) -> Response:
        _, view = desk.own(slug)
        if all(one.study_instance_uid != study for one in view.studies):
            raise NotFound("this case has no such study")
        case = view.case.id
        several = series_of(desk.archive, case, study)
        asked = request.args.get("series", "")
        series = next((one for one in several if one.uid == asked), several[0] if several else None)
        first = max(request.args.get("first", 0, type=int), 0)
        body = render_template(
            "cases/choose.html",
            view=view,
            study=study,
            several=several,
            series=series,
            frames=frames_of(desk.archive, case, study, series.uid, first) if series else None,
            first=first,
            chosen=_chosen(view, study),
            root=root_of(case),
            error=error,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    @blueprint.get("/cases/<slug>/studies/<study>/choose")
    @signed_in
    def choose(slug: str, study: str) -> ResponseReturnValue:
        return page(slug, study)

    @blueprint.post("/cases/<slug>/studies/<study>/choose")
    @signed_in
    def add_images(slug: str, study: str) -> ResponseReturnValue:
        person, view = desk.own(slug)
        form = request.form
        try:
            places = read_places(study, form.get("series", ""), form.getlist("frame"))
            if not places:
                raise CaseError("choose at least one frame", "key_images")  # noqa: TRY301 - as all
            pictures.add_key_images(desk.archive, person, view.case.id, places)
        except CaseError as error:
            return page(slug, study, error)
        return redirect(f"{url_for('.pictures', slug=slug)}#images", HTTPStatus.SEE_OTHER)


def _chosen(view: CaseView, study: str) -> set[tuple[str, int]]:
    return {
        (one.sop_instance_uid, one.frame)
        for one in view.key_images
        if one.study_instance_uid == study
    }


def _statement(view: CaseView) -> statements.Statement | None:
    """What is confirmed when a case that others see gets one more study."""
    return statements.current(statements.PUBLISH) if view.case.state in SHOWN else None
