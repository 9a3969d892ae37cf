"""The pages on which people look after their account: profile, ways in, sessions."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from community.accounts import avatars, credentials, identities, people, sessions
from community.accounts.errors import AccountError, sentence
from community.accounts.people import Person
from community.accounts.requiring import require_person
from community.accounts.requiring import signed_in as needs_sign_in
from community.accounts.shown import shown
from community.accounts.signed_in import signed_in
from community.accounts.signing_in import Desk, link_token

_FILE = "picture"
ROOMS = {"accounts.change_picture": avatars.max_file_bytes + 64 * 1024}
"""What is sent to a page that takes a file."""


def add_settings(blueprint: Blueprint, desk: Desk) -> None:
    """Add ``/settings/…`` to the blueprint of accounts."""
    _add_profile(blueprint, desk)
    _add_ways_in(blueprint, desk)
    _add_sessions(blueprint, desk)


def _add_profile(blueprint: Blueprint, desk: Desk) -> None:
    archive = desk.archive

    def page(person: Person, problem: tuple[str, str] | None = None) -> Response:
        said = credentials.of_person(archive, person.id)
        body = render_template(
            "settings_profile.html",
            who=shown(person),
            credentials=said,
            form=request.form,
            problem=problem,
            limits=people,
            note=request.args.get("note"),
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/settings/profile")
    @needs_sign_in
    def profile() -> ResponseReturnValue:
        return page(require_person())

    @blueprint.post("/settings/profile")
    @needs_sign_in
    def change_profile() -> ResponseReturnValue:
        person, form = require_person(), request.form
        try:
            people.change_profile(archive, person.id, form.get("display_name"), form.get("bio"))
        except AccountError as error:
            return page(person, ("f-display_name", sentence(error)))
        return _back("profile", note="saved")

    @blueprint.post("/settings/profile/picture")
    @needs_sign_in
    def change_picture() -> ResponseReturnValue:
        person = require_person()
        if request.form.get("action") == "remove":
            avatars.drop_avatar(archive, person.id)
            return _back("profile", note="saved")
        sent = request.files.get(_FILE)
        if sent is None or not sent.filename:
            return page(person, (f"f-{_FILE}", "Choose a picture first."))
        try:
            avatars.set_avatar(archive, person.id, sent.stream.read(avatars.max_file_bytes + 1))
        except AccountError as error:
            return page(person, (f"f-{_FILE}", sentence(error)))
        return _back("profile", note="saved")

    @blueprint.post("/settings/profile/credentials")
    @needs_sign_in
    def change_credentials() -> ResponseReturnValue:
        person, form = require_person(), request.form
        try:
            if removed := form.get("remove"):
                credentials.remove(archive, person.id, removed)
            else:
                credentials.add(archive, person.id, form.get("credential", ""))
        except AccountError as error:
            return page(person, ("f-credential", sentence(error)))
        return _back("profile", note="saved")


def _add_ways_in(blueprint: Blueprint, desk: Desk) -> None:
    archive = desk.archive

    @blueprint.get("/settings/accounts")
    @needs_sign_in
    def accounts() -> ResponseReturnValue:
        found = signed_in(request)
        assert found is not None
        mine = identities.of_person(archive, found.person.id)
        links = {name: link_token(found.secret, name) for name in desk.providers}
        return render_template(
            "settings_accounts.html",
            identities=mine,
            providers=desk.providers,
            links=links,
            linked=desk.providers.get(request.args.get("linked", "")),
            turned=desk.providers.get(request.args.get("turned", "")),
            unlinked="unlinked" in request.args,
        )

    @blueprint.post("/settings/accounts/unlink")
    @needs_sign_in
    def unlink() -> ResponseReturnValue:
        identities.unlink(archive, require_person().id, request.form.get("identity", ""))
        return _back("accounts", unlinked="1")


def _add_sessions(blueprint: Blueprint, desk: Desk) -> None:
    archive = desk.archive

    @blueprint.get("/settings/sessions")
    @needs_sign_in
    def all_sessions() -> ResponseReturnValue:
        found = signed_in(request)
        assert found is not None
        return render_template(
            "settings_sessions.html",
            sessions=sessions.of_person(archive, found.person.id),
            this=found.session.id,
            ended=request.args.get("ended"),
        )

    @blueprint.post("/settings/sessions/end")
    @needs_sign_in
    def end_session() -> ResponseReturnValue:
        found = signed_in(request)
        assert found is not None
        wanted = request.form.get("session", "")
        if wanted == "others":
            ended = sessions.end_others(archive, found.person.id, found.session.id)
            return _back("all_sessions", ended=str(ended))
        ended_one = sessions.end_one(archive, found.person.id, wanted)
        return _back("all_sessions", ended=str(int(ended_one)))


def _back(page: str, **query: str) -> ResponseReturnValue:
    return redirect(f"{url_for(f'accounts.{page}')}?{urlencode(query)}", HTTPStatus.SEE_OTHER)
