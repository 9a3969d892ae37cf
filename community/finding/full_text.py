"""The words of cases in each database: kept, and asked. All SQL of one kind of database is here.

References
----------
https://www.sqlite.org/fts5.html (bm25), https://www.postgresql.org/docs/current/textsearch-controls.html
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Row, TextClause, text

from archive.database import is_sqlite
from community.finding.asking import Question, to_fts5, to_tsquery
from community.finding.entries import WEIGHTS

# What a tsvector holds at most: a position, and places of one word.
_MAX_POSITION: Final = 16_383
_MAX_PLACES: Final = 255

_KEEP_SQLITE = text("INSERT INTO case_text (rowid, a, b, c, d) VALUES (:number, :a, :b, :c, :d)")
_FORGET_SQLITE = text("DELETE FROM case_text WHERE rowid = :number")
_KEEP_POSTGRESQL = text(
    "INSERT INTO case_text (number, words) VALUES (:number, CAST(:words AS tsvector)) "
    "ON CONFLICT (number) DO UPDATE SET words = excluded.words"
)

_RANKED_SQLITE = (
    "SELECT case_text.rowid AS number FROM case_text WHERE case_text MATCH :question"
    "{chosen} ORDER BY bm25(case_text, 10.0, 5.0, 2.0, 1.0), number DESC LIMIT :limit"
)
_NEWEST_SQLITE = (
    "SELECT case_text.rowid AS number FROM case_text WHERE case_text MATCH :question"
    "{chosen} ORDER BY rowid DESC LIMIT :limit"
)
_RANKED_POSTGRESQL = (
    "SELECT number FROM case_text, CAST(:question AS tsquery) AS asked WHERE words @@ asked"
    "{chosen} ORDER BY ts_rank('{{0.05, 0.1, 0.4, 1.0}}', words, asked, 1) DESC, number DESC "
    "LIMIT :limit"
)
_NEWEST_POSTGRESQL = (
    "SELECT number FROM case_text, CAST(:question AS tsquery) AS asked WHERE words @@ asked"
    "{chosen} ORDER BY number DESC LIMIT :limit"
)


# A list of numbers as one value: hundreds of places in a statement take longer than the answer.
_COUNTED: Final = (
    "SELECT facet, value, count(*) FROM case_facet "
    "WHERE facet <> 'tag' AND number {among} GROUP BY facet, value"
)
_COUNTED_SQLITE = text(_COUNTED.format(among="IN (SELECT value FROM json_each(:numbers))"))
_COUNTED_POSTGRESQL = text(_COUNTED.format(among="= ANY(:numbers)"))


def keep_words(connection: Connection, number: int, words: Mapping[str, Sequence[str]]) -> None:
    """Have an entry found by these words, and no others."""
    if is_sqlite(connection):
        connection.execute(_FORGET_SQLITE, {"number": number})
        row = {weight: " ".join(words[weight]) for weight in WEIGHTS}
        connection.execute(_KEEP_SQLITE, {"number": number, **row})
    else:
        connection.execute(_KEEP_POSTGRESQL, {"number": number, "words": to_tsvector(words)})


def scrub_words(connection: Connection) -> None:
    """Let nothing of what is not found any more lie in the index of SQLite.

    Its b-trees keep deleted words until they are merged; of what was withdrawn none may stay.
    """
    if is_sqlite(connection):
        connection.execute(text("INSERT INTO case_text (case_text) VALUES ('optimize')"))


def numbers_of(
    connection: Connection,
    question: Question,
    chosen: Sequence[tuple[str, str]],
    limit: int,
    *,
    newest: bool = False,
) -> list[int]:
    """The entries that answer a question, the best first.

    Parameters
    ----------
    chosen
        Names and values of facets, all of which an entry must have.
    newest
        The newest first instead.
    """
    if is_sqlite(connection):
        statement = _NEWEST_SQLITE if newest else _RANKED_SQLITE
        spelled = to_fts5(question)
    else:
        statement = _NEWEST_POSTGRESQL if newest else _RANKED_POSTGRESQL
        spelled = to_tsquery(question)
    values: dict[str, Any] = {"question": spelled, "limit": limit}
    for at, (facet, value) in enumerate(chosen):
        values |= {f"facet_{at}": facet, f"value_{at}": value}
    # The plus keeps SQLite from asking for the words anew for each case that is chosen.
    column = "+case_text.rowid" if is_sqlite(connection) else "case_text.number"
    return list(connection.scalars(_with(statement, column, len(chosen)), values))


def counts_of(connection: Connection, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    """Facet and value of entries, but for tags, and how many of them have it."""
    if is_sqlite(connection):
        return connection.execute(_COUNTED_SQLITE, {"numbers": json.dumps(numbers)}).all()
    return connection.execute(_COUNTED_POSTGRESQL, {"numbers": list(numbers)}).all()


@lru_cache(maxsize=100)
def _with(statement: str, column: str, count: int) -> TextClause:
    conditions = (
        f" AND {column} IN (SELECT number FROM case_facet "  # noqa: S608 - names of ours
        f"WHERE facet = :facet_{at} AND value = :value_{at})"
        for at in range(count)
    )
    return text(statement.format(chosen="".join(conditions)))


def to_tsvector(words: Mapping[str, Sequence[str]]) -> str:
    """Words with their places and weights, as PostgreSQL reads them."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    at = 0
    for weight in WEIGHTS:
        for word in words[weight]:
            at += 1
            if len(places[word]) < _MAX_PLACES:
                places[word].append(f"{min(at, _MAX_POSITION)}{weight.upper()}")
        # Words of different weights never follow one another.
        at += 1
    return " ".join(
        "'" + word.replace("'", "''").replace("\\", "\\\\") + "':" + ",".join(where)
        for word, where in places.items()
    )
