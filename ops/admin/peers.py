"""`peer add|list|remove`: who may call the DIMSE door where access is not open."""

from __future__ import annotations

import argparse

from archive.peers import create_peer, list_peers, remove_peer
from ops.admin.grants import add_grants, checked, shown
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.errors import OperatorError


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "peer", "list the DIMSE callers that may store")
    parser = command(inner, "add", "let a caller in", _add)
    parser.add_argument("ae_title", help="its calling AE title")
    parser.add_argument("network", help="its address, or a network such as 10.1.2.0/24")
    add_grants(parser)
    command(inner, "list", "list the callers", _list)
    parser = command(inner, "remove", "forget a caller", _remove)
    parser.add_argument("id", type=int, help="its number in the list")


def _add(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        grants = checked(archive, arguments.grants)
        number = create_peer(archive, arguments.ae_title, arguments.network, grants)
    print(f"Peer {number}: {arguments.ae_title} from {arguments.network}")
    return 0


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        rows = [
            (str(peer.id), peer.ae_title, peer.network, shown(peer.grants))
            for peer in list_peers(archive)
        ]
    print(table(rows, ("ID", "AE TITLE", "NETWORK", "GRANTS")))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        if not remove_peer(archive, arguments.id):
            raise OperatorError(f"There is no peer {arguments.id}: see `python -m ops peer list`.")
    print(f"Removed peer {arguments.id}.")
    return 0
