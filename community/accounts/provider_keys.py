"""The keys with which a provider signs, fetched when needed and kept for a while.

A token that names a key that we do not know makes us look again, as providers change keys without
notice; how often is bounded, so that forged names cost the provider nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from community.accounts.errors import ProviderError, SignInError
from community.accounts.fetching import fetch

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

kept_s: Final = 3600.0
least_pause_s: Final = 10.0
max_keys: Final = 64
max_key_set_bytes: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """A public key.

    Attributes
    ----------
    issuer
        Whose tokens it signs, where the provider says so (Microsoft).
    """

    key: RSAKey
    issuer: str | None


class ProviderKeys:
    """The keys of one provider, shared by threads.

    Parameters
    ----------
    load, clock
        Fetches the key set, and tells seconds; for tests others.
    """

    def __init__(
        self,
        url: str,
        load: Callable[[str], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._load = load or (lambda url: fetch(url, max_key_set_bytes))
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, ProviderKey] = {}
        self._fetched_at = float("-inf")

    def find(self, key_id: object) -> ProviderKey:
        """The key of this name.

        Raises
        ------
        SignInError
            The provider has none.
        ProviderError
            It cannot be asked.
        """
        if isinstance(key_id, str):
            now = self._clock()
            found = self._keys.get(key_id)
            if found is not None and now - self._fetched_at < kept_s:
                return found
            found = self._again(key_id)
            if found is not None:
                return found
        raise SignInError("the provider's answer is signed with a key that it does not have")

    def _again(self, key_id: str) -> ProviderKey | None:
        with self._lock:
            now = self._clock()
            age = now - self._fetched_at
            if age >= kept_s or (key_id not in self._keys and age >= least_pause_s):
                self._keys = _read(self._load(self._url))
                self._fetched_at = now
            return self._keys.get(key_id)


def _read(data: bytes) -> dict[str, ProviderKey]:
    """The keys of a key set that we can use; others are passed over."""
    try:
        rows = json.loads(data)["keys"][:max_keys]
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError("the provider's keys cannot be read") from error
    return dict(filter(None, map(_key, rows)))


def _key(row: Any) -> tuple[str, ProviderKey] | None:
    if not isinstance(row, dict) or row.get("kty") != "RSA" or row.get("use", "sig") != "sig":
        return None
    from joserfc.errors import JoseError  # cryptography is loaded with the first key
    from joserfc.jwk import RSAKey

    name, issuer = row.get("kid"), row.get("issuer")
    try:
        key = RSAKey.import_key({part: row[part] for part in ("kty", "n", "e")})
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(name, str):
        return None
    return name, ProviderKey(key, issuer if isinstance(issuer, str) else None)
