"""What each database keeps for finding in its own way: the words of cases, and counts of facets.

Run by the migrations. SQLite has the words in an FTS5 table, PostgreSQL in a column of type
tsvector with a GIN index; both go with the row of `case_entry` that they belong to, whoever deletes
it. May live here: tables and triggers of one database. May not: questions (`full_text`).

References
----------
https://www.sqlite.org/fts5.html, https://www.sqlite.org/lang_createtrigger.html,
https://www.postgresql.org/docs/current/textsearch-tables.html
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from archive.database import is_sqlite

# Words come folded and cut already. Marks that are part of a letter's sign are no ends of words.
_TOKENS = "unicode61 remove_diacritics 0 categories ''L* N* Co Mn Mc Me''"

_SQLITE: Final = (
    f"CREATE VIRTUAL TABLE case_text USING fts5 (a, b, c, d, tokenize='{_TOKENS}')",
    "CREATE TRIGGER case_entry_gone AFTER DELETE ON case_entry "
    "BEGIN DELETE FROM case_text WHERE rowid = old.number; END",
    "CREATE TRIGGER case_facet_more AFTER INSERT ON case_facet BEGIN "
    "INSERT INTO facet_count (facet, value, cases) VALUES (new.facet, new.value, 1) "
    "ON CONFLICT (facet, value) DO UPDATE SET cases = cases + 1; END",
    "CREATE TRIGGER case_facet_less AFTER DELETE ON case_facet BEGIN "
    "UPDATE facet_count SET cases = cases - 1 WHERE facet = old.facet AND value = old.value; "
    "DELETE FROM facet_count WHERE facet = old.facet AND value = old.value AND cases < 1; END",
)
_POSTGRESQL: Final = (
    "CREATE TABLE case_text (number bigint PRIMARY KEY REFERENCES case_entry (number) "
    "ON DELETE CASCADE, words tsvector NOT NULL)",
    # Without its list of what is new: whoever searches would have to go through that.
    "CREATE INDEX ix_case_text_words ON case_text USING gin (words) WITH (fastupdate = off)",
    "CREATE FUNCTION case_facet_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO facet_count AS known (facet, value, cases) VALUES (new.facet, new.value, 1) "
    "ON CONFLICT (facet, value) DO UPDATE SET cases = known.cases + 1; RETURN NULL; END $$",
    "CREATE FUNCTION case_facet_less() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "UPDATE facet_count SET cases = cases - 1 WHERE facet = old.facet AND value = old.value; "
    "DELETE FROM facet_count WHERE facet = old.facet AND value = old.value AND cases < 1; "
    "RETURN NULL; END $$",
    "CREATE TRIGGER case_facet_more AFTER INSERT ON case_facet "
    "FOR EACH ROW EXECUTE FUNCTION case_facet_more()",
    "CREATE TRIGGER case_facet_less AFTER DELETE ON case_facet "
    "FOR EACH ROW EXECUTE FUNCTION case_facet_less()",
)


def create_words(connection: Connection) -> None:
    """Make what is not made from the models; their tables are there."""
    for statement in _SQLITE if is_sqlite(connection) else _POSTGRESQL:
        connection.execute(text(statement))


def drop_words(connection: Connection) -> None:
    """Undo what dropping the models' tables does not; before they are dropped."""
    connection.execute(text("DROP TABLE IF EXISTS case_text"))
    for name in () if is_sqlite(connection) else ("case_facet_more", "case_facet_less"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON case_facet"))
        connection.execute(text(f"DROP FUNCTION IF EXISTS {name}()"))
