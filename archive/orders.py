"""Statements of a transaction that is run over and over: spelled once, run by the driver itself.

What `archive.direct` is for a question alone, an `Order` is for one statement among others: it
runs on the connection that the caller's transaction holds. Building, looking up and wrapping one
costs the toolkit more than the database needs to do it.

References
----------
PEP 249 (cursors, parameter styles).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.visitors import iterate

from archive.direct import Text, Values

_max_texts = 512


class Order:
    """A statement that is run over and over.

    Parameters
    ----------
    statement
        Whose parameters are `bindparam`s with a name; those that `expand` take lists, and must
        mean the same when a value stands in them twice. All rows that an INSERT is given have
        the same columns.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._selected = list(getattr(statement, "selected_columns", ()))
        names = [column.key for column in self._selected]
        self._row: Any = namedtuple("row", names)  # type: ignore[misc]  # the names are the statement's
        self._lists = [
            one.key
            for one in iterate(statement)
            if isinstance(one, BindParameter) and one.expanding
        ]
        self._texts: dict[tuple[Any, ...], Text] = {}

    def rows(self, connection: Connection, values: Values) -> list[Any]:
        """What a SELECT finds, with the columns as attributes of each row."""
        values = self._even(values)
        with _cursor(connection) as cursor:
            text = self._text(connection, values)
            cursor.execute(text.sql, text.parameters(values))
            found = cursor.fetchall()
        for place, column in enumerate(self._selected):
            convert = column.type.dialect_impl(connection.dialect).result_processor(
                connection.dialect, None
            )
            if convert is not None:
                found = [(*row[:place], convert(row[place]), *row[place + 1 :]) for row in found]
        return [self._row._make(row) for row in found]

    def run(self, connection: Connection, values: Values) -> int:
        """Do it; how many rows were concerned."""
        values = self._even(values)
        with _cursor(connection) as cursor:
            text = self._text(connection, values)
            cursor.execute(text.sql, text.parameters(values))
            return int(cursor.rowcount)

    def run_each(self, connection: Connection, several: Sequence[Values]) -> None:
        """Do it with each of these values."""
        if not several:
            return
        with _cursor(connection) as cursor:
            text = self._text(connection, several[0])
            cursor.executemany(text.sql, [text.parameters(values) for values in several])

    def _even(self, values: Values) -> Values:
        """Lists as long as a power of two: each length is a text of its own."""
        if not self._lists:
            return values
        made = dict(values)
        for name in self._lists:
            given = list(made[name])
            missing = (1 << (len(given) - 1).bit_length()) - len(given)
            made[name] = given + given[-1:] * missing
        return made

    def _text(self, connection: Connection, values: Values) -> Text:
        dialect = connection.dialect
        key = (dialect.name, *[len(values[name]) for name in self._lists])
        text = self._texts.get(key)
        if text is None:
            columns = list(values) if isinstance(self._statement, Insert) else None
            compiled = self._statement.compile(dialect=dialect, column_keys=columns)
            if len(self._texts) >= _max_texts:
                self._texts.clear()
            text = self._texts[key] = Text(compiled, values)
        return text


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """A cursor of the driver; what it raises comes out as the toolkit's, without the values."""
    dialect = connection.dialect
    errors: Any = dialect.loaded_dbapi.Error
    try:
        with closing(connection.connection.cursor()) as cursor:
            yield cursor
    except errors as exc:
        _forget_values(exc)
        raise DBAPIError.instance(
            None, None, exc, errors, hide_parameters=True, dialect=dialect
        ) from exc


def _forget_values(error: Any) -> None:
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    if primary is not None:
        error.args = (primary,)
