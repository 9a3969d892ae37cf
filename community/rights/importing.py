"""An account from the export of another server: `exporting` backwards.

Rows keep their ids, as nothing else has them. What they stand beside and is not theirs is not here:
places without words stand in for it (`stand_ins`). No role comes along, no verified credential, no
secret; what a table of the rules says cannot be carried is told of and left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any, Final

from sqlalchemy import Connection, Table, and_, insert, select
from sqlalchemy.exc import IntegrityError

from archive.archive import Archive
from archive.database import writing
from archive.errors import ArchiveError
from community.accounts.credentials import SELF
from community.accounts.handles import checked_handle, folded, neutral_handle
from community.accounts.people import ACTIVE, MEMBER, RESTRICTED, is_taken
from community.audit.trail import OPERATOR, record
from community.case_models import medical_case
from community.cases.editing import new_slug
from community.finding.indexing import index_cases
from community.finding_models import tag
from community.models import credential_claim, identity, person
from community.rights.export_schema import MANIFEST, VERSION
from community.rights.rules import ACCOUNT, CASES, RULES, ruled_tables
from community.rights.schema import people_in
from community.rights.spelling import read_row
from community.rights.stand_ins import stand_in
from community.uploading.unpacking import Bounds, named_files_of

max_file_bytes: Final = 256 * 1024 * 1024
_BOUNDS: Final = Bounds(200_000, 64 * 1024 * 1024, 64 * 1024**3)

Row = dict[str, Any]


@dataclass
class Imported:
    """What was taken in.

    Attributes
    ----------
    notes
        In sentences: what was not, or not as it was.
    """

    person: str
    handle: str
    rows: int = 0
    notes: list[str] = field(default_factory=list)


def import_account(archive: Archive, stream: IO[bytes]) -> Imported:
    """Make the person of an export, with all that can be carried to another server.

    Raises
    ------
    ArchiveError
        The file is no export that this server reads, or its person is here already.
    """
    said = _said_in(stream)
    people = said.get(person.name, [])
    if len(people) != 1:
        raise ArchiveError("an export is of one account, and this one is not")
    try:
        with writing(archive.engine) as connection:
            who = read_row(person, RULES[person.name], people[0])
            return _Taking(connection, who, said).run()
    except IntegrityError as error:
        raise ArchiveError("something of this account is on this server already") from error


def _said_in(stream: IO[bytes]) -> dict[str, list[Row]]:
    """The rows of each table, as they are spelled."""
    found: dict[str, list[Row]] = {}
    version = None
    for name, pieces in named_files_of(stream, _BOUNDS):
        if name == MANIFEST:
            version = _read(_whole(pieces)).get("version")
        elif name.endswith(".jsonl"):
            for line in filter(None, _whole(pieces).split(b"\n")):
                one = _read(line)
                found.setdefault(str(one.get("table")), []).append(_row(one.get("row")))
        elif name == ACCOUNT or (name.startswith(CASES) and name.endswith(".json")):
            for table, rows in _read(_whole(pieces)).items():
                found.setdefault(table, []).extend(map(_row, rows))
    if version != VERSION:
        raise ArchiveError(f"this is no export of version {VERSION}")
    if unknown := found.keys() - RULES.keys():
        raise ArchiveError(f"this export has tables that are unknown here: {sorted(unknown)}")
    return found


@dataclass
class _Taking:
    """One account on its way in, within a transaction."""

    connection: Connection
    who: Row
    said: dict[str, list[Row]]

    def run(self) -> Imported:
        """Insert all that can be carried."""
        made = Imported(self.who["id"], self._make_person())
        if made.handle != self.who["handle"]:
            made.notes.append(f"The handle '{self.who['handle']}' is taken here.")
        for table, rule in ruled_tables():
            rows = self.said.get(table.name, [])
            if rule.not_carried and rows:
                made.notes.append(f"Left: {len(rows)} of '{table.name}', as {rule.not_carried}.")
            elif table is not person:
                made.rows += sum(self._take(table, read_row(table, rule, row)) for row in rows)
        cases = [row["id"] for row in self.said.get(medical_case.name, [])]
        index_cases(self.connection, cases)
        record(self.connection, OPERATOR, "import.made", subject=made.person)
        return made

    def _make_person(self) -> str:
        """Insert the person; return the handle that they have here."""
        if self._has(person, {"id": self.who["id"]}):
            raise ArchiveError("this account is on this server already")
        handle = checked_handle(str(self.who["handle"]))
        if is_taken(self.connection, handle):
            handle = neutral_handle()
        state = RESTRICTED if self.who["state"] == RESTRICTED else ACTIVE
        ours = {"handle": handle, "handle_folded": folded(handle), "role": MEMBER, "state": state}
        self.connection.execute(insert(person).values({**self.who, **ours}))
        return handle

    def _take(self, table: Table, row: Row) -> int:
        if any(row.get(one.name) not in (None, self.who["id"]) for one in people_in(table)):
            raise ArchiveError(f"a row of '{table.name}' is somebody else's")
        if table is tag and self._has(tag, {"slug": row["slug"]}):
            return 0
        if table is identity and self._has(
            identity, {name: row[name] for name in ("provider", "subject")}
        ):
            return 0
        if table is credential_claim:
            row |= {"status": SELF, "decided_at": None}
        if table is medical_case and self._has(medical_case, {"slug": row["slug"]}):
            row["slug"] = new_slug()
        for key in table.foreign_keys:
            target, value = key.column.table, row.get(key.parent.name)
            if target is person or value is None or self._has(target, {key.column.name: value}):
                continue
            stand_in(self.connection, key.column, value, row)
        self.connection.execute(insert(table).values(row))
        return 1

    def _has(self, table: Table, values: Row) -> bool:
        same = and_(*(table.c[name] == value for name, value in values.items()))
        return self.connection.execute(select(table).where(same).limit(1)).first() is not None


def _whole(pieces: Iterable[bytes]) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > max_file_bytes:
            raise ArchiveError(f"a file of an export has at most {max_file_bytes} bytes")
    return bytes(data)


def _read(data: bytes) -> Row:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ArchiveError("a file of this export is no JSON") from error
    return _row(found)


def _row(found: object) -> Row:
    if not isinstance(found, dict):
        raise ArchiveError("a file of this export is not as an export is")
    return found
