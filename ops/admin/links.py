"""`link create|list|revoke`: secret addresses that open a study, a case or a collection."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from archive.access import LOCAL
from community.sharing.entrance import address_of
from community.sharing.guests import owns_case
from community.sharing.links import KINDS, Wish, list_links, make_link, revoke_link
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.errors import OperatorError


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "link", "make, list and revoke capability links")
    parser = command(inner, "create", "make a link; its address is shown once", _create)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument(
        "target", help="of a study COLLECTION/STUDY_INSTANCE_UID, else an id or a collection's name"
    )
    parser.add_argument("--name", default="", help="for you, such as 'tumour board'")
    parser.add_argument("--days", type=float, help="how long it works (default: until revoked)")
    command(inner, "list", "list links that operators made, without their secrets", _list)
    parser = command(inner, "revoke", "make any link worthless at once", _revoke)
    parser.add_argument("id")


def _create(arguments: argparse.Namespace) -> int:
    expires = None
    if arguments.days is not None:
        expires = datetime.now(UTC) + timedelta(days=arguments.days)
    wish = Wish(arguments.kind, arguments.target, arguments.name, expires)
    with opened() as archive:
        made, secret = make_link(archive, LOCAL, wish, owns_case)
        address = address_of(archive.settings.public_url, made, secret)
    print(f"Link {made.id}, shown this once (programs send the part after k= as bearer token):")
    print(address)
    return 0


def _list(_: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    with opened() as archive:
        rows = [
            (one.id, one.kind, one.target, one.name, "works" if one.works(now) else "ended")
            for one in list_links(archive, None)
        ]
    print(table(rows, ("ID", "KIND", "TARGET", "NAME", "STATE")))
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        if not revoke_link(archive, arguments.id):
            raise OperatorError(f"There is no link {arguments.id} that works.")
    print(f"Revoked link {arguments.id}.")
    return 0
