"""Opening the archive for one command, and what the commands share in reading their arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from archive.archive import Archive, check_database, open_archive
from archive.settings import Settings

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run = Callable[[argparse.Namespace], int]


@contextmanager
def opened() -> Iterator[Archive]:
    """Open the archive that the environment names.

    Raises
    ------
    ArchiveError
        A setting is wrong, or the index cannot be reached.
    """
    archive = open_archive(Settings.from_environment())
    try:
        check_database(archive)
        yield archive
    finally:
        archive.close()


def group(commands: Subparsers, name: str, text: str) -> Subparsers:
    """Add a command that has commands of its own."""
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(required=True, metavar="COMMAND", title="commands")


def command(commands: Subparsers, name: str, text: str, run: Run) -> argparse.ArgumentParser:
    """Add a command and what it runs."""
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """Return rows under a head, in columns as wide as needed."""
    everything = [head, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(head))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in everything
    )
    return "\n".join(lines)
