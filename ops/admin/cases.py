"""`case export|import`: teaching cases as files, to carry them from one server to another."""

from __future__ import annotations

import argparse
from pathlib import Path

from archive.archive import Archive
from archive.database import reading
from community.accounts.people import Person, find_by_handle, find_person
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.cases.rows import find_case
from community.exchange.addresses import Addresses
from community.exchange.export import FORMATS
from community.exchange.importing import OF_AN_OPERATOR, import_case
from ops.admin.opening import Subparsers, command, group, opened
from ops.errors import EXIT_USAGE, OperatorError


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "case", "carry teaching cases from one server to another")
    text = "write a case with its studies into a file, as its owner would get it"
    parser = command(inner, "export", text, _export)
    parser.add_argument("case", help="the last part of its address, or its id")
    parser.add_argument("file", type=Path, help="a new file")
    parser.add_argument("--format", choices=FORMATS, default="zip", help="default: %(default)s")
    parser = command(inner, "import", "make a draft of an exported case or a MIRCdocument", _import)
    parser.add_argument("file", type=Path)
    parser.add_argument("--owner", required=True, help="the handle of whose draft it becomes")


def _export(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        view = view_case(archive, Reader(_owner_of(archive, arguments.case)), arguments.case)
        origin = str(archive.settings.public_url)
        made = FORMATS[arguments.format](archive, view, Addresses(origin))
        try:
            with arguments.file.open("xb") as file:
                for piece in made.pieces:
                    file.write(piece)
        except FileExistsError:
            message = f"{arguments.file} is there already: name a new file."
            raise OperatorError(message, EXIT_USAGE) from None
        except OSError as error:
            raise OperatorError(f"{arguments.file} cannot be written: {error.strerror}") from error
    print(f"Wrote {arguments.file}, {arguments.file.stat().st_size} bytes.")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        owner = find_by_handle(archive, arguments.owner)
        if owner is None:
            raise OperatorError(f"There is nobody called {arguments.owner}.", EXIT_USAGE)
        try:
            with arguments.file.open("rb") as file:
                made = import_case(archive, owner, file, OF_AN_OPERATOR)
        except OSError as error:
            raise OperatorError(f"{arguments.file} cannot be read: {error.strerror}") from error
        print(
            f"Made a draft of {owner.handle}: {archive.settings.public_url}/cases/{made.case.slug}"
        )
    print(
        f"{made.studies} studies, {made.key_images} key images; {made.instances} images to publish."
    )
    for note in made.notes:
        print(f"- {note}")
    return 0


def _owner_of(archive: Archive, slug_or_id: str) -> Person | None:
    with reading(archive.engine) as connection:
        case = find_case(connection, slug_or_id)
    return find_person(archive, case.owner) if case is not None and case.owner else None
