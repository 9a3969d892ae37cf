"""The way through a provider: sent off, received, and then signed in, linked or made welcome.

The two ends of it, `begin` and `end`, are the views of `Dance`; Apple's answer comes by a third,
`receive_post`. Nothing that a browser brings back is believed but the state of an attempt that this
browser began.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from archive.archive import Archive
from archive.database import writing
from archive.settings import is_loopback
from community.accounts import attempts, identities, sessions
from community.accounts.attempts import LINK, Attempt, safe_next
from community.accounts.dance import Dance
from community.accounts.errors import ProviderError, SignInError
from community.accounts.fetching import fetch
from community.accounts.id_tokens import believed_claims
from community.accounts.limiting import Limiter
from community.accounts.people import CLOSING
from community.accounts.provider_keys import ProviderKeys
from community.accounts.providers import Provider, Told, apple_name, max_subject_chars
from community.accounts.secret import derived, is_same, max_secret_chars, new_secret
from community.accounts.settings import FACEBOOK
from community.accounts.signed_in import (
    COOKIE,
    drop_private_cookie,
    set_private_cookie,
    set_session,
    signed_in,
)
from community.audit.trail import by_person, record

BROWSER_COOKIE: Final = "__Host-dt_sign_in"
WELCOME_COOKIE: Final = "__Host-dt_welcome"
_BROWSER_S: Final = 3600
max_posted_bytes: Final = 16 * 1024
max_profile_bytes: Final = 64 * 1024
_FACEBOOK_FIELDS: Final = "id,name,email,picture.width(320).height(320)"
_CAME_BACK: Final = "/settings/privacy?kept=1"
"""Where those are led who were to be erased."""
_TURNED_BACK: Final = frozenset({"access_denied", "user_cancelled_authorize", "user_denied"})


@dataclass(frozen=True)
class Desk:
    """What signing in works with.

    Attributes
    ----------
    origin
        The address by which the reader reached us, with our prefix.
    """

    archive: Archive
    providers: Mapping[str, Provider]
    keys: Mapping[str, ProviderKeys]
    origin: Callable[[], str]
    limiter: Limiter
    is_development: bool = False

    # ---- sent off

    def begin(self, dance: Dance) -> ResponseReturnValue:
        """Send somebody to a provider, to sign in or to link it to their account."""
        self.limiter.take(request.remote_addr or "")
        require_secure()
        person, next_path = self._linking(dance.provider), safe_next(request.args.get("next"))
        browser = _browser() or new_secret()
        attempt = attempts.begin(self.archive, browser, dance.provider.name, next_path, person)
        response = redirect(dance.send_off(attempt, self._callback(dance.provider)))
        set_private_cookie(response, BROWSER_COOKIE, browser, _BROWSER_S)
        return response

    def _linking(self, provider: Provider) -> str | None:
        """Whose account is to be linked; the link for it could only be made by their own page."""
        given = request.args.get("link")
        if given is None:
            return None
        found = signed_in(request)
        if found is None or not is_same(given, link_token(found.secret, provider.name)):
            raise SignInError("this link is out of date; open the page of your accounts again")
        return found.person.id

    def _callback(self, provider: Provider) -> str:
        return f"{self.origin()}/auth/{provider.name}/callback"

    # ---- received

    def receive_post(self, dance: Dance) -> ResponseReturnValue:
        """Keep what was posted across sites, where our cookies are not sent; ask to come again."""
        self.limiter.take(request.remote_addr or "")
        request.max_content_length = max_posted_bytes
        fields = {name: request.form.get(name, "") for name in ("state", "code", "user", "error")}
        key = attempts.keep_posted(self.archive, fields)
        return _see_other(url_for(".authorized", k=key))

    def end(self, dance: Dance) -> ResponseReturnValue:
        """Receive somebody with the provider's answer."""
        answer = self._end(dance)
        if isinstance(answer, AnyResponse) and answer.location and "#" not in answer.location:
            # Facebook sends people with `#_=_`, which browsers carry on unless there is another.
            answer.location += "#main" if dance.provider.name == FACEBOOK else ""
        return answer

    def _end(self, dance: Dance) -> ResponseReturnValue:
        key = request.args.get("k") if dance.provider.posts_back else None
        if key and not _browser() and "again" not in request.args:
            # Some browsers keep Lax cookies back along redirects that began elsewhere.
            return Response(render_template("sign_in_again.html", key=key))
        fields = attempts.take_posted(self.archive, key) if key else request.args
        attempt = attempts.take(self.archive, _browser(), dance.provider.name, fields.get("state"))
        name = self._name_told_once(fields)
        if fields.get("error"):
            return self._turned_back(dance.provider, attempt, str(fields["error"]))
        told = self._told(dance, attempt, fields.get("code") or "")
        if name and not told.given_name:
            told = replace(told, given_name=name)
        return self._link(attempt, told) if attempt.purpose == LINK else self._enter(attempt, told)

    def _name_told_once(self, fields: Mapping[str, str]) -> str | None:
        """Apple's name for a person, which comes with the first consent and never again."""
        user = _json_object(fields.get("user"))
        if user:
            name = apple_name(user)
            if name:
                attempts.keep_name(self.archive, _browser(), name)
            return name
        return None

    def _turned_back(self, provider: Provider, attempt: Attempt, error: str) -> AnyResponse:
        if error not in _TURNED_BACK:
            raise ProviderError(f"{provider.title} could not do it just now; try again")
        query = urlencode({"turned": provider.name, "next": attempt.next_path})
        page = "accounts.accounts" if attempt.purpose == LINK else "accounts.login"
        return _see_other(f"{url_for(page)}?{query}")

    def _told(self, dance: Dance, attempt: Attempt, code: str) -> Told:
        if not code:
            raise SignInError("the provider did not say who it is")
        provider = dance.provider
        token = dance.exchange(attempt, code, self._callback(provider))
        if provider.profile_url is not None:
            return _read(provider, self._profile(provider, token))
        keys = self.keys[provider.name]
        return _read(
            provider, believed_claims(provider, keys, token.get("id_token"), attempt.nonce)
        )

    def _profile(self, provider: Provider, token: Mapping[str, Any]) -> dict[str, Any]:
        """Ask Facebook who it is; the proof shows that it is us who have the token."""
        access = str(token.get("access_token", ""))
        secret = provider.client_secret().encode()
        proof = hmac.new(secret, access.encode(), hashlib.sha256).hexdigest()
        query = {"fields": _FACEBOOK_FIELDS, "access_token": access, "appsecret_proof": proof}
        assert provider.profile_url is not None
        return _json_object(fetch(provider.profile_url, max_profile_bytes, query))

    # ---- and then

    def _link(self, attempt: Attempt, told: Told) -> AnyResponse:
        found = signed_in(request)
        if found is None or found.person.id != attempt.person:
            raise SignInError("you are signed in as somebody else now; nothing was linked")
        identities.link(self.archive, found.person.id, told)
        return _see_other(url_for("accounts.accounts", linked=told.provider))

    def _enter(self, attempt: Attempt, told: Told) -> AnyResponse:
        if told.given_name is None:
            told = replace(told, given_name=attempts.take_name(self.archive, _browser()))
        person = identities.sign_in(self.archive, told)
        if person is None:
            secret = identities.keep_newcomer(self.archive, told, attempt.next_path)
            response = _see_other(url_for("accounts.welcome"))
            set_private_cookie(response, WELCOME_COOKIE, secret, identities.sign_up_lives_s)
        else:
            path = _CAME_BACK if person.state == CLOSING else attempt.next_path
            response = _see_other(request.script_root + path)
            self.start_session(response, person.id)
        drop_private_cookie(response, BROWSER_COOKIE)
        return response

    def start_session(self, response: AnyResponse, person_id: str) -> None:
        """Give the browser a session of its own; the one that it had before is over."""
        with writing(self.archive.engine) as connection:
            sessions.end_in(connection, request.cookies.get(COOKIE, ""))
            sessions.sweep(connection)
            secret = sessions.begin(connection, person_id, request.user_agent.string)
            record(connection, by_person(person_id), "account.signed_in", subject=person_id)
        set_session(response, secret)


def link_token(secret: str, provider: str) -> str:
    """What the link that adds a provider to an account carries; it works in one session."""
    return derived(secret, f"link {provider}")


def require_secure() -> None:
    """Refuse to begin where the browser would not keep our cookies.

    Raises
    ------
    SignInError
        The page came over a plain connection from another machine.
    """
    host = request.host.rpartition(":")[0] or request.host
    if not request.is_secure and not is_loopback(host.strip("[]")):
        raise SignInError("signing in needs https; ask the operator of this server for it")


def _browser() -> str:
    return request.cookies.get(BROWSER_COOKIE, "")[:max_secret_chars]


def _see_other(path: str) -> AnyResponse:
    return redirect(path, HTTPStatus.SEE_OTHER)


def _json_object(text: str | bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read(provider: Provider, claims: Mapping[str, Any]) -> Told:
    try:
        told = provider.read(claims)
    except (KeyError, TypeError, ValueError) as error:
        raise SignInError("the provider did not say who it is") from error
    if not 0 < len(told.subject) <= max_subject_chars:
        raise SignInError("the provider did not say who it is")
    return told
