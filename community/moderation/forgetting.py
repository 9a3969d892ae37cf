"""Forgetting what was decided long ago, with what was said of it and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists

from archive.archive import Archive
from archive.database import note_deletion, writing
from community.moderation.model import CLOSED, DECIDED
from community.moderation_models import moderation_decision, moderation_matter


def forget(archive: Archive, before: datetime) -> int:
    """Delete matters of which nothing was decided since a moment and that hide nothing."""
    newer = exists().where(
        moderation_decision.c.matter == moderation_matter.c.id, moderation_decision.c.at >= before
    )
    old = delete(moderation_matter).where(
        moderation_matter.c.state.in_((DECIDED, CLOSED)),
        moderation_matter.c.is_holding.is_(False),
        moderation_matter.c.opened_at < before,
        ~newer,
    )
    with writing(archive.engine) as connection:
        count = connection.execute(old).rowcount
        if count:
            note_deletion(connection)
        return count
