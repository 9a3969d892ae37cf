"""A copy of all that is somebody's, as files of a zip archive, made as they are written.

Which rows stand in which file is said by the table of rules. Nothing is held back because it is
hidden from others: it is theirs. The manifest comes last, as it has the checksums of all others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, select

from archive.archive import Archive
from archive.database import reading
from community.case_models import case_section, medical_case
from community.cases.model import KINDS
from community.finding_models import case_tag, tag
from community.rights.export_schema import MANIFEST, PATH, VERSION
from community.rights.own_studies import files_of_studies
from community.rights.readme import README, readme
from community.rights.rules import ACCOUNT, CASES, FILES, Rule, rows_of, ruled_tables
from community.rights.spelling import spelled_row
from imaging.zip_stream import File, zip_pieces

STUDIES: Final = "studies/"
_ROWS_AT_ONCE: Final = 500


def export_pieces(archive: Archive, person: str, *, with_studies: bool) -> Iterator[bytes]:
    """All that is somebody's, as the pieces of a zip archive."""
    return zip_pieces(_files(archive, person, with_studies=with_studies))


def rows_in(
    connection: Connection, table: Table, rule: Rule, person: str, *also: ColumnElement[bool]
) -> Iterator[dict[str, Any]]:
    """The rows of a table that are somebody's, as JSON, in the order of their keys."""
    query = select(table).where(rows_of(table, person), *also).order_by(*table.primary_key.columns)
    # Of this statement alone: as an option of the connection it would hold for all that follow.
    for row in connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
        yield spelled_row(table, rule, row, person)


def tables_of(file: str) -> list[tuple[Table, Rule]]:
    """The tables whose rows stand in a file."""
    return [(table, rule) for table, rule in ruled_tables() if rule.file == file]


@dataclass(slots=True)
class _Listed:
    """Names, lengths and checksums of the files so far."""

    files: list[dict[str, Any]] = field(default_factory=list)

    def noted(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Give pieces on, and list the file when all are given."""
        digest, size = hashlib.sha256(), 0
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece
        self.files.append({"name": name, "size": size, "sha256": digest.hexdigest()})


def _files(archive: Archive, person: str, *, with_studies: bool) -> Iterator[File]:
    listed, made_at = _Listed(), datetime.now(UTC)
    with reading(archive.engine) as connection:
        for name, pieces in _texts(connection, archive, person):
            yield File(name, listed.noted(name, pieces), press=True)
    if with_studies:
        for name, size, stream in files_of_studies(archive, person):
            yield File(STUDIES + name, listed.noted(STUDIES + name, stream), size)
    manifest = {
        "schema": archive.settings.public_url.rstrip("/") + PATH,
        "version": VERSION,
        "made_at": made_at.isoformat(),
        "person": person,
        "with_studies": with_studies,
        "files": listed.files,
    }
    yield File(MANIFEST, (_json(manifest),), press=True)


def _texts(
    connection: Connection, archive: Archive, person: str
) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield README, (readme(archive).encode(),)
    yield ACCOUNT, (_json(_tables(connection, ACCOUNT, person)),)
    owned = select(medical_case.c.id).where(medical_case.c.owner == person)
    for case_id in connection.scalars(owned.order_by(medical_case.c.id)).all():
        yield f"{CASES}{case_id}.json", (_json(_tables(connection, CASES, person, case_id)),)
        yield f"{CASES}{case_id}.md", (_markdown(connection, case_id).encode(),)
    for file in FILES:
        if file.endswith(".jsonl"):
            yield file, _lines(connection, file, person)


def _tables(
    connection: Connection, file: str, person: str, case_id: str | None = None
) -> dict[str, Any]:
    return {
        table.name: list(rows_in(connection, table, rule, person, *_of_case(table, case_id)))
        for table, rule in tables_of(file)
    }


def _of_case(table: Table, case_id: str | None) -> list[ColumnElement[bool]]:
    """Of a file that is one case's: the rows of that case."""
    if case_id is None:
        return []
    if table is tag:
        return [tag.c.slug.in_(select(case_tag.c.tag).where(case_tag.c.case_id == case_id))]
    return [(table.c.id if table is medical_case else table.c.case_id) == case_id]


def _lines(connection: Connection, file: str, person: str) -> Iterator[bytes]:
    for table, rule in tables_of(file):
        for row in rows_in(connection, table, rule, person):
            yield _json({"table": table.name, "row": row}, indent=None) + b"\n"


def _markdown(connection: Connection, case_id: str) -> str:
    """A case as somebody reads it."""
    title = connection.scalar(select(medical_case.c.title).where(medical_case.c.id == case_id))
    rows = connection.execute(select(case_section).where(case_section.c.case_id == case_id)).all()
    ordered = sorted(rows, key=lambda row: KINDS.index(row.kind) if row.kind in KINDS else -1)
    parts = [f"## {row.kind.capitalize()}\n\n{row.markdown}" for row in ordered]
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def _json(value: Any, indent: int | None = 1) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()
