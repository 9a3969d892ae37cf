"""Uploads of people that were not published: how long they wait, and when their originals go.

What machines send is their operators', and goes by the policy of its collection alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import exists, select

from archive import publication, uploads
from archive.archive import Archive
from archive.database import reading
from archive.models import quarantined, upload

_AT_ONCE: Final = 500
_NOBODY_DECIDED: Final = "nobody looked at it in time; send it again"


def rejected(archive: Archive, before: datetime) -> int:
    """Erase what is left of rejected uploads."""
    hidden = exists().where(quarantined.c.upload_id == upload.c.id)
    return sum(
        publication.erase_originals(archive, one)
        for one in _unchanged(archive, uploads.REJECTED, before, hidden)
    )


def undecided(archive: Archive, before: datetime) -> int:
    """Reject what nobody decided about, and erase it."""
    count = 0
    for one in _unchanged(archive, uploads.REVIEW, before):
        if uploads.set_state(
            archive, one, uploads.REJECTED, _NOBODY_DECIDED, only_from=(uploads.REVIEW,)
        ):
            count += publication.erase_originals(archive, one)
    return count


def _unchanged(
    archive: Archive, state: str, before: datetime, *more: object
) -> list[uploads.Upload]:
    query = (
        select(upload.c.id)
        .where(upload.c.state == state, upload.c.owner != "", upload.c.changed_at < before)
        .where(*more)  # type: ignore[arg-type] # callers give conditions
        .order_by(upload.c.changed_at)
        .limit(_AT_ONCE)
    )
    with reading(archive.engine) as connection:
        return uploads.uploads_numbered(archive, list(connection.scalars(query)))
