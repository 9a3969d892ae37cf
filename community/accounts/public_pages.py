"""What everybody sees of a person: the page of their profile, and their picture."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts import avatars, credentials
from community.accounts.people import SHOWN, find_by_handle
from community.accounts.shown import shown
from community.guarding import POLICY, guard


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
        return render_template("profile.html", who=shown(person), credentials=said)

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
        answer.headers["Cache-Control"] = "public, max-age=86400, immutable"
        return answer

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.update(POLICY)
        return response

    return blueprint
