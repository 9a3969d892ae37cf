"""Questions that every request asks: spelled once, and put to the driver itself.

Building, looking up and wrapping a statement costs the toolkit several times what the database
needs to answer it by a key. A `Question` is a SELECT that is compiled once for each engine and
then runs on the driver's cursor, on a connection of the engine's own pool, in a transaction of
its own. It is for single statements whose parameters are all that differs; whatever is asked
twice of the same state of the index belongs into `archive.database.reading`.

A question that the driver refuses is put once more by way of the toolkit, which knows lost
connections and words its errors without the values.

References
----------
PEP 249 (cursors, parameter styles).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import Compiled, SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.visitors import iterate

from archive.database import reading

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]

_max_spellings = 64


class Question:
    """A SELECT that is asked over and over.

    Parameters
    ----------
    statement
        Whose parameters are `bindparam`s with a name; those that `expand` take lists.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._row: Any = namedtuple("row", statement.selected_columns.keys())  # type: ignore[misc]  # the names are the statement's
        self._engines: WeakKeyDictionary[Engine, _Spellings] = WeakKeyDictionary()

    def rows(self, engine: Engine, values: Values) -> list[Any]:
        """The answer, with the columns as attributes of each row."""
        spellings = self._engines.get(engine)
        if spellings is None:
            spellings = self._engines[engine] = _Spellings(self._statement, engine.dialect)
        try:
            found = spellings.run(engine, values)
        except engine.dialect.loaded_dbapi.Error:
            with reading(engine) as connection:
                again = connection.execute(self._statement, dict(values)).all()
            return [self._row._make(row) for row in again]
        return [self._row._make(row) for row in found]

    def row(self, engine: Engine, values: Values) -> Any | None:
        """The one row of the answer, or None."""
        found = self.rows(engine, values)
        return found[0] if found else None


class _Spellings:
    """How one engine is asked: a text for each number of values in the lists."""

    def __init__(self, statement: Select[Any], dialect: Any) -> None:
        self._statement = statement
        self._dialect: DefaultDialect = dialect
        self._lists = sorted(
            one.key
            for one in iterate(statement)
            if isinstance(one, BindParameter) and one.expanding and one.required
        )
        self._texts: dict[tuple[int, ...], Text] = {}
        self._results = [
            (place, convert)
            for place, column in enumerate(statement.selected_columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def run(self, engine: Engine, values: Values) -> Sequence[Sequence[Any]]:
        sizes = tuple([len(values[name]) for name in self._lists])
        text = self._texts.get(sizes)
        if text is None:
            if len(self._texts) >= _max_spellings:
                self._texts.clear()
            compiled = self._statement.compile(dialect=self._dialect)
            text = self._texts[sizes] = Text(compiled, values)
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(text.sql, text.parameters(values))
            found = cursor.fetchall()
            cursor.close()
        finally:
            connection.close()
        if self._results:
            found = [self._converted(row) for row in found]
        return found

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        made = list(row)
        for place, convert in self._results:
            made[place] = convert(made[place])
        return made


class Text:
    """A statement as the driver takes it, for lists of one length each.

    Attributes
    ----------
    sql : str
        With the driver's own marks for values.
    """

    def __init__(self, compiled: Compiled, values: Values) -> None:
        assert isinstance(compiled, SQLCompiler), "a statement of the toolkit"
        state = compiled.construct_expanded_state(dict(values))
        self.sql = state.statement
        self._given = dict(state.parameters)
        self._order = state.positiontup
        self._lists = {
            name: tuple(into) for name, into in state.parameter_expansion.items() if name in values
        }
        self._converts = {
            name: convert
            for name, convert in {**_converters(compiled), **state.processors}.items()
            if name in self._given
        }

    def parameters(self, values: Values) -> Any:
        """What is bound, in the driver's own style."""
        bound = {**self._given, **values}
        for name, into in self._lists.items():
            bound.update(zip(into, values[name], strict=True))
        for name, convert in self._converts.items():
            bound[name] = convert(bound[name])
        if self._order is not None:
            return [bound[name] for name in self._order]
        return {name: bound[name] for name in self._given}


def _converters(compiled: SQLCompiler) -> dict[str, Convert]:
    """How values of single parameters are spelled for the driver; those of lists are not here."""
    found: dict[str, Convert] = {}
    for one, name in compiled.bind_names.items():
        if not one.expanding:
            kind = one.type.dialect_impl(compiled.dialect)
            if convert := kind.bind_processor(compiled.dialect):
                found[name] = convert
    return found
