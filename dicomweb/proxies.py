"""Behind proxies: each request seen as the client sent it, before anything looks at it.

A WSGI layer around the whole process. It believes what `forwarded` says, holds it against the
names that are ours, and writes it where every door looks: scheme, host, prefix and the client's
address. URLs in answers begin with `origin_of`. A host that is not ours is never believed, so no
answer can be made to point elsewhere.

References
----------
PEP 3333 (``SCRIPT_NAME``, ``PATH_INFO``), RFC 7239.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from flask import Request

from archive.settings import Network, Settings, is_loopback
from dicomweb.forwarded import Told, believed, plain_host

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

_PEER = "dicomtube.peer"
ORIGIN = "dicomtube.origin"
"""Where a request's environment keeps what a proxy that we believe said of our address."""
_HEADERS = {
    "HTTP_FORWARDED": "forwarded",
    "HTTP_X_FORWARDED_FOR": "x-forwarded-for",
    "HTTP_X_FORWARDED_PROTO": "x-forwarded-proto",
    "HTTP_X_FORWARDED_HOST": "x-forwarded-host",
    "HTTP_X_FORWARDED_PORT": "x-forwarded-port",
    "HTTP_X_FORWARDED_PREFIX": "x-forwarded-prefix",
}


def origin_of(settings: Settings, request: Request) -> str:
    """Return what our URLs begin with for this client: scheme, host and prefix.

    It is spelled with the name that the client used when that is known to be ours, else with the
    public address: a Host header is never repeated unseen, and some clients leave the port out
    of it.
    """
    told: str | None = request.environ.get(ORIGIN)
    if told is not None:
        return told
    host = request.host
    if host.endswith(f":{settings.http_bind.port}") and is_our_host(settings, host):
        return f"{request.scheme}://{host}{request.script_root}"
    return settings.public_url


def peer_of(environ: Mapping[str, Any]) -> str:
    """Return the address at the other end of the connection, be it the client or a proxy."""
    return str(environ.get(_PEER, environ.get("REMOTE_ADDR", "")))


def is_our_host(settings: Settings, host: str) -> bool:
    """Whether a Host header names this server: loopback, the public address, or a listed name."""
    if is_public_name(settings, host):
        return True
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)


def is_public_name(settings: Settings, host: str) -> bool:
    """Whether this is the public address, or one of the further names that were set."""
    public = urlsplit(settings.public_url)
    ours = {plain_host(public.netloc, public.scheme), *settings.allowed_hosts}
    return plain_host(host, public.scheme) in ours


class BehindProxies:
    """The layer around a WSGI application."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self._application = application
        self._settings = settings
        public = urlsplit(settings.public_url)
        self._public_scheme, self._public_prefix = public.scheme, public.path
        # The same few addresses come again and again, and what is set never changes.
        self._trusts = lru_cache(maxsize=1024)(partial(_is_one_of, settings.trusted_proxies))

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Serve a request as its client sent it."""
        peer = environ[_PEER] = str(environ.get("REMOTE_ADDR", ""))
        prefix = None
        if self._trusts(peer):
            told = believed(_told_in(environ), peer, self._trusts)
            if told.client is not None:
                environ["REMOTE_ADDR"] = told.client
            prefix = self._see_as_sent(environ, told)
        _take_off(environ, self._public_prefix if prefix is None else prefix)
        return self._application(environ, start_response)

    def _see_as_sent(self, environ: Environ, told: Told) -> str | None:
        """Write name, scheme and prefix where they are looked for; return the prefix."""
        host = told.host or str(environ.get("HTTP_HOST", ""))
        if not is_public_name(self._settings, host):
            # The proxy's own name for us, or one that a stranger made up: of no use outside.
            environ[ORIGIN] = self._settings.public_url
            return None
        scheme = told.scheme or self._public_scheme
        prefix = self._public_prefix if told.prefix is None else told.prefix
        environ["HTTP_HOST"] = plain_host(host, scheme)
        environ["wsgi.url_scheme"] = scheme
        environ["SCRIPT_NAME"] = prefix
        environ[ORIGIN] = f"{scheme}://{environ['HTTP_HOST']}{prefix}"
        return prefix


def _is_one_of(networks: Iterable[Network], address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in network for network in networks)


def _told_in(environ: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(environ[key]) for key, name in _HEADERS.items() if key in environ}


def _take_off(environ: Environ, prefix: str) -> None:
    """Take our prefix off a path that still has it: not every proxy does."""
    path = str(environ.get("PATH_INFO", ""))
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        environ["SCRIPT_NAME"] = prefix
        environ["PATH_INFO"] = path[len(prefix) :]
