"""What makes the search columns fast: b-trees and trigrams, on SQLite and on PostgreSQL.

Made from `archive.attributes`, run by the migrations. May live here: indexes. May not: tables of
facts (`archive.models`) and questions (`archive.search_sql`).

SQLite keeps trigrams in an FTS5 table beside each table with text columns, with the table's own
rows as content; triggers follow it. PostgreSQL keeps them in one GIN index a table.

References
----------
https://www.sqlite.org/fts5.html (The Trigram Tokenizer, External Content Tables),
https://www.postgresql.org/docs/current/pgtrgm.html
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, text

from archive.attributes import Index, Level, columns_of
from archive.database import is_sqlite
from archive.models import instance, series, study

TABLES: dict[Level, Table] = {
    Level.STUDY: study,
    Level.SERIES: series,
    Level.INSTANCE: instance,
}

# What the planner of SQLite is told: rows of a table, and rows that share a column's value.
_EXPECTED_ROWS = {"study": 1_000_000, "series": 5_000_000, "instance": 100_000_000}
_SHARED = {
    "collection_id": 100_000_000,
    "study_id": 100,
    "series_id": 100,
    "modality": 500_000,
    "patient_sex": 500_000,
    "series_number": 500_000,
    "instance_number": 500_000,
    "sop_class_uid": 5_000_000,
    "study_date": 500,
    "study_time": 2,
}

# The order of answers, so that a page needs no sort: the newest study first.
_ORDERS = (
    "CREATE INDEX ix_study_newest ON study (collection_id, study_date, study_time, id)",
    "CREATE INDEX ix_series_study ON series (study_id, id)",
)


def text_columns(level: Level) -> tuple[str, ...]:
    """Columns of the level's table in which any wildcard is fast."""
    names: list[str] = []
    for attribute in columns_of(level):
        if attribute.index is Index.TEXT and attribute.column:
            names.append(attribute.column)
        if attribute.fuzzy_column:
            names.append(attribute.fuzzy_column)
    return tuple(names)


def trigram_table(level: Level) -> str:
    """Name of the level's table of trigrams on SQLite."""
    return f"{TABLES[level].name}_text"


def create_search_indexes(connection: Connection) -> None:
    """Make every index of the search columns; the tables are there."""
    for statement in _statements(is_sqlite(connection)):
        connection.execute(text(statement))
    if is_sqlite(connection):
        _tell_planner(connection)


def _tell_planner(connection: Connection) -> None:
    """Say how the indexes will be, as ANALYZE would of a large archive.

    Without it SQLite believes that a collection has ten studies and scans them all rather than
    look a value up; and statistics taken while an archive is young mislead it later.
    """
    connection.execute(text("ANALYZE sqlite_schema"))
    connection.execute(text("DELETE FROM sqlite_stat1"))
    query = text(
        "SELECT m.name AS name, m.tbl_name AS tbl, group_concat(i.name) AS columns "
        "FROM sqlite_schema m JOIN pragma_index_info(m.name) i "
        "WHERE m.type = 'index' AND m.tbl_name IN ('study', 'series', 'instance') GROUP BY m.name"
    )
    rows = [
        {"tbl": row.tbl, "idx": row.name, "stat": _statistics(row.tbl, row.columns.split(","))}
        for row in connection.execute(query).all()
    ]
    statement = text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:tbl, :idx, :stat)")
    connection.execute(statement, rows)


def _statistics(table: str, columns: list[str]) -> str:
    """Rows, then how many share the first column, the first two, and so on."""
    rows = _EXPECTED_ROWS[table]
    shared = [_SHARED.get(column, 10) for column in columns]
    if columns[-1] == "id" or columns[-1].endswith("_instance_uid"):
        shared[-1] = 1
    return " ".join(str(min(rows, number)) for number in [rows, *shared])


