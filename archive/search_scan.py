"""Attributes without a column: the documents decide, for as many rows as is reasonable.

SQL narrows by everything it can; what is left is read row by row, in one statement, and held
against the conditions. Past a bound the search is refused with what would narrow it: never a
condition ignored, never a request that reads the whole archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archive.attributes import Level
from archive.criteria import name_of
from archive.document_values import satisfied
from archive.documents import unpack_document
from archive.errors import TooBroad
from archive.search_sql import column_at
from archive.search_statements import Statements
from archive.sql_text import glued, paged, stream

MAX_SCANNED = 5_000
"""Rows whose documents one search reads."""

_DOCUMENTS = {
    Level.STUDY: "study.document",
    Level.SERIES: "series.document",
    Level.INSTANCE: "instance_document.document",
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
    for key, *blobs in _rows(statements, deepest):
        if key in found:
            continue
        documents = [unpack_document(blob) for blob in blobs]
        each = zip(residual.values(), documents, strict=True)
        if all(satisfied(c, document) for conditions, document in each for c in conditions):
            found[key] = None
    return list(found)


def _rows(statements: Statements, deepest: Level) -> Iterator[Sequence[Any]]:
    """Ids of the search's level with the documents that decide, a bounded number of them."""
    residual = statements.plan.residual
    columns = [column_at(statements.level, "id"), *(_DOCUMENTS[level] for level in residual)]
    query = statements.candidates(deepest, ", ".join(columns), Level.INSTANCE in residual)
    for seen, row in enumerate(stream(statements.connection, glued(query, paged(MAX_SCANNED + 1)))):
        if seen >= MAX_SCANNED:
            raise TooBroad(_too_broad(statements))
        yield row


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
