"""`audit verify`: whether the trail of who did what is whole."""

from __future__ import annotations

import argparse

from community.audit.verifying import verify
from ops.admin.opening import Subparsers, command, group, opened
from ops.errors import EXIT_FAILED, EXIT_USAGE, OperatorError

_DIGITS = 64


def register(commands: Subparsers) -> None:
    """Add the commands to the parser."""
    inner = group(commands, "audit", "look after the trail of who did what")
    parser = command(inner, "verify", "tell whether the trail is whole", _verify)
    parser.add_argument(
        "--known",
        metavar="HASH",
        help="the end of the trail as an earlier run told it: it must be in the trail still",
    )


def _verify(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        found = verify(archive, _hash(arguments.known))
    if found.fault:
        raise OperatorError(f"The audit trail is broken: {found.fault}.", EXIT_FAILED)
    kept = f"events {found.first} to {found.last}" if found.last else "no event"
    print(f"The audit trail is whole: {kept}. Its end, to be kept elsewhere: {found.end.hex()}")
    return 0


def _hash(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) * 2 != _DIGITS:
        raise OperatorError(f"--known takes {_DIGITS} hexadecimal digits.", EXIT_USAGE)
    return found
