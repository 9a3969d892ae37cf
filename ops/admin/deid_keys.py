"""`deid-keys list|rotate|retire`: the keys of pseudonyms, new UIDs and offsets of dates."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from archive.archive import Archive
from archive.database import writing
from archive.deid_keys import BadKeyFile, add_key, drop_key
from archive.destinations import keys_of
from archive.key_use import KeyUse, key_use
from community.audit.trail import OPERATOR, record
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.errors import EXIT_USAGE, OperatorError

_LOST = """Without the key '{name}' nobody can say again what it named: {patients} patients and
{published} published studies keep their names, but
- a later study of one of these patients gets another pseudonym, and other offsets of dates;
- what is sent again of one of these studies is published as another study;
- what refers to one of them by its original UIDs leads nowhere.
What a viewer adds to these studies under their new UIDs still joins them. There is no way back,
unless a copy of the file is left: erase copies too, if nothing shall ever lead back."""


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "deid-keys", "list, rotate and retire the keys of de-identification")
    command(inner, "list", "list them, the newest last, and what each named", _list)
    command(inner, "rotate", "make a new key, for patients that were never seen before", _rotate)
    text = "forget a key for good; without --yes only say what would be lost"
    parser = command(inner, "retire", text, _retire)
    parser.add_argument("name", help="as `deid-keys list` shows it")
    parser.add_argument("--yes", action="store_true", help="do it; there is no way back")


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        names, used = _names(archive), key_use(archive)
    rows = [
        _row(name, "new patients" if name == names[-1] else "known patients", used)
        for name in names
    ]
    rows += [_row(name, "MISSING", used) for name in sorted(set(used) - set(names))]
    print(table(rows, ("NAME", "FOR", "PATIENTS", "PUBLISHED", "WAITING")))
    return 0


def _row(name: str, what: str, used: Mapping[str, KeyUse]) -> tuple[str, ...]:
    use = used.get(name, KeyUse())
    return name, what, str(use.patients), str(use.published), str(use.waiting)


def _rotate(_: argparse.Namespace) -> int:
    with opened() as archive:
        path = archive.settings.deid_key_file
        try:
            made = add_key(path)
        except BadKeyFile as exc:
            raise OperatorError(str(exc)) from exc
        _keep(archive, made.id)
    print(f"The key '{made.id}' names patients that were never seen before.")
    print(f"Copy {path} to every other machine of the archive at once, and to your copy of it.")
    return 0


def _retire(arguments: argparse.Namespace) -> int:
    name = arguments.name
    with opened() as archive:
        use = key_use(archive).get(name, KeyUse())
        if name not in _names(archive):
            raise OperatorError(f"There is no key '{name}': see `python -m ops deid-keys list`.")
        if use.waiting:
            raise OperatorError(
                f"{use.waiting} studies wait that cannot be finished without '{name}': "
                "have them published or rejected first (`python -m ops uploads list`)."
            )
        print(_LOST.format(name=name, patients=use.patients, published=use.published))
        if not arguments.yes:
            raise OperatorError("Nothing was changed: add --yes to forget it.", EXIT_USAGE)
        try:
            drop_key(archive.settings.deid_key_file, name)
        except BadKeyFile as exc:
            raise OperatorError(str(exc)) from exc
        _keep(archive, name)
    print(f"The key '{name}' is forgotten. Copy the file to every other machine of the archive.")
    return 0


def _keep(archive: Archive, name: str) -> None:
    with writing(archive.engine) as connection:
        record(connection, OPERATOR, "key.changed", target=f"key {name}")


def _names(archive: Archive) -> list[str]:
    return [secret.id for secret in keys_of(archive)]
