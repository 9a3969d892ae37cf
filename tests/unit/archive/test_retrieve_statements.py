"""Statements that are built once still ask only for what their caller may read."""

import pytest
from sqlalchemy import event

from archive import retrieve_statements as statements
from archive.access import AUDIENCES, LOCAL, Principal, Sight, audiences_of, sight_of
from archive.attributes import Level
from archive.collections import get_collection
from archive.errors import NotFound
from archive.retrieve import find_framed_instance, find_instances, frame_table
from archive.sharing import share_study
from tests.archives import store
from tests.builders import ct_image

READER = Principal("reader", frozenset({("archive", "read")}))
WRITER = Principal("writer", frozenset({("archive", "write")}))


def rows(archive, principal, collection):
    place = get_collection(archive, collection)
    sight = sight_of(principal, place)
    query = statements.instances(sight, place, Level.STUDY)
    readers = {} if sight.whole else {AUDIENCES: audiences_of(principal)}
    asked = statements.parameters("1", None, None, after=0, page=10, **readers)
    return query.rows(archive.engine, asked)


def test_one_reader_s_statement_is_never_another_s(archive):
    store(archive, ct_image(StudyInstanceUID="1"))
    for _ in range(2):
        assert len(rows(archive, READER, "archive")) == 1
        assert rows(archive, WRITER, "archive") == []
        assert rows(archive, None, "archive") == []
        assert rows(archive, LOCAL, "community") == []


def test_audiences_are_parameters_of_one_statement(archive):
    store(archive, ct_image(StudyInstanceUID="1"))
    share_study(archive, "archive", "1", "person:a")
    place = get_collection(archive, "archive")
    others = Sight(whole=False, held=False)
    made = statements.instances(others, place, Level.STUDY)
    for person, count in (("a", 1), ("b", 0), ("a", 1)):
        asking = Principal(f"person {person}", audiences=frozenset({f"person:{person}"}))
        assert len(rows(archive, asking, "archive")) == count
    assert statements.instances(others, place, Level.STUDY) is made


def test_a_frame_is_found_with_one_statement(archive):
    store(
        archive,
        ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1", SOPInstanceUID="1.1.1"),
    )
    get_collection(archive, "archive")
    frame_table(archive, next(find_instances(archive, LOCAL, "archive", "1", "1.1", "1.1.1")))
    seen, taken = [], []
    event.listen(archive.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    event.listen(archive.engine, "checkout", lambda *_: taken.append(1))
    found, table = find_framed_instance(archive, LOCAL, "archive", "1", "1.1", "1.1.1")
    # A question of `archive.direct` takes a connection for one statement, which no event tells of.
    assert (seen, len(taken)) == ([], 1)
    assert [found] == list(find_instances(archive, LOCAL, "archive", "1", "1.1", "1.1.1"))
    assert table.to_bytes() == frame_table(archive, found).to_bytes()


def test_frames_of_what_is_not_here_or_has_none_are_not_found(archive):
    store(
        archive,
        ct_image(
            StudyInstanceUID="1",
            SeriesInstanceUID="1.1",
            SOPInstanceUID="1.1.1",
            PixelData=None,
            Rows=None,
        ),
    )
    for named in [("1", "1.1", "1.1.1"), ("1", "1.1", "1.1.2"), ("1", "1.2", "1.1.1")]:
        with pytest.raises(NotFound):
            find_framed_instance(archive, LOCAL, "archive", *named)
