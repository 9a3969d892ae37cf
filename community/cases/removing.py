"""Taking a case away, within a transaction that somebody else began. No rule of who may.

What belongs to a case is what the table of rules says, so that nothing new is left behind.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, exists, select, update

from archive.database import note_deletion
from archive.sharing import unshare_everything
from community.case_models import medical_case
from community.cases.editing import CaseText, touch
from community.cases.model import TOMBSTONE, Case
from community.finding_models import case_tag, tag
from community.quiz_models import quiz_question
from community.rights.ledger import CASE, note_in
from community.rights.links import Through
from community.rights.rules import Act, ruled_tables

_CASE: Final = medical_case.name
_EMPTY: Final = CaseText(licence="", language="")
_KEPT_BY_OTHERS: Final = frozenset({"case_entry"})
"""What `community.finding` takes out itself, with the words that were found by it."""


def remove_case(connection: Connection, case: Case, **more: Any) -> None:
    """Take away all that a case consists of, and its row, too, if nobody else ever saw it.

    Parameters
    ----------
    more
        Columns of the row that stays.
    """
    note_deletion(connection)
    note_in(connection, CASE, case.id)
    unshare_everything(connection, f"case:{case.id}")
    slugs = select(case_tag.c.tag).where(case_tag.c.case_id == case.id)
    tags = list(connection.scalars(slugs))
    for table in belongings():
        connection.execute(delete(table).where(table.c.case_id == case.id))
    _empty_questions(connection, case.id)
    _forget_unused(connection, tags)
    touch(connection, case, state=TOMBSTONE, **_nothing(), **more)
    if case.published_at is None:
        connection.execute(delete(medical_case).where(medical_case.c.id == case.id))


def belongings() -> list[Table]:
    """The tables of what a case consists of."""
    return [
        table
        for table, rule in ruled_tables()
        if rule.erased is Act.FOLLOW
        and table.name not in _KEPT_BY_OTHERS
        and any(isinstance(one, Through) and one.table == _CASE for one in rule.mine)
    ]


def _empty_questions(connection: Connection, case_id: str) -> None:
    """Rows stay for those who answered: what they answered is theirs."""
    nothing = {"body": "", "options_json": "[]", "answer_json": "{}", "is_withdrawn": True}
    questions = update(quiz_question).where(quiz_question.c.case_id == case_id)
    connection.execute(questions.values(nothing))


def _forget_unused(connection: Connection, tags: list[str]) -> None:
    """Tags are words that somebody wrote: one that no case has any more goes."""
    if tags:
        used = exists().where(case_tag.c.tag == tag.c.slug)
        connection.execute(delete(tag).where(tag.c.slug.in_(tags), ~used))


def _nothing() -> dict[str, Any]:
    """The columns of a case of which nothing is left."""
    values = asdict(_EMPTY)
    values.pop("sections")
    return {**values, "modalities": ""}
