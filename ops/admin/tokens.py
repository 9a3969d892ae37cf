"""`token create|list|revoke`: the secrets with which machines use the DICOMweb doors."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from archive.tokens import Token, create_token, list_tokens, revoke_token
from ops.admin.grants import add_grants, checked, shown
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.errors import OperatorError


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "token", "make, list and revoke API tokens")
    parser = command(inner, "create", "make a token; its secret is shown once", _create)
    parser.add_argument("name", help="whose it is, such as 'PACS north wing'")
    add_grants(parser)
    parser.add_argument("--days", type=int, help="how long it is valid (default: until revoked)")
    command(inner, "list", "list tokens, without their secrets", _list)
    parser = command(inner, "revoke", "make a token worthless at once", _revoke)
    parser.add_argument("id", type=int, help="its number in the list")


def _create(arguments: argparse.Namespace) -> int:
    expires = None
    if arguments.days is not None:
        expires = datetime.now(UTC) + timedelta(days=arguments.days)
    with opened() as archive:
        grants = checked(archive, arguments.grants)
        number, secret = create_token(archive, arguments.name, grants, expires)
    print(f"Token {number}, shown this once (send it as 'Authorization: Bearer …'):")
    print(secret)
    return 0


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        rows = [
            (str(token.id), token.name, shown(token.grants), _state(token))
            for token in list_tokens(archive)
        ]
    print(table(rows, ("ID", "NAME", "GRANTS", "STATE")))
    return 0


def _state(token: Token) -> str:
    if token.revoked_at:
        return f"revoked {token.revoked_at:%Y-%m-%d}"
    if token.expires_at is None:
        return "valid"
    word = "until" if token.expires_at > datetime.now(UTC) else "expired"
    return f"{word} {token.expires_at:%Y-%m-%d}"


def _revoke(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        if not revoke_token(archive, arguments.id):
            raise OperatorError(
                f"There is no valid token {arguments.id}: see `python -m ops token list`."
            )
    print(f"Revoked token {arguments.id}.")
    return 0
