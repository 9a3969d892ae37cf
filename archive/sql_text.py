"""SQL as text with its values, for statements that are spelled anew for every question.

Putting text together costs a twentieth of what the toolkit's expressions cost to build, look up
and bind. Values never stand in the text: each has a ``?`` there, and goes beside it. What stands
in the text is ours: names of tables and columns, and nothing that was asked.

References
----------
PEP 249 (parameter styles).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, literal_column
from sqlalchemy import select as select_expression
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.default import DefaultDialect

_PLAIN_DIALECTS: dict[str, type[DefaultDialect]] = {
    "sqlite": sqlite.dialect,
    "postgresql": postgresql.dialect,
}


_SOME = 50
"""Rows that are held at once of what is read by the way."""


class Sql(NamedTuple):
    """A piece of SQL.

    Parameters
    ----------
    text
        With a ``?`` for every value.
    values
        In the order of their marks.
    """

    text: str
    values: tuple[Any, ...] = ()


TRUE = Sql("1 = 1")
FALSE = Sql("1 = 0")
NOTHING = Sql("")


def glued(*pieces: Sql | str) -> Sql:
    """Pieces one after the other, with a blank between them."""
    texts: list[str] = []
    values: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
        elif piece.text:
            texts.append(piece.text)
            values += piece.values
    return Sql(" ".join(texts), tuple(values))


def _together(word: str, pieces: Iterable[Sql], none: Sql) -> Sql:
    given = tuple(pieces)
    if len(given) < 2:
        return given[0] if given else none
    texts = [piece.text for piece in given]
    values = [value for piece in given for value in piece.values]
    return Sql(f"({word.join(texts)})", tuple(values))


def all_of(*pieces: Sql) -> Sql:
    """Whether every piece holds."""
    return _together(" AND ", pieces, TRUE)


def any_of(*pieces: Sql) -> Sql:
    """Whether one of the pieces holds."""
    return _together(" OR ", pieces, FALSE)


def one_of(text: str, values: Iterable[Any]) -> Sql:
    """Whether a column is one of a few values."""
    given = tuple(values)
    return Sql(f"{text} IN ({', '.join('?' * len(given))})", given) if given else FALSE


def select(
    columns: str, tables: Sql | str, conditions: Iterable[Sql] = (), tail: Sql | str = NOTHING
) -> Sql:
    """A SELECT; `tail` is what follows the conditions."""
    given = tuple(conditions)
    where = glued("WHERE", all_of(*given)) if given else NOTHING
    return glued("SELECT", columns, "FROM", tables, where, tail)


def union_all(selects: Iterable[Sql]) -> Sql:
    """All rows of several SELECTs without a tail."""
    given = tuple(selects)
    return Sql(
        " UNION ALL ".join(each.text for each in given),
        tuple(value for each in given for value in each.values),
    )


def paged(limit: int, offset: int = 0) -> Sql:
    """How many rows, after how many others."""
    return Sql("LIMIT ? OFFSET ?", (limit, offset)) if offset else Sql("LIMIT ?", (limit,))


def spelled(expression: ColumnElement[bool], table: Table, dialect: str) -> Sql:
    """A condition of the toolkit on the rows of a table, with the values that it holds."""
    plain = _PLAIN_DIALECTS[dialect](paramstyle="qmark")
    # Within a statement, as only there it is known whose columns a subquery looks at.
    one: Select[Any] = select_expression(literal_column("1"))
    whole = one.select_from(table).where(expression)
    compiled = whole.compile(dialect=plain, compile_kwargs={"render_postcompile": True})
    parameters = compiled.construct_params()
    order: list[str] = getattr(compiled, "positiontup", None) or []
    head, _, condition = " ".join(str(compiled).split()).partition(" WHERE ")
    assert head.endswith(f" 1 FROM {table.name}")  # or it would be another table's
    return Sql(f"({condition})", tuple(parameters[name] for name in order))


def run(connection: Connection, statement: Sql) -> Sequence[Row[Any]]:
    """The rows of a statement."""
    text = _for(connection, statement)
    return connection.exec_driver_sql(text, statement.values).all()


def stream(connection: Connection, statement: Sql) -> Iterator[Row[Any]]:
    """The rows of a statement, some at a time."""
    options = {"yield_per": _SOME}
    yield from connection.exec_driver_sql(
        _for(connection, statement), statement.values, execution_options=options
    )


def _for(connection: Connection, statement: Sql) -> str:
    if connection.dialect.name == "sqlite":
        return statement.text
    return statement.text.replace("?", "%s")  # none of ours has one that means anything else
