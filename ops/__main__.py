"""`python -m ops`: the table of commands, and how their errors are told."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from archive.errors import ArchiveError
from ops import demo, run
from ops.admin import (
    assistant,
    audit,
    cases,
    collections,
    conformance,
    deid_keys,
    erasure,
    links,
    maintenance,
    operators,
    peers,
    queue,
    rights,
    shares,
    tokens,
    uploads,
)
from ops.admin.opening import command
from ops.errors import EXIT_FAILED, EXIT_USAGE, OperatorError
from viewer.errors import ViewerError

_GROUPS = (
    operators,
    tokens,
    shares,
    links,
    peers,
    collections,
    uploads,
    cases,
    deid_keys,
    erasure,
    rights,
    audit,
    assistant,
    queue,
    maintenance,
    conformance,
)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = argparse.ArgumentParser(
        prog="python -m ops",
        description="Run and look after a DicomTube server.",
        epilog="Addresses and limits come from DICOMTUBE_… variables; see docs/operators.md.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    text = "start web, worker, DIMSE and, if none is given, a broker; Ctrl-C stops all"
    run.add_arguments(command(commands, "run", text, run.run))
    text = "push public studies to a running server and print links that open them"
    demo.add_arguments(command(commands, "demo", text, demo.run))
    for module in _GROUPS:
        module.register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 if it failed, 2 if it could not begin."""
    arguments = make_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except OperatorError as exc:
        return _complain(exc, exc.exit_code)
    except (ArchiveError, ViewerError) as exc:
        return _complain(exc, EXIT_FAILED)
    except BrokenPipeError:  # `… | head` has seen enough
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 130


def _complain(error: Exception, exit_code: int) -> int:
    print(f"ops: {error}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
