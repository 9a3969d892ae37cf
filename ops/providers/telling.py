"""How stand-ins tell a server of people: Facebook's deletion request, Apple's notifications.

As the real ones they call from their own machine, with nothing that a browser would send.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any, Final

import requests

from community.accounts.providers import fake_registration
from community.accounts.settings import APPLE, FACEBOOK
from ops.providers.app import Fakes
from ops.providers.people import Played

_TIMEOUT_S: Final = 30


def signed_request(person: Played, secret: str | None = None, **changed: Any) -> str:
    """What Facebook posts when somebody wants their data deleted."""
    said = {
        "algorithm": "HMAC-SHA256",
        "user_id": person.subject(FACEBOOK),
        "issued_at": int(time.time()),
        **changed,
    }
    payload = _spelled(json.dumps(said).encode())
    key = secret or fake_registration(FACEBOOK).secret
    return f"{_spelled(hmac.digest(key.encode(), payload.encode(), hashlib.sha256))}.{payload}"


def notice(fakes: Fakes, person: Played, event: str, **changed: Any) -> str:
    """What Apple signs when something happened to somebody's account there."""
    happened: dict[str, Any] = {
        "type": event,
        "sub": person.subject(APPLE),
        "event_time": int(time.time() * 1000),
    }
    if event.startswith("email-"):
        happened |= {"email": person.claims(APPLE).get("email"), "is_private_email": "true"}
    claims = {
        "iss": f"{fakes.base}/{APPLE}",
        "aud": fake_registration(APPLE).client_id,
        "jti": f"{time.time_ns()}",
        "events": json.dumps(happened),
        **changed,
    }
    return fakes.signers[APPLE].sign(claims)


def send_deletion(origin: str, signed: str) -> requests.Response:
    """Post a deletion request to a server."""
    address = f"{origin}/auth/{FACEBOOK}/data-deletion"
    return requests.post(address, data={"signed_request": signed}, timeout=_TIMEOUT_S)


def send_notice(origin: str, payload: str) -> requests.Response:
    """Post a notification to a server."""
    address = f"{origin}/auth/{APPLE}/notifications"
    return requests.post(address, json={"payload": payload}, timeout=_TIMEOUT_S)


def _spelled(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
