"""What a stand-in remembers: codes that it gave, access that came of them, who consented before."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from ops.providers.people import Played

max_kept = 10_000
_CODE_LIVES_S = 300


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody's consent, on its way to the client."""

    provider: str
    client_id: str
    redirect_uri: str
    nonce: str
    challenge: str
    person: Played
    given_at: float


class Grants:
    """Codes and what became of them; shared by threads, and bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: OrderedDict[str, Grant] = OrderedDict()
        self._access: OrderedDict[str, Grant] = OrderedDict()
        self._consented: set[tuple[str, str]] = set()

    def give(self, grant: Grant) -> str:
        """Return a code for a consent."""
        return self._keep(self._codes, grant)

    def redeem(self, code: str) -> Grant | None:
        """What a code stands for, once."""
        with self._lock:
            grant = self._codes.pop(code, None)
        if grant is None or time.monotonic() - grant.given_at > _CODE_LIVES_S:
            return None
        return grant

    def let_in(self, grant: Grant) -> str:
        """Return an access token."""
        return self._keep(self._access, grant)

    def holder(self, access_token: str) -> Grant | None:
        """Whose access token this is."""
        with self._lock:
            return self._access.get(access_token)

    def is_first(self, provider: str, person: Played) -> bool:
        """Whether this is the first consent of somebody; asked once a consent."""
        with self._lock:
            known = (provider, person.key) in self._consented
            self._consented.add((provider, person.key))
        return not known

    def forget_consent(self, provider: str, person: Played) -> None:
        """As if the person had withdrawn it in the provider's settings."""
        with self._lock:
            self._consented.discard((provider, person.key))

    def _keep(self, kept: OrderedDict[str, Grant], grant: Grant) -> str:
        name = secrets.token_urlsafe(24)
        with self._lock:
            kept[name] = grant
            while len(kept) > max_kept:
                kept.popitem(last=False)
        return name
