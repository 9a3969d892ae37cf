"""Flask-Dance, with what belongs to one login kept with its request.

A blueprint of Flask-Dance keeps the OAuth session and the parameters of its two requests on itself,
where all threads meet: under load one login is sent with another's PKCE verifier. Here all three
are the request's own (`flask.g`). Tokens are kept nowhere, and state, nonce and verifier come from
`attempts`, not from a cookie. What happens at the two addresses is `signing_in`'s to say.

References
----------
docs/decisions/0170-signing-in.md; RFC 6749 section 4.1, RFC 7636 section 4 (S256).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any, cast

import requests
from flask import g
from flask.typing import ResponseReturnValue
from flask_dance.consumer import OAuth2ConsumerBlueprint
from flask_dance.consumer.requests import OAuth2Session
from flask_dance.consumer.storage import BaseStorage
from oauthlib.oauth2 import OAuth2Error

from community.accounts.attempts import Attempt
from community.accounts.errors import ProviderError, SignInError
from community.accounts.fetching import timeout_s
from community.accounts.providers import Provider

View = Callable[["Dance"], ResponseReturnValue]


class NoStorage(BaseStorage):  # type: ignore[misc]  # no types
    """Keeps no token: a sign-in needs it for a second, and nobody later."""

    def get(self, blueprint: object) -> None:
        return None

    def set(self, blueprint: object, token: object) -> None:
        return None

    def delete(self, blueprint: object) -> None:
        return None


class Dance(OAuth2ConsumerBlueprint):  # type: ignore[misc]  # no types
    """The addresses at which one provider is begun with and comes back to.

    Parameters
    ----------
    begin, end
        What is done at ``/auth/<provider>/login`` and ``/auth/<provider>/callback``.
    """

    def __init__(self, provider: Provider, begin: View, end: View) -> None:
        self.provider = provider
        self._begin, self._end = begin, end
        super().__init__(
            f"auth_{provider.name}",
            __name__,
            client_id=provider.registration.client_id,
            url_prefix=f"/auth/{provider.name}",
            login_url="/login",
            authorized_url="/callback",
            authorization_url=provider.authorization_url,
            token_url=provider.token_url,
            storage=NoStorage(),
            template_folder="../templates",
        )

    def login(self) -> ResponseReturnValue:
        """Send somebody to the provider."""
        return self._begin(self)

    def authorized(self) -> ResponseReturnValue:
        """Receive somebody from the provider."""
        return self._end(self)

    def send_off(self, attempt: Attempt, callback: str) -> str:
        """Return the address to which to send somebody for this attempt."""
        self.session.redirect_uri = callback
        self.session.scope = self.provider.scope
        self.authorization_url_params = {
            **self.provider.parameters,
            "nonce": attempt.nonce,
            "code_challenge": _challenge(attempt.pkce_verifier),
            "code_challenge_method": "S256",
        }
        url, _ = self.session.authorization_url(
            self.authorization_url, state=attempt.state, **self.authorization_url_params
        )
        return str(url)

    def exchange(self, attempt: Attempt, code: str, callback: str) -> dict[str, Any]:
        """Give the provider a code of this attempt for its tokens.

        Raises
        ------
        SignInError
            It does not take the code.
        ProviderError
            It cannot be asked.
        """
        self.session.redirect_uri = callback
        self.session.register_compliance_hook("access_token_response", _not_down)
        self.token_url_params = {"code_verifier": attempt.pkce_verifier}
        try:
            token = self.session.fetch_token(
                self.token_url,
                code=code,
                include_client_id=True,
                client_secret=self.provider.client_secret(),
                timeout=timeout_s,
                **self.token_url_params,
            )
        except OAuth2Error as error:
            raise SignInError("the provider does not accept its own answer; begin again") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderError("the provider cannot be reached just now; try again") from error
        return dict(token)

    # ---- what Flask-Dance keeps on the blueprint, for each request

    @property
    def session(self) -> OAuth2Session:
        """The OAuth session of this request."""
        kept = self._kept()
        if "session" not in kept:
            kept["session"] = OAuth2ConsumerBlueprint.session.fget(self)
        return kept["session"]

    def teardown_session(self, exception: BaseException | None = None) -> None:
        """Close the session of this request, if it had one."""
        kept = g.pop(self._place, {})
        if "session" in kept:
            kept["session"].close()

    @property
    def authorization_url_params(self) -> dict[str, str]:
        """Parameters with which this request sends somebody off."""
        return cast("dict[str, str]", self._kept().setdefault("authorization", {}))

    @authorization_url_params.setter
    def authorization_url_params(self, values: dict[str, str]) -> None:
        self._set("authorization", values)

    @property
    def token_url_params(self) -> dict[str, str]:
        """Parameters with which this request asks for tokens."""
        return cast("dict[str, str]", self._kept().setdefault("token", {}))

    @token_url_params.setter
    def token_url_params(self, values: dict[str, str]) -> None:
        self._set("token", values)

    @property
    def _place(self) -> str:
        return f"dance_{self.provider.name}"

    def _kept(self) -> dict[str, Any]:
        return cast("dict[str, Any]", g.setdefault(self._place, {}))

    def _set(self, name: str, values: dict[str, str]) -> None:
        # Flask-Dance sets both to nothing when it makes the blueprint, before any request.
        if g:
            self._kept()[name] = values


def _not_down(answer: requests.Response) -> requests.Response:
    if answer.status_code >= requests.codes.server_error:
        raise ProviderError("the provider cannot do it just now; try again")
    return answer


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
