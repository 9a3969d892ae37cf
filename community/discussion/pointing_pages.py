"""`/cases/<slug>/comments/point`: choosing the spot that a comment is about.

A frame, drawn large; a region is marked on it with a pointer, or typed. Whatever is typed works
without a script, and for whoever uses no pointer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts.requiring import signed_in
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.cases.shown import title_of
from community.cases.studies_shown import Listed, frames_of, series_of
from community.discussion.errors import TalkError
from community.discussion.model import Spot
from community.discussion.showing import Form
from community.discussion.spot_forms import window_in
from community.discussion.spots_shown import large_side, picture_of
from community.discussion.writing import require_writer


def add_pointing(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    """Add the page."""

    @blueprint.get("/point")
    @signed_in
    def point(slug: str) -> ResponseReturnValue:
        asking = reader()
        view = view_case(archive, asking, slug)
        require_writer(view, asking)
        return render_template("discussion/point.html", **_found(archive, view))


def _found(archive: Archive, view: CaseView) -> dict[str, Any]:
    """What the page shows: the frame that the address names, or the first that there is."""
    study = _study(view)
    several = series_of(archive, view.case.id, study)
    series = _series(several)
    at = max(request.args.get("at", 0, type=int), 0)
    frames = frames_of(archive, view.case.id, study, series.uid, at) if series else None
    spot = None
    if series is not None and frames is not None and frames.items:
        first = frames.items[0]
        spot = Spot("", study, series.uid, first.instance, first.number)
    try:
        window = window_in(request.args)
        problem = ""
    except TalkError as error:
        window, problem = None, str(error)
    if spot is not None:
        spot = replace(spot, window=window)
    return {
        "view": view,
        "title": title_of(view),
        "study": study,
        "several": several,
        "series": series,
        "spot": spot,
        "at": at,
        "total": frames.total if frames else 0,
        "picture": picture_of(view, spot, large_side) if spot else "",
        "problem": problem,
        "form": Form(f"{request.script_root}/cases/{view.case.slug}/comments"),
    }


def _study(view: CaseView) -> str:
    if not view.studies:
        raise NotFound("this case has no images")
    asked = request.args.get("study", "")
    known = [one.study_instance_uid for one in view.studies]
    if asked and asked not in known:
        raise NotFound("this case has no such study")
    return asked or known[0]


def _series(several: list[Listed]) -> Listed | None:
    asked = request.args.get("series", "")
    return next((one for one in several if one.uid == asked), several[0] if several else None)
