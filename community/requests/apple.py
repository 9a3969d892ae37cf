"""Apple's notifications about people who sign in with it: what they say, if Apple signed them.

References
----------
Apple, "Processing changes for Sign in with Apple accounts"; RFC 7519 (JWT), RFC 8725.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from archive.archive import Archive
from community.accounts.errors import SignInError
from community.accounts.id_tokens import leeway_s, signed_claims
from community.accounts.provider_keys import ProviderKey, ProviderKeys
from community.accounts.providers import max_subject_chars
from community.accounts.settings import APPLE
from community.requests import provider_wishes
from community.requests.provider_wishes import Told

APP_ID: Final = "DICOMTUBE_APPLE_APP_ID"
"""The primary App ID, which notifications may be for instead of the Services ID."""

max_event_chars: Final = 4 * 1024
_MILLISECONDS_FROM: Final = 10**11
"""A number of seconds is not as large for a thousand years."""

ACTS: Final[Mapping[str, Callable[[Archive, Told], None]]] = MappingProxyType(
    {
        "email-disabled": provider_wishes.stop_mail,
        "email-enabled": provider_wishes.allow_mail,
        "consent-revoked": provider_wishes.end_sessions,
        # Called by both names, in what Apple wrote at different times.
        "account-delete": provider_wishes.account_gone,
        "account-deleted": provider_wishes.account_gone,
    }
)
"""What is done for each kind of event."""


def read_notice(
    payload: object, keys: ProviderKeys, issuer: str, audiences: tuple[str, ...]
) -> Told:
    """Return what a notification tells, once all of it that must be checked was.

    Raises
    ------
    SignInError
        It is not from Apple for us, or tells nothing that can be read.
    ProviderError
        Apple's keys cannot be had.
    """

    from joserfc import jwt

    def check(claims: dict[str, Any], _key: ProviderKey) -> None:
        jwt.JWTClaimsRegistry(
            leeway=leeway_s,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "values": list(audiences)},
            iat={"essential": True},
            exp={"essential": True},
        ).validate(claims)

    claims = signed_claims(keys, payload, check)
    event = _event(claims.get("events"))
    kind, subject = event.get("type"), event.get("sub")
    if not isinstance(kind, str) or not isinstance(subject, str):
        raise SignInError("this notification tells of nobody")
    if not 0 < len(subject) <= max_subject_chars:
        raise SignInError("this notification tells of nobody")
    return Told(APPLE, subject, kind, _moment(event.get("event_time")))


def _event(said: object) -> dict[str, Any]:
    """The one event, which is JSON within JSON."""
    if isinstance(said, str) and len(said) <= max_event_chars:
        try:
            said = json.loads(said)
        except (ValueError, RecursionError):
            said = None
    return said if isinstance(said, dict) else {}


def _moment(said: object) -> datetime | None:
    """When it happened: in seconds as Apple's page shows it, in milliseconds as it sends it."""
    if not isinstance(said, int) or not 0 < said < 10**14:
        return None
    return datetime.fromtimestamp(said / 1000 if said > _MILLISECONDS_FROM else said, UTC)
