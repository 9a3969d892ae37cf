"""The stand-ins' pages and endpoints: consent, tokens, keys, Facebook's profile, pictures."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from PIL import Image

from archive.settings import is_loopback
from community.accounts.providers import fake_registration
from community.accounts.settings import (
    APPLE,
    FACEBOOK,
    GOOGLE,
    MICROSOFT,
    PROVIDER_NAMES,
)
from ops.providers.grants import Grant, Grants
from ops.providers.people import PEOPLE, Played, played
from ops.providers.tokens import Signer

_SCOPES: Final = {
    GOOGLE: "openid https://www.googleapis.com/auth/userinfo.email "
    "https://www.googleapis.com/auth/userinfo.profile",
    MICROSOFT: "openid email profile",
}
_CANCELLED: Final = {APPLE: "user_cancelled_authorize"}
Change = Callable[[dict[str, Any]], dict[str, Any] | str]


class Fakes:
    """The state of all four, with handles by which tests make them misbehave.

    Attributes
    ----------
    base
        The address at which browsers reach us.
    change_claims
        Given the claims of the next tokens; returns others, or a whole token.
    is_down
        Answer nothing but 503.
    """

    def __init__(self, base: str) -> None:
        self.grants = Grants()
        self.change_claims: Change | None = None
        self.is_down = False
        self.move_to(base)

    def move_to(self, base: str) -> None:
        """Be reached at another address from now on, with other keys."""
        self.base = base
        self.signers = {
            GOOGLE: Signer(),
            MICROSOFT: Signer(f"{base}/{MICROSOFT}/{{tenantid}}"),
            APPLE: Signer(),
        }

    def claims(self, grant: Grant) -> dict[str, Any]:
        """What a token says of a consent."""
        provider, person = grant.provider, grant.person
        issuer = f"{self.base}/{provider}"
        claims = {
            "iss": f"{issuer}/{person.tenant}" if provider == MICROSOFT else issuer,
            "aud": grant.client_id,
            "sub": person.subject(provider),
            **({"nonce": grant.nonce} if grant.nonce else {}),
            **person.claims(provider),
        }
        if provider == GOOGLE:
            claims["picture"] = f"{self.base}/{provider}/pictures/{person.key}.png"
        return claims

    def id_token(self, grant: Grant) -> str:
        """A signed token, unless a test wants another one."""
        claims = self.claims(grant)
        if self.change_claims is not None:
            changed = self.change_claims(claims)
            if isinstance(changed, str):
                return changed
            claims = changed
        return self.signers[grant.provider].sign(claims)


def create_app(fakes: Fakes) -> Flask:
    """Make the app of all four, each below its own path."""
    app = Flask(__name__)
    app.extensions["fakes"] = fakes

    @app.before_request
    def know_the_provider() -> None:
        provider = (request.view_args or {}).get("provider")
        if provider is not None and provider not in PROVIDER_NAMES:
            abort(HTTPStatus.NOT_FOUND)
        if fakes.is_down:
            abort(HTTPStatus.SERVICE_UNAVAILABLE)

    @app.get("/")
    def start() -> str:
        return "Stand-ins of identity providers; a development server sends people here."

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=HTTPStatus.NO_CONTENT)

    @app.get("/<provider>/authorize")
    def ask(provider: str) -> ResponseReturnValue:
        problem = _problem(provider)
        if problem:
            return Response(problem, HTTPStatus.BAD_REQUEST, mimetype="text/plain")
        return render_template("consent.html", provider=provider, people=PEOPLE)

    @app.post("/<provider>/authorize")
    def consent(provider: str) -> ResponseReturnValue:
        problem = _problem(provider)
        if problem:
            return Response(problem, HTTPStatus.BAD_REQUEST, mimetype="text/plain")
        return _answer(fakes, provider)

    @app.post("/<provider>/token")
    def token(provider: str) -> ResponseReturnValue:
        return _token(fakes, provider)

    @app.get("/<provider>/keys")
    def keys(provider: str) -> Response:
        if provider not in fakes.signers:
            abort(HTTPStatus.NOT_FOUND)
        return jsonify(fakes.signers[provider].key_set())

    @app.get(f"/{FACEBOOK}/me")
    def me() -> ResponseReturnValue:
        return _me(fakes)

    @app.get("/<provider>/pictures/<key>.png")
    def picture(provider: str, key: str) -> Response:
        digest = hashlib.sha256(f"{provider} {key}".encode()).digest()
        out = BytesIO()
        Image.new("RGB", (96, 96), (digest[0], digest[1], digest[2])).save(out, "PNG")
        return Response(out.getvalue(), mimetype="image/png")

    return app


def _problem(provider: str) -> str | None:
    """Why the provider would not even ask its user."""
    wanted, ours = request.args, fake_registration(provider)
    redirect_uri = urlsplit(wanted.get("redirect_uri", ""))
    if wanted.get("client_id") != ours.client_id:
        return "unknown client_id"
    if not is_loopback(redirect_uri.hostname or ""):
        return "redirect_uri is not on this machine"
    if not redirect_uri.path.endswith(f"/auth/{provider}/callback"):
        return "redirect_uri is not registered"
    if wanted.get("response_type") != "code":
        return "response_type must be code"
    scopes = set(wanted.get("scope", "").split())
    if provider == APPLE and scopes and wanted.get("response_mode") != "form_post":
        return "response_mode must be form_post when name or email scope is requested"
    if provider in (GOOGLE, MICROSOFT) and "openid" not in scopes:
        return "scope must have openid"
    return None


def _answer(fakes: Fakes, provider: str) -> ResponseReturnValue:
    """Send the browser back with a code, or with the news that its user turned back."""
    redirect_uri = request.args["redirect_uri"]
    fields = {"state": request.args.get("state", "")}
    if "cancel" in request.form:
        fields["error"] = _CANCELLED.get(provider, "access_denied")
    else:
        person = played(request.form.get("somebody") or request.form.get("as", ""))
        fields |= _consented(fakes, provider, person)
    if provider == APPLE:
        return render_template("post_back.html", to=redirect_uri, fields=fields)
    mark = "#_=_" if provider == FACEBOOK else ""
    return redirect(f"{redirect_uri}?{urlencode(fields)}{mark}")


def _consented(fakes: Fakes, provider: str, person: Played) -> dict[str, str]:
    grant = Grant(
        provider,
        request.args["client_id"],
        request.args["redirect_uri"],
        request.args.get("nonce", ""),
        request.args.get("code_challenge", ""),
        person,
        time.monotonic(),
    )
    fields = {"code": fakes.grants.give(grant)}
    if provider == APPLE and fakes.grants.is_first(provider, person):
        name = {"firstName": person.first_name, "lastName": person.last_name}
        fields["user"] = json.dumps({"name": name, "email": person.email})
    return fields


def _token(fakes: Fakes, provider: str) -> ResponseReturnValue:
    form = request.form
    if not _is_client(provider, f"{fakes.base}/{provider}"):
        return jsonify(error="invalid_client"), HTTPStatus.UNAUTHORIZED
    grant = fakes.grants.redeem(form.get("code", ""))
    if (
        grant is None
        or grant.provider != provider
        or grant.redirect_uri != form.get("redirect_uri")
        or (grant.challenge and grant.challenge != _challenge(form.get("code_verifier", "")))
    ):
        return jsonify(error="invalid_grant"), HTTPStatus.BAD_REQUEST
    answer = {
        "access_token": fakes.grants.let_in(grant),
        "token_type": "bearer" if provider == FACEBOOK else "Bearer",
        "expires_in": 3600,
    }
    if provider in _SCOPES:
        answer["scope"] = _SCOPES[provider]
    if provider != FACEBOOK:
        answer["id_token"] = fakes.id_token(grant)
    return jsonify(answer)


def _is_client(provider: str, issuer: str) -> bool:
    ours, secret = fake_registration(provider), request.form.get("client_secret", "")
    if request.form.get("client_id") != ours.client_id:
        return False
    if provider != APPLE:
        return secret == ours.secret
    try:
        signed = jwt.decode(secret, ECKey.import_key(ours.secret), algorithms=["ES256"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ours.team_id},
            sub={"essential": True, "value": ours.client_id},
            aud={"essential": True, "value": issuer},
            exp={"essential": True},
        ).validate(signed.claims)
    except (JoseError, ValueError):
        return False
    return signed.header.get("kid") == ours.key_id


def _me(fakes: Fakes) -> ResponseReturnValue:
    access = request.args.get("access_token", "")
    secret = fake_registration(FACEBOOK).secret.encode()
    proof = hmac.new(secret, access.encode(), hashlib.sha256).hexdigest()
    grant = fakes.grants.holder(access)
    if grant is None or grant.provider != FACEBOOK or request.args.get("appsecret_proof") != proof:
        return jsonify(error={"type": "OAuthException", "code": 190}), HTTPStatus.BAD_REQUEST
    person = grant.person
    picture = {"url": f"{fakes.base}/{FACEBOOK}/pictures/{person.key}.png", "is_silhouette": False}
    told = {"id": person.subject(FACEBOOK), "name": person.name, "picture": {"data": picture}}
    return jsonify(told | ({"email": person.email} if person.email else {}))


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
