"""What proxies say of a request that they pass on: who asks, by which name, scheme and prefix.

Pure: header text in, believed facts out. Two families of headers say it: ``Forwarded`` and
``X-Forwarded-*``. Lists grow to the right, so they are read from the right, and only as far as
trusted proxies wrote them: what is left of that, a stranger may have written. Where both families
are there, most likely a proxy writes the one and passes on the other as a client made it up, so
only what both say is believed. What cannot be read says nothing; it is never an error.

References
----------
RFC 7239 (Forwarded HTTP Extension), RFC 3986 section 3.2.2 (host).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields

max_text = 2_048
"""Characters of a header that are read, from its end."""

max_hops = 16
"""Proxies in a row that are followed."""

Trusts = Callable[[str], bool]
"""Whether a node's address is that of a proxy of ours."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}"  # noqa: S105 - a token of RFC 9110
_PAIR = rf'{_TOKEN}=(?:{_TOKEN}(?::[0-9]{{1,5}})?|"(?:[^"\\]|\\.){{0,300}}")'
_ELEMENT = re.compile(rf"\s*(?:{_PAIR})?(?:\s*;\s*(?:{_PAIR})?)*\s*")
_EACH_PAIR = re.compile(rf'({_TOKEN})=(?:"((?:[^"\\]|\\.){{0,300}})"|([^;,\s]{{1,300}}))')
_NODE = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}))(?::[0-9]{1,5})?")
_HOST = re.compile(r"(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9][a-z0-9.-]{0,252})(?P<port>:[0-9]{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]{0,63}){1,8}")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is believed of a request.

    Attributes
    ----------
    client
        Address of the first node that is no proxy of ours.
    scheme
        ``http`` or ``https``.
    host
        Name and port that were asked for, in small letters; the port is left out where it is
        the scheme's own.
    prefix
        Path that was taken off before the request came here, such as ``/imaging``.
    """

    client: str | None = None
    scheme: str | None = None
    host: str | None = None
    prefix: str | None = None


def believed(headers: Mapping[str, str], peer: str, trusts: Trusts) -> Told:
    """Read what the proxies before us say, as far as it is to be believed.

    Parameters
    ----------
    headers
        By their names in small letters; those that are not there are left out.
    peer
        Address at the other end of the connection.
    trusts
        Whether an address is that of a proxy of ours.
    """
    if not trusts(peer):
        return Told()
    standard = _of_forwarded(headers.get("forwarded"), trusts)
    usual = _of_x_forwarded(headers, trusts)
    if standard is None or usual is None:
        return standard or usual or Told()
    return _what_both_say(standard, usual)


def plain_host(host: str, scheme: str) -> str:
    """Spell a host the one way: small letters, no port where it is the scheme's own."""
    return host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":"))


def _what_both_say(standard: Told, usual: Told) -> Told:
    same = {
        one.name: getattr(usual, one.name)
        for one in fields(Told)
        if getattr(usual, one.name) == getattr(standard, one.name)
    }
    # The standard's header has no word for the prefix.
    return Told(**{**same, "prefix": usual.prefix})


def _of_forwarded(text: str | None, trusts: Trusts) -> Told | None:
    if text is None:
        return None
    client: str | None = None
    scheme: str | None = None
    host: str | None = None
    for pairs in _elements(text[-max_text:]):
        scheme = _scheme(pairs.get("proto")) or scheme
        host = _host(pairs.get("host")) or host
        address = _address(pairs.get("for", ""))
        client = address or client
        if address is None or not trusts(address):
            break
    return Told(client, scheme, _with_port(host, None, scheme))


def _elements(text: str) -> Iterator[dict[str, str]]:
    """The elements of the header from the last on, for as long as they can be read.

    From the end, as a stranger's unpaired quote at the beginning must not hide what ours say.
    """
    for _ in range(max_hops):
        commas = [at for at, character in enumerate(text) if character == ","]
        starts = [at + 1 for at in reversed(commas)] + [0]
        found = next((at for at in starts if _ELEMENT.fullmatch(text, at)), None)
        if found is None:
            return
        yield _pairs(text[found:])
        if found == 0:
            return
        text = text[: found - 1]


def _pairs(element: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, plain in _EACH_PAIR.findall(element):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
    return found


def _of_x_forwarded(headers: Mapping[str, str], trusts: Trusts) -> Told | None:
    said = {
        name: [one.strip() for one in headers[f"x-forwarded-{name}"][-max_text:].split(",")]
        for name in ("for", "proto", "host", "port", "prefix")
        if f"x-forwarded-{name}" in headers
    }
    if not said:
        return None
    client, hops = _walk(said.get("for", []), trusts)

    def of_outermost(name: str) -> str | None:
        values = said.get(name)
        return values[-min(hops, len(values))] if values else None

    scheme = _scheme(of_outermost("proto"))
    host = _with_port(_host(of_outermost("host")), of_outermost("port"), scheme)
    return Told(client, scheme, host, _prefix(of_outermost("prefix")))


def _walk(nodes: list[str], trusts: Trusts) -> tuple[str | None, int]:
    """The client's address, and how many entries ours wrote: at least the peer its own."""
    client, hops = None, 1
    for hops, node in enumerate(reversed(nodes[-max_hops:]), start=1):  # noqa: B007 - told
        address = _address(node)
        client = address or client
        if address is None or not trusts(address):
            break
    return client, hops


def _address(node: str) -> str | None:
    """The address of a node, its port left aside; None for one that hides or is unknown."""
    match = _NODE.fullmatch(node)
    text = node if match is None else match[1] or match[2]
    try:
        return str(ipaddress.ip_address(text[:45]))
    except ValueError:
        return None


def _scheme(text: str | None) -> str | None:
    return text.lower() if text is not None and text.lower() in _DEFAULT_PORTS else None


def _host(text: str | None) -> str | None:
    return text.lower() if text is not None and _HOST.fullmatch(text.lower()) else None


def _with_port(host: str | None, port: str | None, scheme: str | None) -> str | None:
    if host is None:
        return None
    match = _HOST.fullmatch(host)
    if match is not None and match["port"] is None and port is not None:
        host += f":{port}" if re.fullmatch(r"[0-9]{1,5}", port) else ""
    return plain_host(host, scheme or "")


def _prefix(text: str | None) -> str | None:
    """The prefix without its last slash; '' for a proxy that says that there is none."""
    if text is None:
        return None
    plain = text.rstrip("/")
    return plain if not plain or _PREFIX.fullmatch(plain) else None
