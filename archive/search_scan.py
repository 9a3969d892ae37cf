"""Attributes without a column: the documents decide, for as many rows as is reasonable.

SQL narrows by everything it can; what is left is read row by row, in one statement, and held
against the conditions. Past a bound the search is refused with what would narrow it: never a
condition ignored, never a request that reads the whole archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement

from archive.attributes import Level
from archive.criteria import name_of
from archive.document_values import satisfied
from archive.documents import unpack_document
from archive.errors import TooBroad
from archive.models import instance_document, series, study
from archive.search_schema import TABLES
from archive.search_statements import Statements

MAX_SCANNED = 5_000
"""Rows whose documents one search reads."""

_DOCUMENTS: dict[Level, ColumnElement[Any]] = {
    Level.STUDY: study.c.document,
    Level.SERIES: series.c.document,
    Level.INSTANCE: instance_document.c.document,
}


def find_by_documents(statements: Statements) -> list[int]:
    """Ids of the search's level whose documents, or those below, fulfil what SQL cannot decide.

    Raises
    ------
    TooBroad
        More than `MAX_SCANNED` rows would have to be read.
    """
    residual = statements.plan.residual
    deepest = max([statements.level, *residual])
    found: dict[int, None] = {}
    for row in _rows(statements, deepest):
        if row["id"] in found:
            continue
        documents = {level: unpack_document(row[level.name]) for level in residual}
        if all(satisfied(c, documents[level]) for level, cs in residual.items() for c in cs):
            found[row["id"]] = None
    return list(found)


def _rows(statements: Statements, deepest: Level) -> Iterator[dict[str, Any]]:
    columns: list[ColumnElement[Any]] = [TABLES[statements.level].c.id.label("id")]
    columns += [_DOCUMENTS[level].label(level.name) for level in statements.plan.residual]
    query = statements.candidates(deepest, columns, Level.INSTANCE in statements.plan.residual)
    result = statements.connection.execute(
        query.limit(MAX_SCANNED + 1), execution_options={"yield_per": 50}
    )
    for seen, row in enumerate(result.mappings()):
        if seen >= MAX_SCANNED:
            raise TooBroad(_too_broad(statements))
        yield dict(row)


def _too_broad(statements: Statements) -> str:
    names = sorted(
        name_of(condition.path)
        for conditions in statements.plan.residual.values()
        for condition in conditions
    )
    return (
        f"{', '.join(names)} cannot be looked up in the index, and more than {MAX_SCANNED} "
        "instances are left to read; add StudyInstanceUID, PatientID, StudyDate or Modality"
    )
