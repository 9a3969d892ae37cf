"""Verbs of an author: to allow help with a case, to take that back, to ask for help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Delete, delete, func, insert, select

from archive.archive import Archive
from archive.database import insert_missing, reading, writing
from archive.errors import NotFound
from community.accounts.people import Person
from community.assistant.payload import STATES
from community.assistant_models import ai_call, assistant_consent, assistant_wish
from community.assisting import rows
from community.assisting.gathering import may_work_for, opted_in
from community.assisting.rows import Suggestion, Wish
from community.assisting.settings import AssistantSettings
from community.assisting.terms import TERMS
from community.case_models import medical_case
from community.cases.editing import claimed
from community.cases.errors import CaseError
from community.cases.model import Case

max_calls_a_person: Final = 30
"""In a day."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the help for a case.

    Attributes
    ----------
    may_work
        Its author is neither restricted nor against it.
    """

    is_allowed: bool
    is_stopped: bool
    may_work: bool
    wish: Wish | None
    suggestions: tuple[Suggestion, ...]


def standing_of(archive: Archive, settings: AssistantSettings, case: Case) -> Standing:
    """How it stands with the help for a case."""
    with reading(archive.engine) as connection:
        return Standing(
            opted_in(connection, case, settings),
            rows.is_stopped(connection),
            case.owner is not None and may_work_for(connection, case.owner),
            rows.wish_of(connection, case.id),
            tuple(rows.suggestions_of(connection, case.id, rows.OPEN, rows.ACCEPTED)),
        )


def allow(
    archive: Archive, settings: AssistantSettings, person: Person, case_id: str, version: str
) -> None:
    """Let a service be told of a case.

    Parameters
    ----------
    version
        Of the words that its owner agreed to.

    Raises
    ------
    CaseError
        Other words hold by now.
    NotFound, Gone, NotAllowed
        It is not theirs to decide.
    """
    words = TERMS[settings.tier]
    if version != words.version:
        raise CaseError("what you allow was worded anew; read it again and allow that", "allow")
    row = {
        "case_id": case_id,
        "person": person.id,
        "statement_version": words.version,
        "statement_sha256": words.sha256,
        "at": datetime.now(UTC),
    }
    with writing(archive.engine) as connection:
        claimed(connection, person, case_id)
        connection.execute(_consent(case_id))
        connection.execute(insert(assistant_consent).values(row))


def take_back(archive: Archive, person: Person, case_id: str) -> None:
    """Have no service told of a case any more; what was proposed and not accepted goes.

    Raises
    ------
    NotFound
        It is not theirs to decide.
    """
    with writing(archive.engine) as connection:
        _own(connection, person, case_id)
        connection.execute(_consent(case_id))
        rows.forget_wish(connection, case_id)
        rows.forget_open(connection, case_id)


def ask(archive: Archive, settings: AssistantSettings, person: Person, case_id: str) -> None:
    """Ask for help with a case; the worker comes to it.

    Raises
    ------
    CaseError
        It is not allowed, or was asked for too often.
    NotFound, Gone, NotAllowed
        It is not theirs to ask for.
    """
    now = datetime.now(UTC)
    with writing(archive.engine) as connection:
        case = claimed(connection, person, case_id)
        if not opted_in(connection, case, settings) or case.state not in STATES:
            raise CaseError("allow it for this case first", "allow")
        since = ai_call.c.at > now - DAY
        count = select(func.count()).where(ai_call.c.person == person.id, since)
        if (connection.scalar(count) or 0) >= max_calls_a_person:
            raise CaseError("you asked very often today; ask again tomorrow", "ask")
        wish: dict[str, Any] = {
            "case_id": case_id,
            "state": rows.WAITING,
            "asked_at": now,
            "due_at": now,
        }
        insert_missing(connection, assistant_wish, [wish], ["case_id"])
        again = {**wish, "reason": "", "field": "", "tries": 0}
        rows.note_wish(connection, **again)


def _own(connection: Connection, person: Person, case_id: str) -> None:
    """Let pass whose case it is, also while they write nothing: to take back is always theirs."""
    query = select(medical_case.c.owner).where(medical_case.c.id == case_id).with_for_update()
    if connection.scalar(query) != person.id:
        raise NotFound("there is no such case of yours")


def _consent(case_id: str) -> Delete:
    return delete(assistant_consent).where(assistant_consent.c.case_id == case_id)
