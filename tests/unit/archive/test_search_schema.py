"""What the full text index of SQLite holds, and what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from archive.archive import Archive
from archive.database import writing
from archive.search_schema import forget_hidden_texts
from tests.archives import new_archive, store
from tests.builders import ct_image

LEVELS = ("study", "series")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path)
    store(made, ct_image(PatientName="Visible^Person"))
    store(made, ct_image(PatientName="Quarantined^Person"), collection="community")
    yield made
    made.close()


def terms(connection: Connection) -> set[str]:
    """Every trigram in the index, also of rows that are gone."""
    found: set[str] = set()
    for level in LEVELS:
        connection.execute(
            text(f"CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{level}_text', 'row')")
        )
        found |= set(connection.scalars(text("SELECT term FROM temp.words")))
        connection.execute(text("DROP TABLE temp.words"))
    return found


def test_what_is_quarantined_is_in_no_index_of_texts(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        assert "vis" in terms(connection)
        assert "qua" not in terms(connection)


def test_an_upgrade_takes_out_what_an_earlier_release_had_put_in(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        everything = text(
            "INSERT INTO study_text (rowid, patient_name) SELECT id, patient_name FROM study"
        )
        connection.execute(everything)
        assert "qua" in terms(connection)
        forget_hidden_texts(connection)
        assert "qua" not in terms(connection)
        assert "vis" in terms(connection)


def test_a_visible_study_leaves_the_index_when_it_changes_its_name(archive: Archive) -> None:
    find = text("SELECT count(*) FROM study_text WHERE patient_name LIKE '%visible%'")
    with writing(archive.engine) as connection:
        assert connection.scalar(find) == 1
        connection.execute(text("UPDATE study SET patient_name = 'renamed^person'"))
        assert connection.scalar(find) == 0
        connection.execute(text("INSERT INTO study_text (study_text) VALUES ('integrity-check')"))
