"""Places without words for what an imported row stands beside and is not here.

A comment, a vote or an answer may be about what somebody else wrote on the server that it comes
from. Here it is beside a removed case, or beneath an erased comment: unlisted, and in the export of
whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, func, insert, select

from archive.errors import ArchiveError
from community.case_models import medical_case
from community.cases.editing import new_slug
from community.cases.model import TOMBSTONE
from community.discussion.model import ERASED
from community.ids import is_id, new_id
from community.quiz_models import quiz_question
from community.talk_models import comment


def stand_in(
    connection: Connection, column: Column[Any], value: Any, beside: Mapping[str, Any]
) -> None:
    """Make a row that has this value, for a row that refers to it.

    Raises
    ------
    ArchiveError
        Nothing can stand in for that.
    """
    make = _MAKERS.get(column.table.name)
    if make is None or not is_id(str(value)):
        raise ArchiveError(f"this export refers to a row of '{column.table}' that is not in it")
    make(connection, str(value), beside)


def _case(connection: Connection, case_id: str, _: Mapping[str, Any]) -> None:
    now = datetime.now(UTC)
    row = {
        "id": case_id,
        "slug": new_slug(),
        "state": TOMBSTONE,
        "created_at": now,
        "changed_at": now,
        "published_at": now,
        "version": 1,
    }
    connection.execute(insert(medical_case).values(row))


def _comment(connection: Connection, comment_id: str, beside: Mapping[str, Any]) -> None:
    row = {
        "id": comment_id,
        "case_id": _case_of(connection, beside),
        "thread": comment_id,
        "depth": 0,
        "tombstone": ERASED,
        "created_at": datetime.now(UTC),
    }
    connection.execute(insert(comment).values(row))


def _question(connection: Connection, question_id: str, beside: Mapping[str, Any]) -> None:
    case_id = _case_of(connection, beside)
    count = select(func.count()).where(quiz_question.c.case_id == case_id)
    row = {
        "id": question_id,
        "case_id": case_id,
        "position": connection.scalar(count.select_from(quiz_question)) or 0,
        "kind": "free",
        "body": "",
        "options_json": "[]",
        "answer_json": "{}",
        "is_withdrawn": True,
        "created_at": datetime.now(UTC),
    }
    connection.execute(insert(quiz_question).values(row))


def _case_of(connection: Connection, beside: Mapping[str, Any]) -> str:
    """The case that the row is about if it says so, or one that nothing is known of."""
    known = beside.get("case_id")
    made = known if isinstance(known, str) and is_id(known) else new_id()
    here = select(medical_case.c.id).where(medical_case.c.id == made)
    if connection.scalar(here) is None:
        _case(connection, made, {})
    return made


Make = Callable[[Connection, str, Mapping[str, Any]], None]
_TABLES: Final[tuple[tuple[Table, Make], ...]] = (
    (medical_case, _case),
    (comment, _comment),
    (quiz_question, _question),
)
_MAKERS: Final[dict[str, Make]] = {table.name: make for table, make in _TABLES}
