"""Whom one can sign in as, and how each provider would tell of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from community.accounts.settings import APPLE, FACEBOOK, GOOGLE, MICROSOFT

_PERSONAL: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
_HOSPITAL: Final = "5f2d7c1e-0b1a-4c3d-9e8f-a1b2c3d4e5f6"

max_key_chars: Final = 40


@dataclass(frozen=True, slots=True)
class Played:
    """Somebody made up.

    Attributes
    ----------
    relays
        Hides the address at Apple.
    tenant
        Where Microsoft has them.
    """

    key: str
    name: str
    email: str | None
    note: str = ""
    relays: bool = False
    tenant: str = _PERSONAL

    def subject(self, provider: str) -> str:
        """The provider's own name for them, the same each time."""
        digits = hashlib.sha256(f"{provider} {self.key}".encode()).hexdigest()
        if provider in (GOOGLE, FACEBOOK):
            return str(int(digits[:18], 16))
        if provider == APPLE:
            return (
                f"000{int(digits[:3], 16) % 1000:03d}.{digits[3:35]}.{int(digits[35:38], 16):04d}"
            )
        return digits[:43]

    def claims(self, provider: str) -> dict[str, Any]:
        """What the provider tells of them in a token, beside what every token has."""
        return _TELL[provider](self)

    @property
    def first_name(self) -> str:
        """The first of their names."""
        return self.name.partition(" ")[0]

    @property
    def last_name(self) -> str:
        """The rest of them."""
        return self.name.partition(" ")[2]


def _google(one: Played) -> dict[str, Any]:
    names = {"name": one.name, "given_name": one.first_name, "family_name": one.last_name}
    return {"email": one.email, "email_verified": True, **names}


def _microsoft(one: Played) -> dict[str, Any]:
    login = one.email or f"{one.key}@hospital.example"
    claims = {"name": one.name, "preferred_username": login, "tid": one.tenant, "ver": "2.0"}
    return claims | ({"email": one.email} if one.email else {})


def _apple(one: Played) -> dict[str, Any]:
    claims: dict[str, Any] = {"nonce_supported": True}
    if one.relays:
        relay = f"{one.subject(APPLE)[7:17]}@privaterelay.appleid.com"
        # As Apple sends them: words instead of booleans.
        return claims | {"email": relay, "email_verified": "true", "is_private_email": "true"}
    return claims | {"email": one.email, "email_verified": "true"}


_TELL: Final = {GOOGLE: _google, MICROSOFT: _microsoft, APPLE: _apple}

PEOPLE: Final = (
    Played("ada", "Ada Lindqvist", "ada@example.org"),
    Played("ben", "Ben Okafor", "ben@example.org", "hides the address at Apple", relays=True),
    Played("cleo", "Cleo Marchetti", None, "signs in by phone: no e-mail address"),
    Played(
        "not-ada",
        "Someone Else",
        "ada@example.org",
        "claims Ada's address, at a hospital's tenant",
        tenant=_HOSPITAL,
    ),
)


def played(key: str) -> Played:
    """Whoever has this key, made up just now if nobody has."""
    known = next((one for one in PEOPLE if one.key == key), None)
    if known is not None:
        return known
    plain = "".join(c for c in key.lower() if c.isascii() and (c.isalnum() or c == "-"))
    plain = plain[:max_key_chars] or "nobody"
    return Played(plain, f"{plain.title()} Example", f"{plain}@example.org")
