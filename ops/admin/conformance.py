"""`conformance`: the conformance statement, printed."""

from __future__ import annotations

import argparse
import sys

from ops.admin.opening import Subparsers, command


def register(commands: Subparsers) -> None:
    """Add the command to the parser."""
    command(commands, "conformance", "print the DICOM conformance statement (Markdown)", _print)


def _print(_: argparse.Namespace) -> int:
    # Here and not above: it brings in every door, which no other command needs.
    from ops.conformance.document import statement

    sys.stdout.write(statement())
    return 0
