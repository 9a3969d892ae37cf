"""Rows of the assistant as values, read and written within a transaction that somebody else began.

May live here: what more than one module of this room asks of its tables. No rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from archive.database import insert_missing, note_deletion
from community.assistant_models import (
    assistant_consent,
    assistant_stop,
    assistant_suggestion,
    assistant_wish,
)

WAITING: Final = "waiting"
DONE: Final = "done"
WITHHELD: Final = "withheld"
FAILED: Final = "failed"

OPEN: Final = "open"
ACCEPTED: Final = "accepted"
DISMISSED: Final = "dismissed"

_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody asked for help with a case.

    Attributes
    ----------
    reason, field
        Why there was none, and where something stands that kept the case back.
    """

    case_id: str
    state: str
    reason: str
    field: str
    asked_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a service proposed."""

    id: str
    case_id: str
    kind: str
    text: str
    model: str
    made_at: datetime
    state: str


def consent_of(connection: Connection, case_id: str) -> Row[Any] | None:
    """Who let a service be told of a case, and by which words."""
    query = select(assistant_consent).where(assistant_consent.c.case_id == case_id)
    return connection.execute(query).one_or_none()


def wish_of(connection: Connection, case_id: str) -> Wish | None:
    """What was asked last for a case."""
    query = select(assistant_wish).where(assistant_wish.c.case_id == case_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Wish(row.case_id, row.state, row.reason, row.field, row.asked_at, row.tries)


def note_wish(connection: Connection, case_id: str, **values: Any) -> None:
    """Change a wish."""
    this = assistant_wish.c.case_id == case_id
    connection.execute(update(assistant_wish).where(this).values(**values))


def forget_wish(connection: Connection, case_id: str) -> None:
    """Have nothing asked for a case."""
    connection.execute(delete(assistant_wish).where(assistant_wish.c.case_id == case_id))


def suggestions_of(connection: Connection, case_id: str, *states: str) -> list[Suggestion]:
    """What was proposed for a case and is in one of these states."""
    query = (
        select(assistant_suggestion)
        .where(assistant_suggestion.c.case_id == case_id)
        .where(assistant_suggestion.c.state.in_(states))
        .order_by(assistant_suggestion.c.kind, assistant_suggestion.c.text)
    )
    return [
        Suggestion(row.id, row.case_id, row.kind, row.text, row.model, row.made_at, row.state)
        for row in connection.execute(query)
    ]


def forget_open(connection: Connection, case_id: str) -> None:
    """Take away what was proposed and not decided, as something newer is."""
    of_case = assistant_suggestion.c.case_id == case_id
    gone = connection.execute(
        delete(assistant_suggestion).where(of_case, assistant_suggestion.c.state == OPEN)
    )
    if gone.rowcount:
        note_deletion(connection)


def keep_suggestions(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Keep what was proposed."""
    if rows:
        connection.execute(insert(assistant_suggestion), rows)


def is_stopped(connection: Connection) -> bool:
    """Whether an operator stopped all help."""
    return connection.scalar(select(assistant_stop.c.at)) is not None


def stop(connection: Connection, now: datetime) -> None:
    """Have nobody told anything, from now on."""
    insert_missing(connection, assistant_stop, [{"name": _ALL, "at": now}], ["name"])


def start(connection: Connection) -> None:
    """Let help go on."""
    connection.execute(delete(assistant_stop))
