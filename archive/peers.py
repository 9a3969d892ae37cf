"""DIMSE callers that we know: an AE title, the network it calls from, and what it may do.

An AE title proves nothing by itself, so a peer is known only together with
its address; TLS is the DIMSE door's own setting.

References
----------
PS3.8 Section 7.1.1.3 (calling AE title), PS3.15 Annex B (secure transport).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from archive.access import LOCAL, Grant, Principal
from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import ArchiveError
from archive.models import peer
from archive.settings import OPEN
from archive.tokens import grants_of, grants_text

_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Peer:
    """A caller that we know."""

    id: int
    ae_title: str
    network: str
    grants: frozenset[Grant]


def create_peer(archive: Archive, ae_title: str, network: str, grants: Iterable[Grant]) -> int:
    """Make a peer known; returns its number.

    Parameters
    ----------
    network : str
        An address or a network in CIDR form, such as ``10.1.2.0/24``.

    Raises
    ------
    ArchiveError
        Title or network cannot be used, or are known already.
    """
    title = ae_title.strip()
    if _AE_TITLE.fullmatch(title) is None:
        raise ArchiveError("an AE title is 1 to 16 characters of ASCII without a backslash")
    try:
        spelled = str(ipaddress.ip_network(network))
    except ValueError as exc:
        raise ArchiveError("the network must be an address or such as 10.1.2.0/24") from exc
    statement = (
        insert(peer)
        .values(ae_title=title, network=spelled, grants=grants_text(grants))
        .returning(peer.c.id)
    )
    try:
        with writing(archive.engine) as connection:
            return int(connection.execute(statement).scalar_one())
    except IntegrityError as exc:
        raise ArchiveError("this AE title is known already from this network") from exc


def principal_for_peer(archive: Archive, ae_title: str, address: str) -> Principal | None:
    """Who calls, or None: the grants of every entry that title and address fit.

    Where access is open, whoever reaches the port is `LOCAL`, or may do as much under the name
    of its entry. A title without an entry is a stranger's text, and becomes nobody's name.
    """
    is_open = archive.settings.access == OPEN
    caller, title = _address(address), ae_title.strip()
    entries = [] if caller is None else _entries(archive, title, caller)
    if not entries:
        return LOCAL if is_open else None
    name = f"peer {title} at {caller}"
    return Principal(name, frozenset[Grant]().union(*entries), everything=is_open)


def _entries(archive: Archive, title: str, caller: Address) -> list[frozenset[Grant]]:
    """What each entry grants that title and address fit."""
    if _AE_TITLE.fullmatch(title) is None:
        return []
    query = select(peer.c.network, peer.c.grants).where(peer.c.ae_title == title)
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
    return [
        grants_of(grants) for network, grants in rows if caller in ipaddress.ip_network(network)
    ]


def list_peers(archive: Archive) -> list[Peer]:
    """Every caller that we know, by title."""
    query = select(peer).order_by(peer.c.ae_title, peer.c.network)
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
    return [Peer(row.id, row.ae_title, row.network, grants_of(row.grants)) for row in rows]


def remove_peer(archive: Archive, peer_id: int) -> bool:
    """Forget a caller; False if there is none."""
    with writing(archive.engine) as connection:
        return connection.execute(delete(peer).where(peer.c.id == peer_id)).rowcount > 0


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A listener on both families sees an IPv4 caller in IPv6's clothes.
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else ipaddress.IPv4Address(mapped)
