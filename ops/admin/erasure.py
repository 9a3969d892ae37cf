"""`erase`: a study, a series or an instance, for good."""

from __future__ import annotations

import argparse

from archive.access import LOCAL
from archive.collections import ARCHIVE
from archive.erase import erase
from ops.admin.opening import Subparsers, command, opened
from ops.errors import EXIT_USAGE, OperatorError


def register(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = command(commands, "erase", "erase a study, a series or an instance for good", _erase)
    parser.add_argument("study", help="Study Instance UID")
    parser.add_argument("series", nargs="?", help="Series Instance UID")
    parser.add_argument("instance", nargs="?", help="SOP Instance UID")
    parser.add_argument("--collection", default=ARCHIVE, help="default: %(default)s")
    parser.add_argument("--yes", action="store_true", help="really; there is no way back")


def _erase(arguments: argparse.Namespace) -> int:
    if not arguments.yes:
        raise OperatorError("Erasing cannot be undone: repeat the command with --yes.", EXIT_USAGE)
    named = (arguments.study, arguments.series, arguments.instance)
    with opened() as archive:
        count = erase(archive, LOCAL, arguments.collection, *named, quarantined=True)
    print(f"Erased {count} instance{'s' if count != 1 else ''}.")
    return 0
