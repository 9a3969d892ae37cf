"""`collection create|list`: the DICOMweb roots of this server."""

from __future__ import annotations

import argparse

from archive.collections import KEEP_FIRST, REPLACE, create_collection, list_collections
from ops.admin.opening import Subparsers, command, group, opened, table


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "collection", "make and list collections (DICOMweb roots)")
    parser = command(inner, "create", "make a collection", _create)
    parser.add_argument("name", help="as in /collections/NAME/dicom-web: lower case, digits, '-'")
    parser.add_argument("--ae-title", help="the called AE title that stores into it")
    parser.add_argument(
        "--duplicates",
        choices=(KEEP_FIRST, REPLACE),
        default=KEEP_FIRST,
        help="what other bytes under a known SOP Instance UID do (default: %(default)s)",
    )
    command(inner, "list", "list the collections", _list)


def _create(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        made = create_collection(archive, arguments.name, arguments.ae_title, arguments.duplicates)
        address = f"{archive.settings.public_url}{made.root_path}"
    print(f"Made collection {made.name}: {address}")
    return 0


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        rows = [
            (one.name, one.root_path, one.ae_title or "-", one.ingest, one.duplicate_rule)
            for one in list_collections(archive)
        ]
    print(table(rows, ("NAME", "ROOT", "AE TITLE", "INGEST", "DUPLICATES")))
    return 0
