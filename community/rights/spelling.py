"""A row of a table as JSON, and back; and what JSON it is. Pure.

Moments are spelled as RFC 3339 says, bytes in base64; a packed document is the document. Ids of
other people are not spelled: they are theirs.

References
----------
JSON Schema 2020-12, RFC 3339, RFC 4648 section 4.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Row,
    Table,
    TypeDecorator,
)

from archive.documents import pack_document, unpack_document
from archive.errors import ArchiveError
from community.rights.rules import Rule
from community.rights.schema import people_in

_TYPES: Final[tuple[tuple[type[Any], dict[str, Any]], ...]] = (
    (Boolean, {"type": "boolean"}),
    (Integer, {"type": "integer"}),
    (Float, {"type": "number"}),
    (LargeBinary, {"type": "string", "contentEncoding": "base64"}),
    (DateTime, {"type": "string", "format": "date-time"}),
    (Date, {"type": "string", "format": "date"}),
)
_TEXT: Final = {"type": "string"}


def spelled_columns(table: Table, rule: Rule) -> list[Column[Any]]:
    """The columns of a table that are spelled."""
    return [column for column in table.c if column.name not in rule.left_out]


def spelled_row(table: Table, rule: Rule, row: Row[Any], person: str) -> dict[str, Any]:
    """A row as JSON.

    Parameters
    ----------
    person
        Whose it is: of nobody else an id is spelled.
    """
    others = {column.name for column in people_in(table)}
    made = {}
    for column in spelled_columns(table, rule):
        value = getattr(row, column.name)
        if column.name in others and value != person:
            value = None
        made[column.name] = _spelled(value, is_packed=column.name in rule.packed)
    return made


def read_row(table: Table, rule: Rule, said: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row that `spelled_row` spelled.

    Raises
    ------
    ArchiveError
        It is no such row.
    """
    columns = {column.name: column for column in spelled_columns(table, rule)}
    if said.keys() != columns.keys():
        raise ArchiveError(f"a row of '{table.name}' has other columns than this server knows")
    return {
        name: _read(columns[name], value, is_packed=name in rule.packed)
        for name, value in said.items()
    }


def schema_of(table: Table, rule: Rule) -> dict[str, Any]:
    """The JSON Schema of rows of a table."""
    columns = spelled_columns(table, rule)
    people = {column.name for column in people_in(table)}
    properties = {
        column.name: _schema(
            column,
            may_lack=bool(column.nullable) or column.name in people,
            is_packed=column.name in rule.packed,
        )
        for column in columns
    }
    return {
        "type": "object",
        "properties": properties,
        "required": [column.name for column in columns],
        "additionalProperties": False,
    }


def _schema(column: Column[Any], *, may_lack: bool, is_packed: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"type": "object"} if is_packed else dict(_said(column))
    length = getattr(column.type, "length", None)
    if length and said == _TEXT:
        said["maxLength"] = length
    if may_lack:
        said["type"] = [said["type"], "null"]
    return said


def _said(column: Column[Any]) -> dict[str, Any]:
    kind: Any = column.type
    if isinstance(kind, TypeDecorator):
        kind = kind.impl
    return next((said for known, said in _TYPES if isinstance(kind, known)), _TEXT)


def _spelled(value: Any, *, is_packed: bool) -> Any:
    if isinstance(value, bytes):
        return unpack_document(value) if is_packed else base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def _read(column: Column[Any], value: Any, *, is_packed: bool) -> Any:
    wrong = ArchiveError(f"'{column.name}' of a row of '{column.table.name}' is no value of it")
    if value is None:
        if column.nullable or column in people_in(column.table):
            return None
        raise wrong
    said = {"type": "object"} if is_packed else _said(column)
    if type(value) not in _PYTHON[str(said["type"])]:
        raise wrong
    try:
        return _made(said, value)
    except (ValueError, TypeError, binascii.Error) as error:
        raise wrong from error


_PYTHON: Final[dict[str, tuple[type, ...]]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "object": (dict,),
}


def _made(said: Mapping[str, Any], value: Any) -> Any:
    if said["type"] == "object":
        return pack_document(value)
    if "contentEncoding" in said:
        return base64.b64decode(value, validate=True)
    if said.get("format") == "date-time":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if "format" in said else value
