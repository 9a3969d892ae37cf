"""Where providers tell us of people, and where who asked at Facebook sees how far it is.

``/auth/facebook/data-deletion`` and ``/auth/apple/notifications`` are there only where one can sign
in with that provider. Nobody is signed in who calls them; what counts is the signature.
``/deletion-status/<code>`` tells nothing of anybody.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from community.accounts.errors import AccountError, ProviderError, sentence
from community.accounts.provider_keys import ProviderKeys
from community.accounts.providers import Provider
from community.accounts.settings import APPLE, FACEBOOK
from community.guarding import guard
from community.requests import apple, facebook, kinds
from community.requests.provider_wishes import Told, erase_told, erasure_of
from telemetry.logs import get_logger

log = get_logger(__name__)

max_told_per_minute: Final = 600
"""From one network: providers speak for many people."""
max_code_chars: Final = 64
max_body_bytes: Final = 32 * 1024


def create_blueprints(
    archive: Archive,
    providers: Mapping[str, Provider],
    keys: Mapping[str, ProviderKeys],
    origin: Callable[[], str],
) -> tuple[Blueprint, ...]:
    """Make the blueprints.

    Parameters
    ----------
    origin
        The address by which the sender reached us, with our prefix.
    """
    told = Blueprint("auth_told", __name__)
    endpoints = ("auth_told.facebook_deletion", "auth_told.apple_notice")
    guard(told, dict.fromkeys(endpoints, max_body_bytes), max_told_per_minute)
    told.register_error_handler(AccountError, _refuse)
    if FACEBOOK in providers:
        _add_facebook(told, archive, providers[FACEBOOK], origin)
    if APPLE in providers:
        _add_apple(told, archive, providers[APPLE], keys[APPLE])
    return told, _status(archive)


def _add_facebook(
    blueprint: Blueprint, archive: Archive, provider: Provider, origin: Callable[[], str]
) -> None:
    secret = provider.registration.secret

    @blueprint.post(f"/auth/{FACEBOOK}/data-deletion")
    def facebook_deletion() -> ResponseReturnValue:
        signed = request.form.get("signed_request", "")
        told = Told(FACEBOOK, facebook.subject_of(signed, secret), "data-deletion")
        code = facebook.code_of(signed, secret)
        erase_told(archive, told, code)
        address = f"{origin()}/deletion-status/{code}"
        return jsonify(url=address, confirmation_code=code)


def _add_apple(
    blueprint: Blueprint, archive: Archive, provider: Provider, keys: ProviderKeys
) -> None:
    named = (provider.registration.client_id, os.environ.get(apple.APP_ID, ""))
    audiences = tuple(filter(None, named))

    @blueprint.post(f"/auth/{APPLE}/notifications")
    def apple_notice() -> ResponseReturnValue:
        body = request.get_json(silent=True)
        payload = body.get("payload") if isinstance(body, dict) else None
        told = apple.read_notice(payload, keys, provider.issuer, audiences)
        act = apple.ACTS.get(told.event)
        if act is None:
            # New kinds come without notice; Apple would send it again and again.
            log.warning("a provider told something that is not known")
        else:
            act(archive, told)
        return Response(status=HTTPStatus.OK)


def _status(archive: Archive) -> Blueprint:
    pages = Blueprint("deletion_status", __name__, template_folder="../templates")
    guard(pages)

    @pages.get("/deletion-status/<code>")
    def status(code: str) -> ResponseReturnValue:
        found = erasure_of(archive, code[: max_code_chars + 1])
        return render_template("requests/deletion.html", ticket=found, tables=kinds)

    return pages


def _refuse(error: AccountError) -> Response:
    """Say no to a program; of what it sent nothing is repeated."""
    log.warning("what a provider told was not believed", error=type(error).__name__)
    is_theirs = isinstance(error, ProviderError)
    answer = jsonify(error=sentence(error))
    answer.status_code = HTTPStatus.BAD_GATEWAY if is_theirs else HTTPStatus.BAD_REQUEST
    return answer
