"""SQL as text: what was asked never stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import false

from archive.access import LOCAL, Principal, readable
from archive.archive import Archive
from archive.attributes import ATTRIBUTES, Attribute, Index
from archive.collections import Collection
from archive.conditions import Condition, Exact, Wildcard
from archive.database import reading
from archive.models import study
from archive.search_probes import probe
from archive.search_sql import DIALECTS, clause
from archive.sql_text import (
    FALSE,
    NOTHING,
    TRUE,
    Sql,
    all_of,
    any_of,
    glued,
    one_of,
    paged,
    run,
    select,
    spelled,
    stream,
)
from tests.indexed import archive_on

PLACE = Collection(7, "archive", None, "keep-first", "as-received", False, None)
TEXTS = [each for each in ATTRIBUTES if each.index is Index.TEXT]


@pytest.fixture
def archive(database_url: str, tmp_path: Any) -> Iterator[Archive]:
    with archive_on(database_url, tmp_path) as found:
        yield found


@given(
    st.text(min_size=1, max_size=20),
    st.sampled_from(TEXTS),
    st.sampled_from(sorted(DIALECTS)),
    st.sampled_from([Exact, Wildcard]),
)
def test_no_value_of_a_question_changes_the_text_of_a_statement(
    value: str, attribute: Attribute, name: str, kind: type[Exact | Wildcard]
) -> None:
    """Two values of one form are asked for in the same words."""
    dialect = DIALECTS[name]
    # A letter before and after: the same form, whatever is between.
    marked = "".join("x" if each in '*?\\"' else each for each in value)
    one: Condition = kind(attribute.path, f"ab{marked}cd")
    other: Condition = kind(attribute.path, "ab" + "x" * len(marked) + "cd")
    assert clause(one, attribute, dialect).text == clause(other, attribute, dialect).text
    found = probe(one, attribute, dialect, 1), probe(other, attribute, dialect, 1)
    assert all(found)
    arms = [[arm.text for arm in each.arms] for each in found if each]
    assert arms[0] == arms[1]


@given(st.lists(st.sampled_from([Sql("a = ?", (1,)), Sql("b"), Sql("c IN (?, ?)", (2, 3))])))
def test_every_mark_has_its_value(pieces: list[Sql]) -> None:
    for whole in (all_of(*pieces), any_of(*pieces), glued("x", *pieces), select("1", "t", pieces)):
        assert whole.text.count("?") == len(whole.values)
        assert list(whole.values) == [value for piece in pieces for value in piece.values]


def test_of_no_pieces_all_hold_and_none_does() -> None:
    assert all_of() == TRUE
    assert any_of() == FALSE
    assert one_of("a", ()) == FALSE
    assert glued(NOTHING, "a") == Sql("a")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_rule_of_access_looks_at_the_studies_around_it(dialect: str) -> None:
    """A subquery with studies of its own would let everything through that anybody may read."""
    reader = Principal("reader", audiences=frozenset({"person:a"}))
    rule = spelled(readable(reader, PLACE), study, dialect)
    assert "FROM share WHERE share.collection_id = study.collection_id" in rule.text
    assert rule.text.count("FROM study ") == 0
    assert "person:a" in rule.values
    assert "person:a" not in rule.text
    assert rule.text.count("?") == len(rule.values)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_hidden_collection_stays_so_in_text(dialect: str) -> None:
    hidden = Collection(7, "q", None, "keep-first", "as-received", True, None)
    assert spelled(readable(LOCAL, hidden), study, dialect) == spelled(false(), study, dialect)


def test_statements_run_with_their_values(archive: Archive) -> None:
    some = select("name", "collection", [Sql("name IN (?, ?)", ("archive", "%s"))])
    with reading(archive.engine) as connection:
        assert [tuple(row) for row in run(connection, some)] == [("archive",)]
        assert [row[0] for row in stream(connection, glued(some, paged(1)))] == ["archive"]
        assert list(run(connection, glued(some, paged(1, 1)))) == []


@pytest.mark.parametrize("ids", [[], [1], [3, 1, 2]])
def test_numbers_are_rows_however_many_there_are(archive: Archive, ids: list[int]) -> None:
    with reading(archive.engine) as connection:
        numbers = DIALECTS[connection.dialect.name].numbers(ids)
        assert sorted(row[0] for row in run(connection, numbers)) == sorted(ids)
