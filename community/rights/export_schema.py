"""The JSON Schema of an export, made from the table of rules.

It is published at `/schemas/export/v1.json`. Every file of an export is described under its name in
``$defs``; a line of a file ``.jsonl`` is one document. A change that a reader of version 1 could
not read is version 2.

References
----------
JSON Schema 2020-12.
"""

from __future__ import annotations

from typing import Any, Final

from community.rights.rules import CASES, FILES, ruled_tables
from community.rights.spelling import schema_of

VERSION: Final = 1
PATH: Final = f"/schemas/export/v{VERSION}.json"
MANIFEST: Final = "manifest.json"
CASE: Final = "case"
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_HEX: Final = "^[0-9a-f]{64}$"


def export_schema() -> dict[str, Any]:
    """The schema of every file."""
    rows = {
        f"row-{table.name}": schema_of(table, rule) for table, rule in ruled_tables() if rule.file
    }
    names = [CASE if file == CASES else file for file in FILES]
    return {
        "$schema": _DRAFT,
        "$id": PATH,
        "title": "All that a DicomTube server holds of one person",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in (MANIFEST, *names)],
        "$defs": {
            MANIFEST: _manifest(),
            **{name: _file(file) for name, file in zip(names, FILES, strict=True)},
            **rows,
        },
    }


def name_of(file: str) -> str:
    """Under which name a file of an export is described."""
    return CASE if file.startswith(CASES) else file


def _file(file: str) -> dict[str, Any]:
    names = [table.name for table, rule in ruled_tables() if rule.file == file]
    if file.endswith(".jsonl"):
        return {"anyOf": [_line(name) for name in names]} if names else {"not": {}}
    lists = {name: {"type": "array", "items": {"$ref": f"#/$defs/row-{name}"}} for name in names}
    return {
        "type": "object",
        "properties": lists,
        "required": names,
        "additionalProperties": False,
    }


def _line(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"table": {"const": name}, "row": {"$ref": f"#/$defs/row-{name}"}},
        "required": ["table", "row"],
        "additionalProperties": False,
    }


def _manifest() -> dict[str, Any]:
    file = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "size": {"type": "integer", "minimum": 0},
            "sha256": {"type": "string", "pattern": _HEX},
        },
        "required": ["name", "size", "sha256"],
        "additionalProperties": False,
    }
    properties = {
        "schema": {"type": "string"},
        "version": {"const": VERSION},
        "made_at": {"type": "string", "format": "date-time"},
        "person": {"type": "string"},
        "with_studies": {"type": "boolean"},
        "files": {"type": "array", "items": file},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
