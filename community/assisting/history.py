"""What was told, when; the switch by which all of it stops; and how long things of it are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, select

from archive.archive import Archive
from archive.database import note_deletion, reading, writing
from community.assistant_models import ai_call, assistant_suggestion, assistant_wish
from community.assisting import rows

max_listed: Final = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made.

    Attributes
    ----------
    fields
        Names of what was told; of the text only its hash is known.
    """

    at: datetime
    case_id: str | None
    fields: tuple[str, ...]
    sha256: str
    model: str
    tier: str
    outcome: str


def list_calls(archive: Archive, person_id: str | None = None, limit: int = 100) -> list[Call]:
    """The latest calls, of everybody or of one person's cases."""
    query = select(ai_call).order_by(ai_call.c.at.desc(), ai_call.c.id.desc())
    if person_id is not None:
        query = query.where(ai_call.c.person == person_id)
    with reading(archive.engine) as connection:
        return [
            Call(
                row.at,
                row.case_id,
                tuple(row.fields.split()),
                row.payload_sha256.hex(),
                row.model,
                row.tier,
                row.outcome,
            )
            for row in connection.execute(query.limit(min(limit, max_listed)))
        ]


def stop(archive: Archive) -> None:
    """Have nobody told anything, from now on."""
    with writing(archive.engine) as connection:
        rows.stop(connection, datetime.now(UTC))


def start(archive: Archive) -> None:
    """Let help go on with what waits."""
    with writing(archive.engine) as connection:
        rows.start(connection)


def forget_calls(archive: Archive, before: datetime) -> int:
    """Calls that were long ago."""
    with writing(archive.engine) as connection:
        return connection.execute(delete(ai_call).where(ai_call.c.at < before)).rowcount


def forget_proposals(archive: Archive, before: datetime) -> int:
    """Proposals that nobody decided about, and wishes that are over."""
    proposals = delete(assistant_suggestion).where(
        assistant_suggestion.c.made_at < before,
        assistant_suggestion.c.state == rows.OPEN,
    )
    wishes = delete(assistant_wish).where(
        assistant_wish.c.asked_at < before, assistant_wish.c.state != rows.WAITING
    )
    with writing(archive.engine) as connection:
        count = connection.execute(proposals).rowcount
        if count:
            note_deletion(connection)
        return count + connection.execute(wishes).rowcount
