"""The archive put together: migrations, engines, and the way news leave."""

from __future__ import annotations

import traceback

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from archive.archive import (
    Announcement,
    alembic_config,
    announce,
    check_database,
    migrate,
    open_archive,
)
from archive.database import reading, writing
from archive.errors import StoreUnavailable
from archive.models import metadata
from archive.settings import Settings
from archive.tombstones import ALL
from tests.archives import new_archive


def test_migrating_twice_changes_nothing(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the scripts are found from anywhere
    archive = new_archive(tmp_path, database_url)
    migrate(archive.settings)
    with reading(archive.engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM collection")) == 3
        newest = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest
    archive.close()


def test_an_index_of_an_older_release_gets_what_is_new(archive):
    with writing(archive.engine) as connection:
        command.downgrade(alembic_config(connection), "0001")
        assert not inspect(connection).has_table("commitment")
    migrate(archive.settings)
    with reading(archive.engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM commitment")) == 0


def test_the_migrated_schema_has_every_table_column_and_constraint_of_the_models(archive):
    def ours(_object, name, kind, _reflected, compare_to):
        # The search indexes are made by archive.search_schema, beside the models.
        return not (kind in ("index", "table") and compare_to is None) and name != ALL

    with reading(archive.engine) as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_an_index_that_was_never_migrated_is_not_ready(database_url, tmp_path):
    environ = {"DICOMTUBE_HOME": str(tmp_path), "DICOMTUBE_DATABASE_URL": database_url}
    archive = open_archive(Settings.from_environment(environ))
    with pytest.raises(StoreUnavailable):
        check_database(archive)
    migrate(archive.settings)
    check_database(archive)
    archive.close()


def test_a_commit_on_sqlite_is_on_disk_and_a_relaxed_one_only_when_asked_for(tmp_path):
    archive = new_archive(tmp_path)

    def level(connection):
        return connection.scalar(text("PRAGMA synchronous"))

    with writing(archive.engine, durable=False) as connection:
        assert level(connection) == 1
    for _ in range(3):
        with writing(archive.engine) as connection:
            assert level(connection) == 2
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_reader_neither_waits_for_a_writer_nor_sees_half_of_its_work(archive):
    count = text("SELECT count(*) FROM collection")
    with writing(archive.engine) as writer:
        writer.execute(text("DELETE FROM collection WHERE name = 'community'"))
        with reading(archive.engine) as reader:
            assert reader.scalar(count) == 3
    with reading(archive.engine) as reader:
        assert reader.scalar(count) == 2


def test_an_error_of_the_database_never_spells_a_value(archive):
    with pytest.raises(Exception, match="collection") as caught, writing(archive.engine) as writer:
        writer.execute(
            text("INSERT INTO collection (name, ae_title) VALUES ('x', :name)"),
            {"name": "Doe^" + "Jane"},
        )
    assert "Doe^Jane" not in "".join(traceback.format_exception(caught.value))


def test_news_that_cannot_be_told_are_a_line_in_the_log(tmp_path, caplog):
    def refuse(_):
        raise OSError("secret of the broker")

    archive = new_archive(tmp_path, announce=refuse)
    announce(archive, Announcement("archive", "1", 1))
    assert "OSError" in caplog.text
    assert "secret" not in caplog.text