def drop_search_indexes(connection: Connection) -> None:
    """Undo what dropping the tables does not."""
    if is_sqlite(connection):
        for level in TABLES:
            connection.execute(text(f"DROP TABLE IF EXISTS {trigram_table(level)}"))


def _statements(sqlite: bool) -> Iterator[str]:
    yield from _ORDERS
    for level in TABLES:
        yield from _value_indexes(level)
    if not sqlite:
        yield "CREATE EXTENSION IF NOT EXISTS pg_trgm"
    for level in TABLES:
        columns = text_columns(level)
        if columns:
            yield from _fts(level, columns) if sqlite else _gin(level, columns)


def _value_indexes(level: Level) -> Iterator[str]:
    table = TABLES[level].name
    for attribute in columns_of(level):
        # UIDs that are unique have an index for that; the study's date is in its order.
        if attribute.index is Index.NONE or attribute.type == "U":
            continue
        column = attribute.column
        if column != "study_date":
            yield f"CREATE INDEX ix_{table}_{column} ON {table} (collection_id, {column})"


def _gin(level: Level, columns: tuple[str, ...]) -> Iterator[str]:
    table = TABLES[level].name
    keys = ", ".join(f"{column} gin_trgm_ops" for column in columns)
    yield f"CREATE INDEX ix_{table}_text ON {table} USING gin ({keys})"


def _fts(level: Level, columns: tuple[str, ...]) -> Iterator[str]:
    table, trigrams, names = TABLES[level].name, trigram_table(level), ", ".join(columns)
    yield (
        f"CREATE VIRTUAL TABLE {trigrams} USING fts5 ({names}, content='{table}', "
        f"content_rowid='id', columnsize=0, tokenize='trigram case_sensitive 1')"
    )
    yield from _triggers(level, columns)


def _triggers(level: Level, columns: tuple[str, ...]) -> Iterator[str]:
    """What keeps trigrams up to date; a quarantine has none, as deleted ones stay for a while."""
    table, trigrams, names = TABLES[level].name, trigram_table(level), ", ".join(columns)
    new = ", ".join(f"new.{column}" for column in columns)
    old = ", ".join(f"old.{column}" for column in columns)
    # The names in these statements are ours, from the attribute table.
    insert = f"INSERT INTO {trigrams} (rowid, {names}) VALUES (new.id, {new});"  # noqa: S608
    remove = (
        f"INSERT INTO {trigrams} ({trigrams}, rowid, {names}) "  # noqa: S608
        f"VALUES ('delete', old.id, {old});"
    )
    for name, event, row, body in (
        ("ai", "INSERT", "new", insert),
        ("ad", "DELETE", "old", remove),
        ("au", f"UPDATE OF {names}", "new", remove + insert),
    ):
        seen = f"(SELECT hidden FROM collection WHERE id = {row}.collection_id) = 0"  # noqa: S608
        yield (
            f"CREATE TRIGGER {trigrams}_{name} AFTER {event} ON {table} WHEN {seen} "
            f"BEGIN {body} END"
        )


def forget_hidden_texts(connection: Connection) -> None:
    """Take what lies in a quarantine, and what lay there, out of the trigrams of SQLite."""
    if not is_sqlite(connection):
        return
    for level, table in TABLES.items():
        columns = text_columns(level)
        if not columns:
            continue
        trigrams, names = trigram_table(level), ", ".join(columns)
        for trigger in ("ai", "ad", "au"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {trigrams}_{trigger}"))
        for statement in _triggers(level, columns):
            connection.execute(text(statement))
        # All anew, without what is hidden: what was deleted goes in no other way.
        connection.execute(text(f"INSERT INTO {trigrams} ({trigrams}) VALUES ('delete-all')"))  # noqa: S608
        connection.execute(
            text(
                f"INSERT INTO {trigrams} (rowid, {names}) SELECT id, {names} FROM {table.name} "  # noqa: S608
                "WHERE collection_id IN (SELECT id FROM collection WHERE hidden = 0)"
            )
        )
