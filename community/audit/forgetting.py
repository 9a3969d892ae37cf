"""Forgetting the beginning of the trail: what is left is whole, and says where it begins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update

from archive.archive import Archive
from archive.database import note_deletion, writing
from community.audit_models import audit_end, audit_event


def forget(archive: Archive, before: datetime) -> int:
    """Delete the events from before a moment, from the first on; returns how many."""
    kept = select(func.min(audit_event.c.number)).where(audit_event.c.at >= before)
    newest = select(func.max(audit_event.c.number))
    with writing(archive.engine) as connection:
        end = connection.execute(select(audit_end).with_for_update()).one_or_none()
        if end is None:
            return 0
        first = connection.scalar(kept)
        last = first - 1 if first is not None else connection.scalar(newest)
        if last is None or last <= end.forgotten_number:
            return 0
        this = select(audit_event.c.sha256).where(audit_event.c.number == last)
        edge = {"forgotten_number": last, "forgotten_sha256": connection.scalar(this)}
        connection.execute(update(audit_end).values(edge))
        note_deletion(connection)
        return connection.execute(delete(audit_event).where(audit_event.c.number <= last)).rowcount
