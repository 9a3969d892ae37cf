"""The clock's voice: who runs the site hears of what is due soon, and of what is overdue.

The worker calls `remind` every now and then; each reminder is written down with its request, so
that none comes twice. The mail has numbers and days, and nothing of who asked or what.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from archive.archive import Archive
from archive.database import reading, writing
from community.mail.letters import Letter, post
from community.request_models import ticket
from community.requests import kinds
from community.requests.clock import BEFORE_DAYS, days_left, is_overdue, step_reached
from community.requests.tickets import Ticket, change, note, ticket_from
from telemetry.logs import get_logger

log = get_logger(__name__)

EVERY_S: Final = 3600.0
max_a_round: Final = 200


def remind(archive: Archive, address: str, today: date | None = None) -> int:
    """Remind of what is due; returns of how many requests.

    Parameters
    ----------
    address
        Where who runs the site is written to; without one it is only written down and logged.
    """
    now = today or datetime.now(UTC).date()
    soon = now + timedelta(days=max(BEFORE_DAYS))
    query = (
        select(ticket)
        .where(ticket.c.state != kinds.CLOSED, ticket.c.due_on <= soon)
        .order_by(ticket.c.due_on, ticket.c.id)
        .limit(max_a_round)
        .with_for_update()
    )
    with writing(archive.engine) as connection:
        every = [ticket_from(row) for row in connection.execute(query)]
        due = [one for one in every if step_reached(one.due_on, now) > one.reminded]
        for one in due:
            kind = kinds.OVERDUE if is_overdue(one.due_on, now) else kinds.REMINDED
            change(connection, one.id, reminded=step_reached(one.due_on, now))
            note(connection, one.id, kind, kinds.SYSTEM)
        if due and address:
            post(connection, _written(due, address, archive.settings.public_url, now))
    late = sum(is_overdue(one.due_on, now) for one in due)
    if late:
        log.error("requests of people are overdue", count=late)
    return len(due)


def count_open(archive: Archive) -> int:
    """How many requests wait for an answer; for metrics."""
    query = select(func.count()).select_from(ticket).where(ticket.c.state != kinds.CLOSED)
    with reading(archive.engine) as connection:
        return connection.scalar(query) or 0


def count_overdue(archive: Archive, today: date | None = None) -> int:
    """How many of them should have been answered by now; for metrics."""
    query = (
        select(func.count())
        .select_from(ticket)
        .where(
            ticket.c.state != kinds.CLOSED,
            ticket.c.due_on < (today or datetime.now(UTC).date()),
        )
    )
    with reading(archive.engine) as connection:
        return connection.scalar(query) or 0


def _written(due: Sequence[Ticket], address: str, origin: str, today: date) -> Letter:
    base = origin.rstrip("/")
    late = sum(is_overdue(one.due_on, today) for one in due)
    lines = [
        f"{one.reference}  {kinds.KINDS[one.kind].name}: {_when(one, today)}\n"
        f"{base}/admin/requests/{one.id}"
        for one in due
    ]
    subject = (
        f"OVERDUE: {late} of {len(due)} requests of people"
        if late
        else f"{len(due)} requests of people are due soon"
    )
    body = "\n\n".join([*lines, f"All of them: {base}/admin/requests"]) + "\n"
    return Letter(address, subject, body)


def _when(one: Ticket, today: date) -> str:
    left = days_left(one.due_on, today)
    return f"due {one.due_on} ({left} days left)" if left >= 0 else f"OVERDUE since {one.due_on}"
