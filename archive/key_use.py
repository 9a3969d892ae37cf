"""What the keys of de-identification have named so far: for an operator who rotates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from archive.archive import Archive
from archive.database import reading
from archive.models import upload
from archive.uploads import PUBLISHED, REJECTED, STATES

_WAITING: Final = frozenset(STATES) - {PUBLISHED, REJECTED}


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What was named by one key.

    Attributes
    ----------
    waiting
        Studies that cannot be finished without it.
    published, patients
        Studies that are seen under names made from it, and whose they are.
    """

    waiting: int = 0
    published: int = 0
    patients: int = 0


def key_use(archive: Archive) -> Mapping[str, KeyUse]:
    """What each key has named, by its name; of a key that is not in the file any more, too."""
    states = select(upload.c.key_id, upload.c.state, func.count()).group_by(
        upload.c.key_id, upload.c.state
    )
    patients = (
        select(upload.c.key_id, func.count(func.distinct(upload.c.patient)))
        .where(upload.c.published > 0)
        .group_by(upload.c.key_id)
    )
    seen = (
        select(upload.c.key_id, func.count())
        .where(upload.c.published > 0)
        .group_by(upload.c.key_id)
    )
    with reading(archive.engine) as connection:
        rows = connection.execute(states).all()
        whose = {row[0]: int(row[1]) for row in connection.execute(patients)}
        shown = {row[0]: int(row[1]) for row in connection.execute(seen)}
    waiting: dict[str, int] = {}
    for name, state, count in rows:
        waiting[name] = waiting.get(name, 0) + (count if state in _WAITING else 0)
    return {
        name: KeyUse(count, shown.get(name, 0), whose.get(name, 0))
        for name, count in waiting.items()
    }
