"""Rows of matters as values, found within a transaction that somebody else began. No rule here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from community.ids import is_id
from community.moderation.model import WAITING, Decision, Matter, Report, Target
from community.moderation_models import moderation_decision, moderation_matter, report


def matter_from(row: Row[Any]) -> Matter:
    """A matter from a row that has all columns of `moderation_matter`."""
    return Matter(
        id=row.id,
        target=Target(row.kind, row.target, row.subject),
        is_identifying=row.is_identifying,
        is_holding=row.is_holding,
        state=row.state,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        opened_at=row.opened_at,
        appeal=row.appeal,
        appealed_at=row.appealed_at,
    )


def find_matter(connection: Connection, matter_id: str, *, locked: bool = False) -> Matter | None:
    """The matter of an id, in whatever state."""
    if not is_id(matter_id):
        return None
    query = select(moderation_matter).where(moderation_matter.c.id == matter_id)
    if locked:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else matter_from(row)


def waiting_about(connection: Connection, target: Target) -> Matter | None:
    """The matter about something that is not decided yet, if there is one; locked."""
    query = (
        select(moderation_matter)
        .where(
            moderation_matter.c.kind == target.kind,
            moderation_matter.c.target == target.name,
            moderation_matter.c.state.in_(WAITING),
        )
        .order_by(moderation_matter.c.id)
        .limit(1)
        .with_for_update()
    )
    if not target.name:
        query = query.where(moderation_matter.c.subject == target.subject)
    row = connection.execute(query).one_or_none()
    return None if row is None else matter_from(row)


def reports_of(connection: Connection, matter_id: str) -> list[Report]:
    """What was said of it, the first report first."""
    query = select(report).where(report.c.matter == matter_id).order_by(report.c.id)
    return [
        Report(row.reporter, row.reason, row.words or "", row.at)
        for row in connection.execute(query)
    ]


def decisions_of(connection: Connection, matter_id: str) -> list[Decision]:
    """What was decided about it, the first decision first."""
    query = select(moderation_decision).where(moderation_decision.c.matter == matter_id)
    return [
        Decision(row.decided_by, row.verb, row.words, row.is_of_appeal, row.at)
        for row in connection.execute(query.order_by(moderation_decision.c.id))
    ]
