"""What an operator sets for signing in: our registrations with the providers, and limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from archive.errors import SettingsError
from archive.settings import OPEN, Settings, is_loopback

GOOGLE = "google"
MICROSOFT = "microsoft"
FACEBOOK = "facebook"
APPLE = "apple"
PROVIDER_NAMES = (GOOGLE, MICROSOFT, FACEBOOK, APPLE)

FAKE_PROVIDERS_URL = "DICOMTUBE_FAKE_PROVIDERS_URL"
"""Set by `python -m ops run` for its own children, and by tests."""

DEVELOPMENT_SIGN_IN = "DICOMTUBE_DEVELOPMENT_SIGN_IN"


_FILE = "_FILE"

VARIABLES: Mapping[str, Mapping[str, str]] = {
    GOOGLE: {
        "client_id": "DICOMTUBE_GOOGLE_CLIENT_ID",
        "secret": "DICOMTUBE_GOOGLE_CLIENT_SECRET",
    },
    MICROSOFT: {
        "client_id": "DICOMTUBE_MICROSOFT_CLIENT_ID",
        "secret": "DICOMTUBE_MICROSOFT_CLIENT_SECRET",
    },
    FACEBOOK: {
        "client_id": "DICOMTUBE_FACEBOOK_CLIENT_ID",
        "secret": "DICOMTUBE_FACEBOOK_CLIENT_SECRET",
    },
    APPLE: {
        "client_id": "DICOMTUBE_APPLE_CLIENT_ID",
        "secret": "DICOMTUBE_APPLE_KEY_FILE",
        "team_id": "DICOMTUBE_APPLE_TEAM_ID",
        "key_id": "DICOMTUBE_APPLE_KEY_ID",
    },
}
"""What sets each field of a `Registration`."""

IN_FILES: Mapping[str, str] = {
    "DICOMTUBE_GOOGLE_CLIENT_SECRET": "DICOMTUBE_GOOGLE_CLIENT_SECRET_FILE",
    "DICOMTUBE_MICROSOFT_CLIENT_SECRET": "DICOMTUBE_MICROSOFT_CLIENT_SECRET_FILE",
    "DICOMTUBE_FACEBOOK_CLIENT_SECRET": "DICOMTUBE_FACEBOOK_CLIENT_SECRET_FILE",
}
"""Secrets that may lie in a file instead."""


@dataclass(frozen=True, slots=True)
class Registration:
    """How a provider knows us.

    Attributes
    ----------
    secret
        The client's secret; for Apple the private key (PEM) that signs one.
    team_id, key_id
        Apple's names of whose key it is, and which.
    """

    client_id: str
    secret: str = field(repr=False)
    team_id: str = ""
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """All that signing in needs to know from outside.

    Attributes
    ----------
    fake_providers_url
        Where stand-ins of the four providers listen, on loopback: the development sign-in.
    sign_ins_per_minute
        How often one address may begin to sign in.
    """

    registrations: Mapping[str, Registration]
    fake_providers_url: str | None = None
    sign_ins_per_minute: int = 60

    @property
    def is_development(self) -> bool:
        """Whether anybody may sign in as anybody of a list."""
        return self.fake_providers_url is not None

    @classmethod
    def from_environment(
        cls, archive: Settings, environ: Mapping[str, str] = os.environ
    ) -> AccountSettings:
        """Read the settings, or say which variable is wrong.

        Raises
        ------
        SettingsError
            A registration is incomplete, or the development sign-in could be reached from
            another machine.
        """
        fake = environ.get(FAKE_PROVIDERS_URL) or None
        if fake is not None:
            require_loopback(archive)
            _require_fake(fake)
        found = {name: _registration(environ, name) for name in PROVIDER_NAMES}
        return cls(
            {name: one for name, one in found.items() if one is not None},
            fake,
            _number(environ, "DICOMTUBE_SIGN_INS_PER_MINUTE", 60),
        )


def wants_development_sign_in(archive: Settings, environ: Mapping[str, str]) -> bool:
    """Whether stand-ins of the providers are to be started.

    With `open` access, unless a real provider is registered or it is switched off; with accounts
    only when it is asked for.

    Raises
    ------
    SettingsError
        It is asked for where others can reach us.
    """
    asked = environ.get(DEVELOPMENT_SIGN_IN) or ""
    if asked not in ("", "0", "1"):
        raise SettingsError(f"{DEVELOPMENT_SIGN_IN} must be 0 or 1")
    if asked == "1":
        require_loopback(archive)
        return True
    registered = any(environ.get(names["client_id"]) for names in VARIABLES.values())
    return archive.access == OPEN and asked == "" and not registered


def require_loopback(archive: Settings) -> None:
    """Refuse the development sign-in wherever another machine could reach it.

    Raises
    ------
    SettingsError
        A bind or the public address is not this machine's own, or a proxy is set.
    """
    ours = [archive.http_bind.host, archive.dimse_bind.host]
    ours.append(urlsplit(archive.public_url).hostname or "")
    if all(map(is_loopback, ours)) and not archive.trusted_proxies and not archive.allowed_hosts:
        return
    raise SettingsError(
        "the development sign-in lets anybody sign in as anybody, so it needs a server that only "
        "this machine reaches: bind to 127.0.0.1, without proxies and public names, or set "
        f"{DEVELOPMENT_SIGN_IN}=0"
    )


def _require_fake(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "http" or not is_loopback(parts.hostname or "") or parts.path.strip("/"):
        raise SettingsError(f"{FAKE_PROVIDERS_URL} must be http://localhost:<port>")


def _registration(environ: Mapping[str, str], name: str) -> Registration | None:
    variables = VARIABLES[name]
    values = {field: _value(environ, variable) for field, variable in variables.items()}
    if not any(values.values()):
        return None
    if not all(values.values()):
        wanted = ", ".join(variables.values())
        raise SettingsError(f"signing in with {name.title()} needs all of: {wanted}")
    return Registration(**values)


def _value(environ: Mapping[str, str], variable: str) -> str:
    """A setting, or the contents of the file that it or its variant with `_FILE` names."""
    given = environ.get(variable, "").strip()
    if variable.endswith(_FILE):
        return _from_file(environ, variable)
    if variable in IN_FILES and not given:
        return _from_file(environ, IN_FILES[variable])
    return given


def _from_file(environ: Mapping[str, str], variable: str) -> str:
    path = environ.get(variable)
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable} names a file that cannot be read") from error


def _number(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**6):
        raise SettingsError(f"{variable} must be a whole number above 0")
    return int(text)
