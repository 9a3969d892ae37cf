"""The tables of the community: what migrations make is what the models say, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from archive import models as archives
from archive.archive import Archive, alembic_config
from archive.database import reading, writing
from community.ids import is_id, new_id
from community.models import metadata
from community.rights.schema import every_table
from tests.archives import new_archive

# Whatever part brings tables: from here on all are in the metadata.
assert metadata.tables.keys() < every_table().keys()


@pytest.fixture
def migrated(tmp_path: Path, database_url: str) -> Archive:
    return new_archive(tmp_path, database_url)


def test_the_migrated_schema_has_every_table_column_and_constraint(migrated: Archive) -> None:
    def ours(_object: object, name: str, kind: str, _reflected: bool, compare_to: object) -> bool:
        return not (kind == "table" and compare_to is None)

    with reading(migrated.engine) as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []
    migrated.close()


def test_revisions_go_down_and_up_again(migrated: Archive) -> None:
    with writing(migrated.engine) as connection:
        command.downgrade(alembic_config(connection), "0004")
        left = set(inspect(connection).get_table_names())
        assert not left & set(metadata.tables)
        assert {"study", "token"} <= left
        command.upgrade(alembic_config(connection), "head")
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
    migrated.close()


def test_no_table_of_the_community_has_a_name_or_a_reference_of_the_archive() -> None:
    assert not set(metadata.tables) & set(archives.metadata.tables)
    targets = {
        key.column.table.name for table in metadata.tables.values() for key in table.foreign_keys
    }
    assert targets <= set(metadata.tables)


def test_ids_sort_as_they_were_made_and_are_of_version_7() -> None:
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(map(is_id, made))
    assert made[0][:8] <= made[-1][:8]
    assert not any(map(is_id, ("", made[0].upper(), made[0][:14] + "4" + made[0][15:])))
