"""Accounts put on an app: pages, the providers' addresses, and what templates find there."""

from __future__ import annotations

import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, render_template, request, url_for

from archive.archive import Archive
from archive.settings import is_loopback
from community.accounts import csrf, people
from community.accounts.dance import Dance
from community.accounts.entry_pages import create_blueprint
from community.accounts.errors import AccountError, ProviderError, TooOften, sentence
from community.accounts.limiting import Limiter
from community.accounts.provider_keys import ProviderKeys
from community.accounts.providers import Provider, configured
from community.accounts.public_pages import create_avatars, create_profiles
from community.accounts.settings import AccountSettings
from community.accounts.shown import shown
from community.accounts.signed_in import ARCHIVE_KEY, person_of
from community.accounts.signing_in import Desk
from community.guarding import PRIVATE_POLICY
from community.look import languages

_STATUSES: tuple[tuple[type[AccountError], HTTPStatus], ...] = (
    (TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (ProviderError, HTTPStatus.BAD_GATEWAY),
    (AccountError, HTTPStatus.BAD_REQUEST),
)
_LINKS = (
    ("Profile", "accounts.profile", "person"),
    ("Ways to sign in", "accounts.accounts", "key"),
    ("Sessions", "accounts.all_sessions", "shield"),
    # Of another room, where that is mounted, too
    ("Notifications", "notices.settings", "bell"),
    ("Decisions", "decisions.listing", "flag"),
    ("Links", "link_settings.listing", "link"),
    ("API tokens", "token_settings.listing", "key"),
    ("Privacy", "privacy.overview", "shield"),
)


def mount(
    app: Flask, archive: Archive, settings: AccountSettings, origin: Callable[[], str]
) -> Desk:
    """Let people sign in, and every page know who did.

    Parameters
    ----------
    origin
        The address by which the reader reached us, with our prefix.
    """
    app.extensions[ARCHIVE_KEY] = archive
    providers = {one.name: one for one in configured(settings)}
    if settings.is_development:
        _allow_plain_http(providers)
    keys = {name: ProviderKeys(one.keys_url) for name, one in providers.items() if one.keys_url}
    limiter = Limiter(settings.sign_ins_per_minute)
    desk = Desk(archive, providers, keys, origin, limiter, settings.is_development)
    for blueprint in (create_blueprint(desk), create_profiles(archive), create_avatars(archive)):
        app.register_blueprint(blueprint)
    for provider in providers.values():
        app.register_blueprint(_dance(desk, provider))
    _tell_templates(app, settings.is_development)
    app.extensions[languages.ACCOUNT] = _language(archive)
    return desk


def _dance(desk: Desk, provider: Provider) -> Dance:
    dance = Dance(provider, desk.begin, desk.end)
    if provider.posts_back:
        dance.add_url_rule(
            "/callback", "posted", lambda: desk.receive_post(dance), methods=["POST"]
        )

    def refuse(error: AccountError) -> Response:
        status = next(number for kind, number in _STATUSES if isinstance(error, kind))
        page = render_template("sign_in_problem.html", reason=sentence(error), provider=provider)
        answer = Response(page, status)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            answer.headers["Retry-After"] = "60"
        return answer

    def protect(response: Response) -> Response:
        response.headers.update(PRIVATE_POLICY)
        return response

    dance.register_error_handler(AccountError, refuse)
    dance.after_request(protect)
    return dance


def _tell_templates(app: Flask, is_development: bool) -> None:
    @app.context_processor
    def who() -> dict[str, Any]:
        person = person_of(request)
        return {
            "person": shown(person) if person else None,
            "csrf_token": lambda: csrf.token(request),
            "account_links": [
                (words, url_for(page), icon)
                for words, page, icon in _LINKS
                if page in app.view_functions
            ],
            "logout_url": url_for("accounts.logout"),
            "is_development_sign_in": is_development,
        }


def _language(archive: Archive) -> languages.Account:
    """The language that people chose, in whatever browser they sign in."""

    def tag() -> str | None:
        person = person_of(request)
        return person.locale if person is not None else None

    def keep(wanted: str) -> None:
        person = person_of(request)
        if person is not None:
            people.change_locale(archive, person.id, wanted)

    return languages.Account(tag, keep)


def _allow_plain_http(providers: dict[str, Provider]) -> None:
    """Let the OAuth library speak http to the stand-ins, which are on this machine."""
    assert all(is_loopback(urlsplit(one.token_url).hostname or "") for one in providers.values())
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
