"""How a connection of the index is set up."""

import sqlite3

import pytest

from archive import database
from archive.database import open_engine, reading


class Busy(sqlite3.Connection):
    """A database that another process is changing to WAL for so many attempts."""

    attempts = 0

    def execute(self, statement, *values):
        if "journal_mode" in statement and self.attempts:
            self.attempts -= 1
            raise sqlite3.OperationalError("database is locked")
        return super().execute(statement, *values)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(database, "_pause", lambda attempt: None)


def test_processes_that_open_a_new_index_at_once_wait_for_one_another(tmp_path):
    connection = sqlite3.connect(tmp_path / "index.db", factory=Busy)
    connection.attempts = 3
    database._set_up_sqlite(connection, None)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_an_index_that_stays_locked_is_an_error(tmp_path):
    connection = sqlite3.connect(tmp_path / "index.db", factory=Busy)
    connection.attempts = 1_000
    with pytest.raises(sqlite3.OperationalError):
        database._set_up_sqlite(connection, None)
    connection.close()


def test_sqlite_overwrites_what_is_deleted(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/index.sqlite")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    engine.dispose()


def test_a_deleted_name_is_nowhere_in_the_files_of_the_index(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/index.sqlite")
    with engine.connect() as connection:
        for statement in (
            "CREATE TABLE patient (name TEXT)",
            "INSERT INTO patient VALUES ('Zyxwvut^Erased')",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ):
            connection.exec_driver_sql(statement)
            connection.commit()
        assert b"Zyxwvut" in (tmp_path / "index.sqlite").read_bytes()
        connection.exec_driver_sql("DELETE FROM patient")
        connection.commit()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    assert b"Zyxwvut" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
