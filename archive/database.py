"""How the index is reached: engines, their set-up, and the two ways to begin.

SQLite and PostgreSQL differ here and nowhere above. An engine belongs to the
process that uses it; a fork starts with an empty pool. Parameters are hidden
from error messages: they hold patients' names.

References
----------
https://www.sqlite.org/pragma.html (journal_mode, synchronous, busy_timeout,
secure_delete),
https://www.postgresql.org/docs/current/runtime-config-client.html
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    Insert,
    Table,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from archive.errors import StoreUnavailable

T = TypeVar("T")

_ATTEMPTS = 12
max_scrubbed_bytes = 64 << 20
# PostgreSQL: serialization failure, deadlock, lock not available.
_LOST_RACES = frozenset({"40001", "40P01", "55P03"})

_WRITING = "dicomtube_writing"
_DURABLE = "durable"
_RELAXED = "relaxed"

# All of them together take a quarter of a second.
_SHORT_WAITS = 64
_SHORT_WAIT_S = 0.001

_BUSY_TIMEOUT = "PRAGMA busy_timeout = 30000"
_SQLITE_PRAGMAS = (
    _BUSY_TIMEOUT,
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # An erased name must not stay readable in a free page, however this SQLite was built.
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",
    "PRAGMA mmap_size = 268435456",
    "PRAGMA journal_size_limit = 67108864",
    # Pages, 16 MiB: a checkpoint forces two files, and a stored instance writes a dozen pages.
    "PRAGMA wal_autocheckpoint = 4000",
)
_POSTGRESQL_OPTIONS = (
    "-c statement_timeout=60000 -c lock_timeout=30000 "
    "-c idle_in_transaction_session_timeout=120000 -c timezone=UTC "
    # How many rows a search may take decides its plan; a generic plan does not know.
    "-c plan_cache_mode=force_custom_plan"
)


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`; connects at first use."""
    engine = _sqlite(url) if make_url(url).get_backend_name() == "sqlite" else _postgresql(url)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _hide_values)
    _forget_in_child(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that only reads."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, *, durable: bool = True) -> Iterator[Connection]:
    """A connection in a transaction that writes; committed at the end, or undone.

    Parameters
    ----------
    durable : bool
        False leaves the flush to a later commit: a killed process loses
        nothing, a power cut may lose the last of these. Only for what nobody
        was told of.
    """
    with engine.connect() as connection:
        connection.execution_options(**{_WRITING: _DURABLE if durable else _RELAXED})
        with connection.begin():
            yield connection


def checkpoint(engine: Engine) -> None:
    """Let nothing that was deleted lie in SQLite's log any longer, unless a reader needs it.

    What a reader keeps from being written back goes with the next one.
    """
    if engine.dialect.name != "sqlite":
        return
    direct = engine.raw_connection()
    try:
        with suppress(sqlite3.OperationalError):
            direct.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        direct.close()


def note_deletion(connection: Connection) -> None:
    """Remember, in the transaction that deletes, that SQLite's file is to be scrubbed."""
    if is_sqlite(connection):
        connection.exec_driver_sql("PRAGMA user_version = 1")


def scrub(engine: Engine) -> bool:
    """Write SQLite's file anew after a deletion; False where nothing is to be done, or too much.

    What is deleted is overwritten, but not the copies that a b-tree leaves in its pages when it
    moves rows from one to another. A file of more than `max_scrubbed_bytes` is the operator's to
    VACUUM: nobody could write meanwhile.
    """
    if engine.dialect.name != "sqlite":
        return False
    direct = engine.raw_connection()
    try:
        cursor = direct.cursor()
        pages, size, noted = (
            int(cursor.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "page_size", "user_version")
        )
        if not noted or pages * size > max_scrubbed_bytes:
            return False
        try:
            cursor.execute("PRAGMA user_version = 0")
            cursor.execute("VACUUM")
        except sqlite3.OperationalError:
            # Somebody else writes all the time: the next sweep tries again.
            with suppress(sqlite3.OperationalError):
                cursor.execute("PRAGMA user_version = 1")
            return False
    finally:
        direct.close()
    checkpoint(engine)
    return True


class Raced(Exception):  # noqa: N818 — no error: another writer was first, look again
    """What a transaction had looked up was changed by another one before it was locked."""


def retried(transaction: Callable[[], T]) -> T:
    """Run a whole transaction, beginning again for as long as other writers come first.

    Raises
    ------
    StoreUnavailable
        They always did.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return transaction()
        except (Raced, OperationalError) as exc:
            if not _may_retry(exc):
                raise
        _pause(attempt)
    raise StoreUnavailable("too many writers at once; try again")


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 — spreads writers apart


def _may_retry(error: Raced | OperationalError) -> bool:
    return isinstance(error, Raced) or getattr(error.orig, "sqlstate", None) in _LOST_RACES


def is_sqlite(connection: Connection) -> bool:
    """Whether statements must be SQLite's."""
    return connection.dialect.name == "sqlite"


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], unique: Sequence[str]
) -> None:
    """Insert the rows whose `unique` columns are new, in the order given."""
    statement = _inserting_missing(table, tuple(unique), is_sqlite(connection))
    connection.execute(statement, list(rows))


