"""The newest revision is known without the tool that migrates."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from archive.archive import Archive, alembic_config
from archive.database import reading, writing
from archive.history import is_newest, newest_revisions


def test_the_newest_revision_is_the_one_that_alembic_names(archive: Archive) -> None:
    with reading(archive.engine) as connection:
        heads = ScriptDirectory.from_config(alembic_config(connection)).get_heads()
    assert newest_revisions() == set(heads)


def test_a_migrated_index_is_newest_and_an_older_one_is_not(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        assert is_newest(connection)
        command.downgrade(alembic_config(connection), "0018")
        assert not is_newest(connection)


def test_an_index_that_was_never_migrated_is_not_newest(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        assert not is_newest(connection)
