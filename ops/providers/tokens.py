"""How a stand-in signs: its keys, which can be changed for others at any time, and its tokens."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

_LIVES_S = 600


class Signer:
    """The keys of one provider.

    Parameters
    ----------
    key_issuer
        What its key set says of whose tokens a key signs (Microsoft does).
    """

    def __init__(self, key_issuer: str | None = None) -> None:
        self._key_issuer = key_issuer
        self._key = RSAKey.generate_key(2048, auto_kid=True)

    def rotate(self) -> None:
        """Sign with another key from now on, and forget the one before."""
        self._key = RSAKey.generate_key(2048, auto_kid=True)

    def key_set(self) -> dict[str, Any]:
        """The public keys, as they are published."""
        public = {**self._key.as_dict(private=False), "kid": self._key.kid, "use": "sig"}
        if self._key_issuer is not None:
            public["issuer"] = self._key_issuer
        # Sets of real providers have keys of kinds that we do not use.
        return {"keys": [{"kty": "oct", "kid": "other", "k": "AA"}, {**public, "alg": "RS256"}]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return an id_token that says this."""
        now = int(time.time())
        header = {"alg": "RS256", "kid": self._key.kid}
        return jwt.encode(header, {"iat": now, "exp": now + _LIVES_S, **claims}, self._key)