@cache
def _inserting_missing(table: Table, unique: tuple[str, ...], for_sqlite: bool) -> Insert:
    """Built once: building it costs more than running it."""
    make = sqlite.insert if for_sqlite else postgresql.insert
    return make(table).on_conflict_do_nothing(index_elements=list(unique))


def _sqlite(url: str) -> Engine:
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=16,
        max_overflow=32,
        pool_timeout=30,
        # The connection that was used last has its pages and statements at hand.
        pool_use_lifo=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _postgresql(url: str) -> Engine:
    return create_engine(
        url,
        pool_size=8,
        max_overflow=24,
        pool_timeout=30,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={"options": _POSTGRESQL_OPTIONS, "connect_timeout": 5},
    )


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes late and is never IMMEDIATE; ours is below.
    connection.isolation_level = None
    for pragma in _SQLITE_PRAGMAS:
        _insist(connection, pragma)


def _insist(connection: Any, pragma: str) -> None:
    """Run a pragma; the first change to WAL does not wait while another process makes it too."""
    for attempt in range(_ATTEMPTS):
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError:
            if attempt == _ATTEMPTS - 1:
                raise
            _pause(attempt)
        else:
            return


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get(_WRITING)
    if is_sqlite(connection):
        _begin_sqlite(connection, kind)
    elif kind == _RELAXED:
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
    elif kind is None:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _begin_sqlite(connection: Connection, kind: str | None) -> None:
    # What takes no lock cannot fail, and the driver itself runs it at a tenth of the cost.
    direct = connection.connection.driver_connection
    assert direct is not None  # it was just taken from the pool
    if kind is None:
        direct.execute("BEGIN")
        return
    # A writer takes the lock at once: one that read first and wrote later
    # would fail instead of waiting when another writer came in between.
    level = "NORMAL" if kind == _RELAXED else "FULL"
    direct.execute(f"PRAGMA synchronous = {level}")
    if not _begin_soon(direct):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_soon(direct: Any) -> bool:
    """Try to begin a writing transaction, a few times; say whether one began.

    Left to itself, SQLite sleeps longer and longer, up to a tenth of a second, for transactions
    that mostly take a few milliseconds.
    """
    direct.execute("PRAGMA busy_timeout = 0")
    try:
        for attempt in range(_SHORT_WAITS):
            try:
                direct.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                time.sleep(_SHORT_WAIT_S * (1 + attempt // 8))
            else:
                return True
        return False
    finally:
        direct.execute(_BUSY_TIMEOUT)


def _hide_values(context: ExceptionContext) -> None:
    """Leave out PostgreSQL's DETAIL, which repeats the row: names of patients, that is."""
    original = context.original_exception
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    if primary is None:
        return
    original.args = (primary,)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (f"({type(original).__name__}) {primary}",)


def _forget_in_child(engine: Engine) -> None:
    reference = weakref.ref(engine)

    def forget() -> None:
        inherited = reference()
        if inherited is not None:
            inherited.dispose(close=False)

    os.register_at_fork(after_in_child=forget)
