"""Reading grants from the command line: ``archive:read,write``."""

from __future__ import annotations

import argparse

from archive.access import Grant, Scope
from archive.archive import Archive
from archive.collections import get_collection

_SCOPES = frozenset(scope.value for scope in Scope)


def add_grants(parser: argparse.ArgumentParser) -> None:
    """Add the option that names what somebody may do."""
    parser.add_argument(
        "--grant",
        dest="grants",
        type=grants_of,
        action="append",
        required=True,
        metavar="COLLECTION:SCOPES",
        help="such as archive:read,write (scopes: read, write, delete); may be repeated",
    )


def grants_of(text: str) -> list[Grant]:
    """Return the grants that the text names.

    Raises
    ------
    argparse.ArgumentTypeError
        It names none, or a scope that there is not.
    """
    collection, _, scopes = text.partition(":")
    wanted = set(scopes.split(","))
    if not collection or not wanted <= _SCOPES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not COLLECTION:SCOPES with scopes from {', '.join(sorted(_SCOPES))}"
        )
    return [(collection, scope) for scope in sorted(wanted)]


def checked(archive: Archive, given: list[list[Grant]]) -> list[Grant]:
    """Return all grants, each of a collection that there is.

    Raises
    ------
    NotFound
        A collection is unknown.
    """
    grants = [grant for several in given for grant in several]
    for name in {name for name, _ in grants}:
        get_collection(archive, name)
    return grants


def shown(grants: frozenset[Grant]) -> str:
    """Return grants as one would type them."""
    collections = sorted({name for name, _ in grants})
    return " ".join(
        f"{name}:{','.join(sorted(scope for one, scope in grants if one == name))}"
        for name in collections
    )
