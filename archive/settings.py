"""Addresses and limits, read once from the environment into a frozen value.

Every environment variable that more than one package needs is named here and
nowhere else. A bad value stops the start with a message that names the
variable; nothing is guessed.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, tzinfo
from pathlib import Path
from urllib.parse import urlsplit

from archive.errors import SettingsError
from archive.zones import zone_named

OPEN = "open"
ACCOUNTS = "accounts"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MIB = 1 << 20
_GIB = 1 << 30
_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9][a-z0-9.-]*)(?::[0-9]{1,5})?")
_PUBLIC_URL = re.compile(
    r"https?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)*"
)
_IN_FILES = {
    "DICOMTUBE_DATABASE_URL": "DICOMTUBE_DATABASE_URL_FILE",
    "DICOMTUBE_BROKER_URL": "DICOMTUBE_BROKER_URL_FILE",
}
_UNITS = {"": 1, "k": 1 << 10, "m": _MIB, "g": _GIB}


@dataclass(frozen=True, slots=True)
class Bind:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What one request, instance or answer may take at most.

    Each is set by ``DICOMTUBE_`` and its name in capitals; sizes take the
    suffixes K, M and G.
    """

    max_instance_bytes: int = 4 * _GIB
    max_request_bytes: int = 64 * _GIB
    max_parts: int = 10_000
    max_results: int = 1_000
    max_batch_files: int = 64
    max_batch_bytes: int = 64 * _MIB
    max_references: int = 10_000
    max_commitments: int = 1_000
    max_renditions_bytes: int = 2 * _GIB


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the composition roots need to put a process together.

    Attributes
    ----------
    public_url
        How the outside reaches us, without a slash at its end; may have a path.
    trusted_proxies
        Whose word is taken for who asks, and by which name.
    allowed_hosts
        Names, with their ports, under which we are reached beside the public one.
    deid_key_file
        Keys of pseudonyms and mapped UIDs; all processes of one archive need the same.
    """

    home: Path
    database_url: str = field(repr=False)
    objects_url: str
    s3_endpoint: str | None
    s3_allow_http: bool
    broker_url: str | None = field(repr=False)
    http_bind: Bind
    dimse_bind: Bind
    access: str
    public_url: str
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    trusted_proxies: tuple[Network, ...] = ()
    allowed_hosts: frozenset[str] = frozenset()
    deid_key_file: Path = Path("var/deid.keys")
    timezone: tzinfo = UTC

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings, or say which variable is wrong.

        Raises
        ------
        SettingsError
            A value cannot be used, or `open` access would be reachable from
            another machine.
        """
        home = Path(environ.get("DICOMTUBE_HOME") or "var").absolute()
        http_bind = _bind(environ, "DICOMTUBE_HTTP_BIND", "127.0.0.1:8000")
        settings = cls(
            home=home,
            database_url=_database_url(environ, home),
            objects_url=_objects_url(environ, home),
            s3_endpoint=_s3_endpoint(environ),
            s3_allow_http=_flag(environ, "DICOMTUBE_S3_ALLOW_HTTP"),
            broker_url=_address(environ, "DICOMTUBE_BROKER_URL") or None,
            http_bind=http_bind,
            dimse_bind=_bind(environ, "DICOMTUBE_DIMSE_BIND", "127.0.0.1:11112"),
            access=_access(environ),
            public_url=_public_url(environ, http_bind),
            limits=_limits(environ),
            trusted_proxies=_networks(environ, "DICOMTUBE_TRUSTED_PROXIES"),
            allowed_hosts=_hosts(environ, "DICOMTUBE_ALLOWED_HOSTS"),
            deid_key_file=deid_key_file(environ),
            timezone=_timezone(environ),
        )
        _refuse_open_doors(settings)
        return settings


