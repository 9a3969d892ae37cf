"""The four providers: where they are, what they are asked, and what is read from their answers.

A table with one row each. Nothing is asked for that is not kept, and no access that outlives the
sign-in.

References
----------
OpenID Connect Core 1.0; Google "OpenID Connect" guide; Microsoft identity platform, "ID token
claims reference" and "OpenID Connect on the Microsoft identity platform"; Facebook "Manually build
a login flow" and "Securing Graph API requests"; Apple "Request an authorization to the Sign in with
Apple server", "Creating a client secret".
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from archive.errors import SettingsError
from community.accounts.settings import (
    APPLE,
    FACEBOOK,
    GOOGLE,
    MICROSOFT,
    AccountSettings,
    Registration,
)

Claims = Mapping[str, Any]

_GRAPH: Final = "v24.0"
_APPLE: Final = "https://appleid.apple.com"
_MICROSOFT: Final = "https://login.microsoftonline.com"
_SECRET_LIVES_S: Final = 300

_UNREGISTERED: Final = Registration("", "")

max_subject_chars: Final = 255
max_email_chars: Final = 254
max_name_chars: Final = 120
max_url_chars: Final = 2_048


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider told of somebody.

    Attributes
    ----------
    subject
        Its own name for them, which never changes and which we know them by.
    email_verified
        Whether it says that it saw them receive mail there; nothing is decided by it.
    is_relay
        The address forwards to one that we are not told.
    """

    provider: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    is_relay: bool = False
    given_name: str | None = None
    picture_url: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider.

    Attributes
    ----------
    issuer
        As its tokens call it; ``{tid}`` stands for the tenant that a token names.
    keys_url
        Where its keys are; None if it signs nothing (Facebook).
    profile_url
        Where to ask who it is, if no token tells.
    posts_back
        It answers with a form that is posted across sites.
    picture_hosts
        Ends of the names of hosts that its pictures lie on.
    """

    name: str
    title: str
    privacy_url: str
    authorization_url: str
    token_url: str
    issuer: str
    scope: str
    read: Callable[[Claims], Told]
    keys_url: str | None = None
    profile_url: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    posts_back: bool = False
    picture_hosts: tuple[str, ...] = ()
    registration: Registration = _UNREGISTERED

    def client_secret(self) -> str:
        """What we show for being us; Apple wants one that was signed just now."""
        ours = self.registration
        if not ours.team_id:
            return ours.secret
        now = int(time.time())
        claims = {
            "iss": ours.team_id,
            "iat": now,
            "exp": now + _SECRET_LIVES_S,
            "aud": self.issuer,
            "sub": ours.client_id,
        }
        from joserfc import jwt  # cryptography is loaded by the processes that sign somebody in
        from joserfc.jwk import ECKey

        key = ECKey.import_key(ours.secret)
        return jwt.encode({"alg": "ES256", "kid": ours.key_id}, claims, key)

    def may_hold_picture(self, url: str) -> bool:
        """Whether a picture's address is one of this provider's own."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self.authorization_url.startswith("http:"):  # a stand-in on loopback
            return url.startswith(self.issuer.rpartition("/")[0] + "/")
        ends = (f".{end}" for end in self.picture_hosts)
        return parts.scheme == "https" and f".{host}".endswith(tuple(ends))


def _email(claims: Claims) -> str | None:
    found = _words(claims.get("email"), max_email_chars)
    return found if found and "@" in found and " " not in found else None


def _words(value: object, max_chars: int) -> str | None:
    if not isinstance(value, str) or not value.isprintable():
        return None
    return value.strip()[:max_chars] or None


def _flag(value: object) -> bool:
    """Apple sends booleans and their names."""
    return value is True or value == "true"


def _google(claims: Claims) -> Told:
    return Told(
        GOOGLE,
        str(claims["sub"]),
        _email(claims),
        email_verified=_flag(claims.get("email_verified")),
        given_name=_words(claims.get("name"), max_name_chars),
        picture_url=_words(claims.get("picture"), max_url_chars),
    )


def _microsoft(claims: Claims) -> Told:
    # The address may be what a tenant's administrator typed: it proves nothing.
    subject = f"{claims['tid']}/{claims['sub']}"
    name = _words(claims.get("name"), max_name_chars)
    return Told(MICROSOFT, subject, _email(claims), given_name=name)


def _facebook(claims: Claims) -> Told:
    picture = claims.get("picture")
    data = picture.get("data") if isinstance(picture, Mapping) else None
    url = data.get("url") if isinstance(data, Mapping) and not data.get("is_silhouette") else None
    return Told(
        FACEBOOK,
        str(claims["id"]),
        _email(claims),
        given_name=_words(claims.get("name"), max_name_chars),
        picture_url=_words(url, max_url_chars),
    )


