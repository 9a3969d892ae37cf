"""`erasures list|export|replay`, `account export|import|erase`: people's rights, by operators."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from archive.archive import Archive
from community.accounts.people import Person, find_by_handle
from community.rights import ledger
from community.rights.erasing import erase_person
from community.rights.exporting import export_pieces
from community.rights.importing import import_account
from community.rights.replaying import replay
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.errors import EXIT_USAGE, OperatorError


def register(commands: Subparsers) -> None:
    """Add the groups to the parser."""
    _register_erasures(group(commands, "erasures", "what was erased, and after a restore again"))
    inner = group(commands, "account", "copy, take in and erase somebody's account")
    parser = command(inner, "export", "write a copy of all that is somebody's", _export)
    parser.add_argument("handle")
    parser.add_argument("file", type=Path, help="a new file")
    parser.add_argument("--studies", action="store_true", help="with their DICOM files")
    parser = command(inner, "erase", "erase somebody for good, without waiting", _erase)
    parser.add_argument("handle")
    parser.add_argument("--keep-work", action="store_true", help="what others see stays, unnamed")
    parser.add_argument("--yes", action="store_true", help="really; there is no way back")
    text = "make the account of a copy from another server"
    for parser in (
        command(inner, "import", text, _import),
        command(commands, "import-account", text, _import),
    ):
        parser.add_argument("file", type=Path)


def _register_erasures(inner: Subparsers) -> None:
    command(inner, "list", "list what was erased", _list)
    parser = command(inner, "export", "write the ledger into a file, to be kept elsewhere", _save)
    parser.add_argument("file", type=Path, help="a new file")
    text = "erase again what came back with a backup; run it before the server starts"
    parser = command(inner, "replay", text, _replay)
    parser.add_argument("--ledger", type=Path, help="also the entries of a file of `export`")


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        rows = [(f"{one.at:%Y-%m-%d %H:%M}", one.kind, one.subject) for one in _all(archive)]
    print(table(rows, ("ERASED", "KIND", "ID")))
    return 0


def _save(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        entries = _all(archive)
    _write(arguments.file, [f"{ledger.to_line(one)}\n".encode() for one in entries])
    print(f"Wrote {len(entries)} entries.")
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    more = []
    if arguments.ledger is not None:
        try:
            lines = arguments.ledger.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise OperatorError(f"{arguments.ledger} cannot be read.") from error
        more = [ledger.from_line(line) for line in lines if line]
    with opened() as archive:
        done = replay(archive, more)
    print("Erased again: " + ", ".join(f"{count} {kind}" for kind, count in done.items()) + ".")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        person = _named(archive, arguments.handle)
        pieces = export_pieces(archive, person.id, with_studies=arguments.studies)
        _write(arguments.file, pieces)
    print(f"Wrote {arguments.file}, {arguments.file.stat().st_size} bytes.")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        try:
            with arguments.file.open("rb") as file:
                made = import_account(archive, file)
        except OSError as error:
            raise OperatorError(f"{arguments.file} cannot be read: {error.strerror}") from error
    print(f"Made {made.handle} ({made.person}) with {made.rows} rows.")
    for note in made.notes:
        print(f"- {note}")
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    if not arguments.yes:
        raise OperatorError("Erasing cannot be undone: repeat the command with --yes.", EXIT_USAGE)
    with opened() as archive:
        person = _named(archive, arguments.handle)
        erase_person(archive, person.id, keeps_work=arguments.keep_work)
    print(f"Erased {person.id}.")
    return 0


def _all(archive: Archive) -> list[ledger.Entry]:
    ledger.copy_out(archive)
    return ledger.listed(archive)


def _named(archive: Archive, handle: str) -> Person:
    person = find_by_handle(archive, handle)
    if person is None:
        raise OperatorError(f"Nobody has the handle {handle!r}.")
    return person


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        with path.open("xb") as file:
            file.writelines(pieces)
    except FileExistsError:
        raise OperatorError(f"{path} is there already: name a new file.", EXIT_USAGE) from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}") from error
