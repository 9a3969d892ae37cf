"""`operator invite|promote|list`: who looks after the community; the first one comes this way."""

from __future__ import annotations

import argparse
from urllib.parse import urlencode

from community.accounts import offers, people
from community.accounts.people import MEMBER, OPERATOR, ROLES
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.errors import OperatorError


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "operator", "make and list operators and moderators")
    text = "print a link; whoever opens it first, signed in, has the role (for a day)"
    parser = command(inner, "invite", text, _invite)
    parser.add_argument("--role", choices=offers.OFFERED, default=OPERATOR)
    parser = command(inner, "promote", "give somebody who has an account a role", _promote)
    parser.add_argument("handle", help="as on their profile, /u/<handle>")
    parser.add_argument("--role", choices=ROLES, default=OPERATOR)
    command(inner, "list", "list operators and moderators", _list)


def _invite(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        secret = offers.offer(archive, arguments.role)
        address = f"{archive.settings.public_url}/offer?{urlencode({'k': secret})}"
    print(f"Whoever opens this first, signed in, becomes {arguments.role} (valid for a day):")
    print(address)
    return 0


def _promote(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        person = people.find_by_handle(archive, arguments.handle)
        if person is None:
            raise OperatorError(f"Nobody has the handle {arguments.handle!r}.")
        people.change_role(archive, person.id, arguments.role)
    print(f"{person.handle} is {arguments.role} now.")
    return 0


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        rows = [
            (person.handle, person.role, person.state, f"{person.created_at:%Y-%m-%d}")
            for role in reversed(ROLES)
            if role != MEMBER
            for person in people.list_people(archive, role)
        ]
    print(table(rows, ("HANDLE", "ROLE", "STATE", "SINCE")))
    return 0
