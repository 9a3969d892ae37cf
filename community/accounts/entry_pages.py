"""The pages at the door: signing in, being made welcome, signing out, taking an offered role."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.database import writing
from community.accounts import avatars, csrf, identities, offers, requiring, sessions
from community.accounts.attempts import safe_next
from community.accounts.errors import AccountError, SignInError, sentence
from community.accounts.handles import max_handle_chars, neutral_handle
from community.accounts.identities import Newcomer
from community.accounts.settings_pages import ROOMS, add_settings
from community.accounts.signed_in import COOKIE, drop_private_cookie, forget_session, person_of
from community.accounts.signing_in import WELCOME_COOKIE, Desk, require_secure
from community.guarding import guard
from community.look import languages
from community.policies.documents import to_agree

log = logging.getLogger(__name__)


def create_blueprint(desk: Desk) -> Blueprint:
    """Make the blueprint; the pages of the settings are part of it."""
    blueprint = Blueprint("accounts", __name__, template_folder="../templates")
    guard(blueprint, ROOMS)
    add_settings(blueprint, desk)

    @blueprint.get("/login")
    def login() -> ResponseReturnValue:
        next_path = safe_next(request.args.get("next"))
        if person_of(request) is not None:
            return redirect(request.script_root + next_path)
        turned = desk.providers.get(request.args.get("turned", ""))
        return render_template(
            "login.html",
            providers=desk.providers.values(),
            next_path=next_path,
            turned=turned,
            trouble=_trouble(),
        )

    @blueprint.post("/logout")
    def logout() -> ResponseReturnValue:
        sessions.end(desk.archive, request.cookies.get(COOKIE, ""))
        response = redirect(f"{request.script_root}/", HTTPStatus.SEE_OTHER)
        forget_session(response)
        return response

    @blueprint.get("/welcome")
    def welcome() -> ResponseReturnValue:
        newcomer = _newcomer(desk)
        if newcomer is None:
            return redirect(url_for(".login"))
        return _welcome_page(desk, newcomer, neutral_handle())

    @blueprint.post("/welcome")
    def enter() -> ResponseReturnValue:
        newcomer = _newcomer(desk)
        if newcomer is None:
            raise SignInError("this page is out of date; sign in again")
        csrf.check_field(request, request.cookies[WELCOME_COOKIE])
        if request.form.get("action") == "cancel":
            return _turn_back(desk, newcomer)
        return _admit(desk, newcomer)

    @blueprint.get("/offer")
    @requiring.signed_in
    def offer() -> ResponseReturnValue:
        secret = request.args.get("k", "")
        role = offers.offered_role(desk.archive, secret)
        if role is None:
            raise AccountError("this offer was taken before, or is too old")
        return render_template("offer.html", role=role, secret=secret)

    @blueprint.post("/offer")
    @requiring.signed_in
    def take_offer() -> ResponseReturnValue:
        person = requiring.require_person()
        offers.take(desk.archive, request.form.get("k", ""), person.id)
        return redirect(url_for(".profile"), HTTPStatus.SEE_OTHER)

    return blueprint


def _trouble() -> str | None:
    """Why nobody can sign in over this connection, if so."""
    try:
        require_secure()
    except SignInError as error:
        return sentence(error)
    return None


def _newcomer(desk: Desk) -> Newcomer | None:
    return identities.find_newcomer(desk.archive, request.cookies.get(WELCOME_COOKIE, ""))


def _welcome_page(
    desk: Desk, newcomer: Newcomer, handle: str, problems: tuple[tuple[str, str], ...] = ()
) -> Response:
    token = csrf.token_of(request.cookies[WELCOME_COOKIE])
    told = newcomer.told
    page: dict[str, Any] = {
        "told": told,
        "provider": desk.providers.get(told.provider),
        "handle": handle,
        "max_handle_chars": max_handle_chars,
        "display_name": request.form.get("display_name", ""),
        "wants_picture": request.form.get("picture") == "yes",
        "agreed": request.form.get("agree") == "yes",
        "problems": problems,
        "token": token,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return Response(render_template("welcome.html", **page), status)


def _turn_back(desk: Desk, newcomer: Newcomer) -> ResponseReturnValue:
    identities.forget_newcomer(desk.archive, newcomer)
    response = redirect(f"{request.script_root}/", HTTPStatus.SEE_OTHER)
    drop_private_cookie(response, WELCOME_COOKIE)
    return response


def _admit(desk: Desk, newcomer: Newcomer) -> ResponseReturnValue:
    handle = request.form.get("handle", "")
    if request.form.get("agree") != "yes":
        problems = (("f-agree-yes", "An account needs your agreement."),)
        return _welcome_page(desk, newcomer, handle, problems)
    name = request.form.get("display_name")
    try:
        with writing(desk.archive.engine) as connection:
            person_id = identities.admit(
                connection, newcomer, handle, to_agree(), name, languages.current()
            )
    except SignInError:
        raise
    except AccountError as error:
        return _welcome_page(desk, newcomer, handle, (("f-handle", sentence(error)),))
    to = request.script_root + newcomer.next_path
    if not _picture_copied(desk, newcomer, person_id):
        to = url_for(".profile", note="picture")
    response = redirect(to, HTTPStatus.SEE_OTHER)
    drop_private_cookie(response, WELCOME_COOKIE)
    desk.start_session(response, person_id)
    return response


def _picture_copied(desk: Desk, newcomer: Newcomer, person_id: str) -> bool:
    """Copy the provider's picture if that is wanted; False if it could not be had."""
    url, provider = newcomer.told.picture_url, desk.providers.get(newcomer.told.provider)
    if request.form.get("picture") != "yes" or url is None or provider is None:
        return True
    try:
        avatars.copy_avatar(desk.archive, person_id, provider, url)
    except AccountError:
        log.info("a provider's picture could not be copied")
        return False
    return True
