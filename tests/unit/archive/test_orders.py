"""Statements run by the driver do what the toolkit's do, and fail as the toolkit's fail."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Text, bindparam, cast, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from archive.database import reading, writing
from archive.models import loose_object
from archive.orders import Order

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
KEYS = bindparam("keys", expanding=True)
ADD = Order(insert(loose_object))
FIND = (
    select(loose_object.c.object_key, loose_object.c.since, loose_object.c.condemned)
    .where(loose_object.c.object_key.in_(KEYS))
    .order_by(loose_object.c.object_key)
)
REMOVE = Order(delete(loose_object).where(loose_object.c.object_key.in_(KEYS)))
CONDEMN = Order(
    update(loose_object)
    .where(loose_object.c.object_key == bindparam("key"))
    .values(condemned=bindparam("now"))
)


def rows(*keys):
    return [{"object_key": key, "since": NOW} for key in keys]


@pytest.fixture
def engine(archive):
    """With five keys."""
    with writing(archive.engine) as connection:
        ADD.run_each(connection, rows("a", "b", "c", "d", "x' OR 1=1 --"))
    return archive.engine


@pytest.mark.parametrize("keys", [["a"], ["a", "b", "c"], ["a"] * 70, ["none"], ["x' OR 1=1 --"]])
def test_an_answer_is_that_of_the_toolkit(engine, keys):
    with reading(engine) as connection:
        expected = [tuple(row) for row in connection.execute(FIND, {"keys": keys})]
        found = Order(FIND).rows(connection, {"keys": keys})
    assert [tuple(row) for row in found] == expected
    assert [row.object_key for row in found] == sorted({*keys} - {"none"})


def test_a_moment_lies_in_its_column_as_the_toolkit_puts_it_there(engine):
    with writing(engine) as connection:
        connection.execute(insert(loose_object), rows("by the toolkit"))
    with reading(engine) as connection:
        spelled = connection.scalars(select(cast(loose_object.c.since, Text))).all()
    assert len(spelled) == 6
    assert len(set(spelled)) == 1


@pytest.mark.parametrize(("keys", "concerned"), [(["a"], 1), (["a", "b", "none"], 2), ([], 0)])
def test_rows_that_were_concerned_are_counted_once(engine, keys, concerned):
    with writing(engine) as connection:
        assert REMOVE.run(connection, {"keys": keys}) == concerned


def test_each_of_several_is_done(engine):
    with writing(engine) as connection:
        CONDEMN.run_each(connection, [{"key": "a", "now": True}, {"key": "c", "now": True}])
        CONDEMN.run_each(connection, [])
    with reading(engine) as connection:
        found = Order(FIND).rows(connection, {"keys": ["a", "b", "c"]})
    assert [bool(row.condemned) for row in found] == [True, False, True]


def test_what_is_run_belongs_to_the_transaction(engine):
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        REMOVE.run(connection, {"keys": ["a"]})
        raise ZeroDivisionError
    with reading(engine) as connection:
        assert len(Order(FIND).rows(connection, {"keys": ["a"]})) == 1


def test_an_error_is_the_toolkits_and_tells_no_value(engine):
    with pytest.raises(IntegrityError) as caught, writing(engine) as connection:
        ADD.run_each(connection, rows("d"))
    assert "'d'" not in str(caught.value)
    assert "=(d)" not in str(caught.value)
