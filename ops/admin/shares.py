"""`share add|remove|list`: with whom a study is shared, such as with the public."""

from __future__ import annotations

import argparse

from archive.sharing import list_audiences, share_study, unshare_study
from ops.admin.opening import Subparsers, command, group, opened
from ops.errors import OperatorError

_AUDIENCE = "public, person:<id>, case:<id> or link:<id>"


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "share", "say who may read a study that no grant covers")
    for name, text, run in (
        ("add", "let audiences read a study", _add),
        ("remove", "take a study from audiences, at once", _remove),
    ):
        parser = command(inner, name, text, run)
        _add_study(parser)
        parser.add_argument("audience", nargs="+", help=_AUDIENCE)
    _add_study(command(inner, "list", "tell with whom a study is shared", _list))


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("collection")
    parser.add_argument("study", help="its Study Instance UID")


def _add(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        share_study(archive, arguments.collection, arguments.study, *arguments.audience)
    print("Shared.")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        done = unshare_study(archive, arguments.collection, arguments.study, *arguments.audience)
    if not done:
        raise OperatorError("It was not shared with any of these.")
    print("Not shared any more.")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        for audience in sorted(list_audiences(archive, arguments.collection, arguments.study)):
            print(audience)
    return 0
