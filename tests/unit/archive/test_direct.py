"""Questions put to the driver say the same as the toolkit does, and fail as it does."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, event, insert, select
from sqlalchemy.exc import DBAPIError

from archive.database import reading, writing
from archive.direct import Question
from archive.models import token

# A whole second: drivers spell it otherwise than the toolkit does.
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def tokens(archive):
    """Three tokens; the second has no end."""
    ends = (NOW, None, NOW + timedelta(days=1))
    rows = [
        {
            "name": f"token {number}",
            "secret_sha256": bytes([number]) * 32,
            "grants": "[]",
            "created_at": NOW,
            "expires_at": end,
        }
        for number, end in enumerate(ends, 1)
    ]
    with writing(archive.engine) as connection:
        connection.execute(insert(token), rows)
    return archive.engine


COLUMNS = (token.c.name, token.c.secret_sha256, token.c.created_at, token.c.expires_at)
ASKED = [
    (select(*COLUMNS).where(token.c.name == bindparam("name")), {"name": "token 2"}),
    (select(*COLUMNS).where(token.c.name == bindparam("name")), {"name": "x' OR 1=1 --"}),
    (
        select(*COLUMNS).where(token.c.expires_at > bindparam("now")).order_by(token.c.id),
        {"now": NOW},
    ),
    (
        select(*COLUMNS)
        .where(token.c.name.in_(bindparam("names", expanding=True)))
        .where(token.c.name.in_(["token 1", "token 3"]))
        .order_by(token.c.id),
        {"names": ["token 1", "token 2", "token 3"]},
    ),
    (
        select(token.c.name).where(token.c.name.in_(bindparam("names", expanding=True))),
        {"names": []},
    ),
]


@pytest.mark.parametrize(("statement", "values"), ASKED)
def test_an_answer_is_that_of_the_toolkit(tokens, statement, values):
    with reading(tokens) as connection:
        expected = [tuple(row) for row in connection.execute(statement, values)]
    asking = Question(statement)
    for _ in range(2):
        assert [tuple(row) for row in asking.rows(tokens, values)] == expected


def test_columns_are_attributes_of_a_row(tokens):
    statement, values = ASKED[0]
    row = Question(statement).row(tokens, values)
    assert (row.name, row.secret_sha256, row.created_at) == ("token 2", b"\2" * 32, NOW)
    assert row.expires_at is None


def test_none_is_no_row(tokens):
    statement, values = ASKED[1]
    assert Question(statement).row(tokens, values) is None


def test_lists_may_be_of_another_length_each_time(tokens):
    statement = (
        select(token.c.id)
        .where(token.c.name.in_(bindparam("names", expanding=True)))
        .order_by(token.c.id)
    )
    asking = Question(statement)
    names = ["token 1", "token 2", "token 3"]
    for count in (1, 3, 2, 1):
        assert len(asking.rows(tokens, {"names": names[:count]})) == count


def test_what_was_written_meanwhile_is_seen(tokens):
    asking = Question(select(token.c.name).where(token.c.revoked_at.is_(None)))
    assert len(asking.rows(tokens, {})) == 3
    with writing(tokens) as connection:
        connection.execute(token.update().where(token.c.name == "token 1").values(revoked_at=NOW))
    assert len(asking.rows(tokens, {})) == 2


def test_no_connection_is_kept(tokens):
    statement, values = ASKED[0]
    asking = Question(statement)
    for _ in range(100):
        asking.rows(tokens, values)
    assert tokens.pool.checkedout() == 0


def test_what_the_driver_refuses_is_asked_by_the_toolkit_and_tells_no_values(tokens):
    statement = select(token.c.name).where(token.c.name == bindparam("name"))
    asking = Question(statement)
    asked = []
    event.listen(tokens, "before_cursor_execute", lambda *told: asked.append(told[2]))
    with pytest.raises(DBAPIError) as error:
        asking.rows(tokens, {"name": object()})
    assert "object" not in str(error.value).partition("[SQL")[2]
    assert any(text.startswith("SELECT") for text in asked)
    assert tokens.pool.checkedout() == 0


def test_a_lost_connection_is_replaced(tokens):
    statement, values = ASKED[0]
    asking = Question(statement)
    asking.rows(tokens, values)
    held = tokens.raw_connection()
    held.driver_connection.close()
    held.close()
    assert asking.row(tokens, values).name == "token 2"
