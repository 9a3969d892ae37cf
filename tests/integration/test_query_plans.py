"""Every indexed key is found by an index, on both databases, in whichever way it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from archive.archive import Archive
from archive.search_schema import TABLES
from benchmarks.query_plans import Asked, Way, questions, read_plans, table, way_of
from tests.indexed import archive_on, document, fill

QUESTIONS = list(questions())
LISTS = {"ModalitiesInStudy": "series_modality", "SOPClassesInStudy": "instance_sop_class_uid"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    home = tmp_path_factory.mktemp("home")
    if request.param == "sqlite":
        url = f"sqlite:///{home / 'index.sqlite'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.new_database()
    with archive_on(url, home) as made:
        fill(made, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.1", PatientID=f"P{n}", Modality="CT")
                    for n in range(4)])  # fmt: skip
        yield made
    if request.param == "postgresql":
        server.drop_database(url)


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda a: f"{a.attribute.keyword}-{a.form}")
def test_no_table_is_read_as_a_whole_for_an_indexed_key(archive: Archive, asked: Asked) -> None:
    way = way_of(archive, asked.search(), large=False)
    assert way.whole == ()
    assert way.indexes
    # One that answers, and one that sees whether nothing or too much was found.
    assert way.statements <= 2
    if archive.engine.dialect.name == "sqlite":  # told what a large archive is like
        assert any(re.search(_index_of(asked), name) for name in way.indexes), way


def _index_of(asked: Asked) -> str:
    """What the names of the indexes on a key have in them; UIDs have those of a constraint."""
    attribute = asked.attribute
    name = TABLES[attribute.level].name
    if attribute.keyword == "StudyDate":
        return "ix_study_newest"
    if attribute.computed:
        return LISTS[attribute.keyword]
    if attribute.own and attribute.keyword != "SOPClassUID":
        return f"autoindex_{name}|{attribute.column}"
    found = f"ix_{name}_{attribute.column}"
    return rf"{name}_text" if asked.form in ("middle", "by sound") else found


def test_a_key_without_an_index_is_seen_to_read_a_table(archive: Archive) -> None:
    """The looking itself: else a plan that nobody understands would pass for a good one."""
    with archive.engine.connect() as connection:
        if archive.engine.dialect.name == "sqlite":
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN SELECT document FROM study")
        else:
            plan = connection.exec_driver_sql("EXPLAIN SELECT document FROM study")
        lines = [str(row[-1]) for row in plan]
    assert read_plans(lines).whole == ("study",)


def test_the_table_tells_a_whole_reading_in_bold() -> None:
    (one, *_) = QUESTIONS
    told = table({"here": {one: Way(1, ("ix",), ("study",))}})
    assert told.splitlines()[-1] == "| StudyDate | value | `ix` **and all of study**; 1 |"