def deid_key_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the keys of de-identification lie; never in the database."""
    home = Path(environ.get("DICOMTUBE_HOME") or "var").absolute()
    return Path(environ.get("DICOMTUBE_DEID_KEY_FILE") or home / "deid.keys").absolute()


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(environ: Mapping[str, str], name: str, default: str) -> Bind:
    text = environ.get(name) or default
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})", text)
    if match is None or int(match[3]) > 65_535:
        raise SettingsError(f"{name} must be <host>:<port>, such as {default}")
    return Bind(match[1] or match[2], int(match[3]))


def _database_url(environ: Mapping[str, str], home: Path) -> str:
    url = _address(environ, "DICOMTUBE_DATABASE_URL") or f"sqlite:///{home / 'dicomtube.sqlite'}"
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres"):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite" and rest.strip("/") not in ("", ":memory:"):
        return url
    if scheme == "postgresql+psycopg":
        return url
    raise SettingsError(
        "DICOMTUBE_DATABASE_URL must be sqlite:///<file> or postgresql://<user>@<host>/<database>"
    )


def _address(environ: Mapping[str, str], name: str) -> str:
    """An address that may hold a password: as the variable says, or the file that one names."""
    path = environ.get(_IN_FILES[name]) or ""
    if not path:
        return environ.get(name) or ""
    if environ.get(name):
        raise SettingsError(f"set {name} or {_IN_FILES[name]}, not both")
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{_IN_FILES[name]} names a file that cannot be read") from exc


def _objects_url(environ: Mapping[str, str], home: Path) -> str:
    url = environ.get("DICOMTUBE_OBJECTS_URL") or (home / "objects").as_uri()
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return url
    if parts.scheme == "s3" and parts.netloc:
        return url
    raise SettingsError("DICOMTUBE_OBJECTS_URL must be file:///<folder> or s3://<bucket>/<prefix>")


def _s3_endpoint(environ: Mapping[str, str]) -> str | None:
    endpoint = environ.get("DICOMTUBE_S3_ENDPOINT") or None
    if endpoint is None:
        return None
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("DICOMTUBE_S3_ENDPOINT must be an http:// or https:// address")
    allowed = is_loopback(parts.hostname) or _flag(environ, "DICOMTUBE_S3_ALLOW_HTTP")
    if parts.scheme == "http" and not allowed:
        raise SettingsError(
            "DICOMTUBE_S3_ENDPOINT is plain http to another machine; use https, "
            "or set DICOMTUBE_S3_ALLOW_HTTP=1 if that network is trusted"
        )
    return endpoint


def _access(environ: Mapping[str, str]) -> str:
    access = environ.get("DICOMTUBE_ACCESS") or OPEN
    if access not in (OPEN, ACCOUNTS):
        raise SettingsError("DICOMTUBE_ACCESS must be 'open' or 'accounts'")
    return access


def _public_url(environ: Mapping[str, str], http_bind: Bind) -> str:
    url = (environ.get("DICOMTUBE_PUBLIC_URL") or f"http://{http_bind}").rstrip("/")
    if not _PUBLIC_URL.fullmatch(url) or not urlsplit(url).hostname:
        raise SettingsError(
            "DICOMTUBE_PUBLIC_URL must be an http:// or https:// address, with a path of plain "
            "letters and digits where we are served below one"
        )
    return url


def _networks(environ: Mapping[str, str], name: str) -> tuple[Network, ...]:
    try:
        found = tuple(map(ipaddress.ip_network, _listed(environ, name)))
    except ValueError as exc:
        raise SettingsError(f"{name} must list networks such as 10.1.2.0/24") from exc
    if any(network.prefixlen == 0 for network in found):
        raise SettingsError(f"{name} names every address there is: whom could it keep out?")
    return found


def _hosts(environ: Mapping[str, str], name: str) -> frozenset[str]:
    hosts = frozenset(one.lower() for one in _listed(environ, name))
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise SettingsError(f"{name} must list names such as pacs.example.org or pacs:8443")
    return hosts


def _listed(environ: Mapping[str, str], name: str) -> list[str]:
    return environ.get(name, "").replace(",", " ").split()


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = (environ.get(name) or "0").lower()
    if text not in ("0", "1", "false", "true"):
        raise SettingsError(f"{name} must be 0 or 1")
    return text in ("1", "true")


def _timezone(environ: Mapping[str, str]) -> tzinfo:
    try:
        return zone_named(environ.get("DICOMTUBE_TIMEZONE") or "UTC")
    except ValueError:
        raise SettingsError(
            "DICOMTUBE_TIMEZONE must be an offset such as +0100, or a name of the IANA time zone "
            "database such as Europe/Berlin, which has to be installed (the package tzdata)"
        ) from None


def _limits(environ: Mapping[str, str]) -> ArchiveLimits:
    given: dict[str, int] = {}
    for limit in fields(ArchiveLimits):
        text = environ.get(f"DICOMTUBE_{limit.name.upper()}")
        if text:
            given[limit.name] = _size(f"DICOMTUBE_{limit.name.upper()}", text)
    return ArchiveLimits(**given)


def _size(name: str, text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,15})([kKmMgG]?)", text)
    if match is None or int(match[1]) == 0:
        raise SettingsError(f"{name} must be a whole number above 0, such as 512M")
    return int(match[1]) * _UNITS[match[2].lower()]


def _refuse_open_doors(settings: Settings) -> None:
    if settings.access != OPEN:
        return
    binds = {
        "DICOMTUBE_HTTP_BIND": settings.http_bind,
        "DICOMTUBE_DIMSE_BIND": settings.dimse_bind,
    }
    for name, bind in binds.items():
        if not bind.is_loopback:
            raise SettingsError(
                f"{name} is reachable from other machines, where anybody could read and write: "
                "bind to 127.0.0.1, or set DICOMTUBE_ACCESS=accounts"
            )
    if not is_loopback(urlsplit(settings.public_url).hostname or ""):
        raise SettingsError(
            "DICOMTUBE_PUBLIC_URL names an address that others reach, where anybody could read "
            "and write through the proxy: set DICOMTUBE_ACCESS=accounts"
        )
    for setting, given in {
        "DICOMTUBE_TRUSTED_PROXIES": settings.trusted_proxies,
        "DICOMTUBE_ALLOWED_HOSTS": settings.allowed_hosts,
    }.items():
        if given:
            raise SettingsError(
                f"{setting} is for a server that others reach, where anybody could read and "
                "write: set DICOMTUBE_ACCESS=accounts"
            )
