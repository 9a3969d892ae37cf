"""Believing an id_token, or not: signature, issuer, audience, time and nonce.

References
----------
OpenID Connect Core 1.0 section 3.1.3.7 (ID Token Validation); RFC 8725 (JWT Best Current
Practices); Microsoft identity platform, "Validate the issuer" and "Validate the signing key
issuer".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from community.accounts.errors import SignInError
from community.accounts.provider_keys import ProviderKey, ProviderKeys
from community.accounts.providers import Provider, max_subject_chars

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

max_token_chars: Final = 16 * 1024
leeway_s: Final = 60
_ALGORITHMS: Final = ("RS256",)
"""What all of them sign with; whatever else a token claims is refused, `none` above all."""

Check = Callable[[dict[str, Any], ProviderKey], None]

_TENANT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TENANT_PLACES: Final = ("{tid}", "{tenantid}")


def believed_claims(
    provider: Provider, keys: ProviderKeys, id_token: object, nonce: str
) -> dict[str, Any]:
    """Return what a token says, once all of it that must be checked was.

    Raises
    ------
    SignInError
        Something about it is wrong.
    ProviderError
        The provider's keys cannot be had.
    """
    return signed_claims(keys, id_token, lambda claims, key: _check(provider, claims, key, nonce))


def signed_claims(keys: ProviderKeys, token: object, check: Check) -> dict[str, Any]:
    """Return what a token of a provider says, if it is signed with a key of that provider.

    Parameters
    ----------
    check
        Raises an error of the library, or a `ValueError`, for what is signed and yet not for us.

    Raises
    ------
    SignInError
        Something about it is wrong.
    ProviderError
        The provider's keys cannot be had.
    """
    if not isinstance(token, str) or not 0 < len(token) <= max_token_chars:
        raise SignInError("the provider did not say who it is")
    from joserfc import jwt  # cryptography is loaded with the first token
    from joserfc.errors import JoseError

    found: list[ProviderKey] = []

    def key_of(signed: Any) -> RSAKey:
        found.append(keys.find(signed.headers().get("kid")))
        return found[-1].key

    try:
        claims: dict[str, Any] = jwt.decode(token, key_of, algorithms=_ALGORITHMS).claims
        check(claims, found[-1])
    except (JoseError, ValueError, TypeError) as error:
        raise SignInError("the provider's answer could not be verified") from error
    return claims


def _check(provider: Provider, claims: dict[str, Any], key: ProviderKey, nonce: str) -> None:
    from joserfc import jwt

    issuer = _filled(provider.issuer, claims)
    ours = provider.registration.client_id
    jwt.JWTClaimsRegistry(
        leeway=leeway_s,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": ours},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(claims)
    audience = claims["aud"]
    others = isinstance(audience, list) and audience != [ours]
    if (others or "azp" in claims) and claims.get("azp") != ours:
        raise ValueError("the token was made for somebody else, too")
    if not 0 < len(claims["sub"]) <= max_subject_chars - 40:
        raise ValueError("the subject is too long")
    if key.issuer is not None and _filled(key.issuer, claims) != issuer:
        raise ValueError("this key signs for another issuer")


def _filled(issuer: str, claims: dict[str, Any]) -> str:
    """An issuer in which the tenant that the token names stands where the template has it."""
    for place in _TENANT_PLACES:
        if place in issuer:
            tenant = claims.get("tid")
            if not isinstance(tenant, str) or not _TENANT.fullmatch(tenant):
                raise ValueError("the token names no tenant")
            return issuer.replace(place, tenant)
    return issuer
