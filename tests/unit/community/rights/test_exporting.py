"""A copy of all that is somebody's: whole, as its schema says, and read by another server."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from archive.archive import Archive
from archive.database import reading
from archive.errors import ArchiveError
from community.rights.export_schema import export_schema, name_of
from community.rights.exporting import export_pieces, rows_in
from community.rights.importing import import_account
from community.rights.rules import FILES, RULES, ruled_tables
from tests.archives import new_archive
from tests.everything import CANARY
from tests.people import Town
from tests.peopled import STUDIES

Files = dict[str, bytes]


def copy_of(archive: Archive, person: str, *, with_studies: bool = False) -> bytes:
    return b"".join(export_pieces(archive, person, with_studies=with_studies))


def files_in(copy: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def documents(name: str, data: bytes) -> Iterator[Any]:
    parts = data.splitlines() if name.endswith(".jsonl") else [data]
    return (json.loads(one) for one in parts)


def test_a_copy_has_every_file_and_is_as_its_schema_says(seen: Town) -> None:
    found = files_in(copy_of(seen.archive, seen.ids["wilma"]))
    assert {one for one in FILES if one.endswith((".json", ".jsonl"))} <= found.keys()
    schema = export_schema()
    Draft202012Validator.check_schema(schema)
    for name, data in found.items():
        if name.endswith((".json", ".jsonl")):
            described = {**schema, "anyOf": [{"$ref": f"#/$defs/{name_of(name)}"}]}
            for document in documents(name, data):
                Draft202012Validator(described).validate(document)
    manifest = json.loads(found.pop("manifest.json"))
    assert {one["name"]: one["sha256"] for one in manifest["files"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in found.items()
    }
    assert b"/schemas/export/v1.json" in found["README.txt"]


def test_every_table_that_is_exported_has_a_row_in_the_copy(seen: Town) -> None:
    found = files_in(copy_of(seen.archive, seen.ids["wilma"]))
    text = b"".join(found.values()).decode()
    lacking = [name for name, rule in RULES.items() if rule.file and f'"{name}"' not in text]
    assert lacking == []
    assert CANARY in found["comments.jsonl"].decode()


def test_nobody_elses_id_and_no_secret_is_in_a_copy(seen: Town) -> None:
    found = files_in(copy_of(seen.archive, seen.ids["wilma"]))
    text = b"".join(data for name, data in found.items() if name != "README.txt").decode()
    assert seen.ids["otto"] not in text
    assert "secret" not in text
    assert "password_hash" not in text


def test_studies_come_along_as_they_are_stored_if_they_are_asked_for(seen: Town) -> None:
    wilma = seen.ids["wilma"]
    assert not [name for name in files_in(copy_of(seen.archive, wilma)) if "studies" in name]
    found = files_in(copy_of(seen.archive, wilma, with_studies=True))
    for study in STUDIES.values():
        assert found[f"studies/{study}/{study}.1.1.dcm"][128:132] == b"DICM"


def test_another_server_reads_a_copy_and_has_the_same(filled: Town, tmp_path: Path) -> None:
    wilma = filled.ids["wilma"]
    copy = copy_of(filled.archive, wilma, with_studies=True)
    other = new_archive(tmp_path / "other")
    made = import_account(other, io.BytesIO(copy))
    assert (made.person, made.handle) == (wilma, "wilma")
    for table, rule in ruled_tables():
        if rule.file and not rule.not_carried:
            both = []
            for archive in (filled.archive, other):
                with reading(archive.engine) as connection:
                    both.append(list(rows_in(connection, table, rule, wilma)))
            assert both[0] == both[1], table.name
    with pytest.raises(ArchiveError, match="already"):
        import_account(other, io.BytesIO(copy))
    other.close()


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("manifest.json", b'"version": 1', b'"version": 9', "version 1"),
        ("account.json", b'"role"', b'"rule"', "other columns"),
        ("account.json", b'"session"', b'"sessions"', "unknown here"),
        ("comments.jsonl", b"{", b"[", "no JSON"),
    ],
    ids=["version", "column", "table", "json"],
)
def test_what_is_no_copy_is_refused_and_nothing_is_kept(
    seen: Town, tmp_path: Path, name: str, old: bytes, new: bytes, words: str
) -> None:
    found = files_in(copy_of(seen.archive, seen.ids["wilma"]))
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        for one, data in found.items():
            archive.writestr(one, data.replace(old, new) if one == name else data)
    other = new_archive(tmp_path / "other")
    with pytest.raises(ArchiveError, match=words):
        import_account(other, broken)
    other.close()
