"""What everybody sees of a person: the page of their profile, and their picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts import avatars, credentials
from community.accounts.people import SHOWN, Person, find_by_handle
from community.accounts.shown import shown
from community.guarding import POLICY, guard

_MORE: Final = "dicomtube.profile_more"

Fill = Callable[[Person], Mapping[str, Any]]
"""Gives the page of somebody's profile what another part of the community knows of them."""


def fill_profiles(app: Flask, fill: Fill) -> None:
    """Have the profiles of an app show more, as their template knows it."""
    app.extensions.setdefault(_MORE, []).append(fill)


def create_profiles(archive: Archive) -> Blueprint:
    """Make the blueprint of ``/u/<handle>``."""
    blueprint = Blueprint("profiles", __name__, template_folder="../templates")
    guard(blueprint)

    @blueprint.get("/u/<handle>")
    def profile(handle: str) -> ResponseReturnValue:
        person = find_by_handle(archive, handle)
        if person is None or person.state not in SHOWN:
            raise NotFound("there is nobody of this name")
        if person.handle != handle:
            return redirect(
                url_for(".profile", handle=person.handle), HTTPStatus.PERMANENT_REDIRECT
            )
        said = credentials.of_person(archive, person.id)
        more: dict[str, Any] = {}
        for fill in cast("list[Fill]", current_app.extensions.get(_MORE, [])):
            more.update(fill(person))
        return render_template("profile.html", who=shown(person), credentials=said, **more)

    return blueprint


def create_avatars(archive: Archive) -> Blueprint:
    """Make the blueprint of ``/avatars/<key>.webp``; a key is never used for another picture."""
    blueprint = Blueprint("avatars", __name__)

    @blueprint.get("/avatars/<key>.webp")
    def avatar(key: str) -> Response:
        data = avatars.find_avatar(archive, key)
        if data is None:
            return Response(status=HTTPStatus.NOT_FOUND)
        answer = Response(data, mimetype=avatars.media_type)
        answer.headers["Cache-Control"] = "public, max-age=86400, immutable, s-maxage=0"
        return answer

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.update(POLICY)
        return response

    return blueprint