def _apple(claims: Claims) -> Told:
    # The name is not in the token; see `apple_name`.
    return Told(
        APPLE,
        str(claims["sub"]),
        _email(claims),
        email_verified=_flag(claims.get("email_verified")),
        is_relay=_flag(claims.get("is_private_email")),
    )


def apple_name(user: object) -> str | None:
    """The name out of what Apple posts once, with the first consent, beside the token."""
    name = user.get("name") if isinstance(user, Mapping) else None
    if not isinstance(name, Mapping):
        return None
    parts = (_words(name.get(key), max_name_chars) for key in ("firstName", "lastName"))
    return " ".join(filter(None, parts))[:max_name_chars] or None


PROVIDERS: Final = (
    Provider(
        GOOGLE,
        "Google",
        "https://policies.google.com/privacy",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://accounts.google.com",
        "openid email profile",
        _google,
        keys_url="https://www.googleapis.com/oauth2/v3/certs",
        parameters={"prompt": "select_account"},
        picture_hosts=("googleusercontent.com",),
    ),
    Provider(
        MICROSOFT,
        "Microsoft",
        "https://www.microsoft.com/privacy/privacystatement",
        f"{_MICROSOFT}/common/oauth2/v2.0/authorize",
        f"{_MICROSOFT}/common/oauth2/v2.0/token",
        _MICROSOFT + "/{tid}/v2.0",
        "openid email profile",
        _microsoft,
        keys_url=f"{_MICROSOFT}/common/discovery/v2.0/keys",
        parameters={"prompt": "select_account"},
    ),
    Provider(
        FACEBOOK,
        "Facebook",
        "https://www.facebook.com/privacy/policy/",
        f"https://www.facebook.com/{_GRAPH}/dialog/oauth",
        f"https://graph.facebook.com/{_GRAPH}/oauth/access_token",
        "https://www.facebook.com",
        "public_profile email",
        _facebook,
        profile_url=f"https://graph.facebook.com/{_GRAPH}/me",
        picture_hosts=("fbcdn.net", "fbsbx.com"),
    ),
    Provider(
        APPLE,
        "Apple",
        "https://www.apple.com/legal/privacy/",
        f"{_APPLE}/auth/authorize",
        f"{_APPLE}/auth/token",
        _APPLE,
        "name email",
        _apple,
        keys_url=f"{_APPLE}/auth/keys",
        parameters={"response_mode": "form_post"},
        posts_back=True,
    ),
)


def configured(settings: AccountSettings) -> tuple[Provider, ...]:
    """The providers that one can sign in with here.

    Raises
    ------
    SettingsError
        Apple's key is none.
    """
    if settings.fake_providers_url is not None:
        return tuple(_fake(one, settings.fake_providers_url) for one in PROVIDERS)
    found = tuple(
        replace(one, registration=settings.registrations[one.name])
        for one in PROVIDERS
        if one.name in settings.registrations
    )
    for one in found:
        from joserfc.errors import JoseError

        try:
            one.client_secret()
        except (JoseError, ValueError) as error:
            raise SettingsError("DICOMTUBE_APPLE_KEY_FILE holds no private EC key") from error
    return found


def _fake(real: Provider, base: str) -> Provider:
    """A stand-in: what is shown to people is on `localhost`, another site than 127.0.0.1 is."""
    shown = f"{base.rstrip('/')}/{real.name}"
    asked = shown.replace("//localhost:", "//127.0.0.1:")
    return replace(
        real,
        authorization_url=f"{shown}/authorize",
        token_url=f"{asked}/token",
        issuer=shown + ("/{tid}" if "{tid}" in real.issuer else ""),
        keys_url=f"{asked}/keys" if real.keys_url else None,
        profile_url=f"{asked}/me" if real.profile_url else None,
        registration=fake_registration(real.name),
    )


def fake_registration(name: str) -> Registration:
    """How the stand-ins know us; no secret, as they let in whoever asks."""
    if name == APPLE:
        return Registration(f"development-{name}", _fake_apple_key(), "DEVTEAM", "DEVKEY")
    return Registration(f"development-{name}", f"no-secret-{name}")


@cache
def _fake_apple_key() -> str:
    """A key that every process of a development server has, and that opens nothing else."""
    from cryptography.hazmat.primitives import serialization as written
    from cryptography.hazmat.primitives.asymmetric import ec

    number = int.from_bytes(hashlib.sha256(b"development sign-in").digest()) % (1 << 255)
    key = ec.derive_private_key(number, ec.SECP256R1())
    form = (written.Encoding.PEM, written.PrivateFormat.PKCS8, written.NoEncryption())
    return key.private_bytes(*form).decode()
