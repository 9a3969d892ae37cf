"""Studies that nobody sees for as long as a reason stands: what is held is what nobody reads.

Rows and the verbs on them; that no door shows a study that has one is said by `archive.access`
alone. A study may be held for several reasons at once and is seen again when none is left. It is
held by its UID: also what arrives later under the same one.

References
----------
docs/decisions/0207-one-report-closes-all-doors.md
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, select

from archive.collections import Collection
from archive.database import insert_missing
from archive.errors import ArchiveError
from archive.models import study_hold

REPORTED: Final = "reported"
"""Somebody says that it identifies a patient, and nobody has decided yet."""

RESTRICTED: Final = "restricted"
"""Whose it is asked that it be kept, and not used."""

REASONS: Final = (REPORTED, RESTRICTED)

_KEY: Final = ("collection_id", "study_instance_uid", "reason")


def hold_study(
    connection: Connection, place: Collection, study_instance_uid: str, reason: str, by: str
) -> None:
    """Keep a study from everybody from the end of this transaction on; again changes nothing.

    Parameters
    ----------
    reason
        One of `REASONS`.
    by
        Who has it held, such as ``person <id>``; never shown.
    """
    row = {
        "collection_id": place.id,
        "study_instance_uid": study_instance_uid,
        "reason": _checked(reason),
        "held_by": by[:64],
        "at": datetime.now(UTC),
    }
    insert_missing(connection, study_hold, [row], _KEY)


def release_study(
    connection: Connection, place: Collection, study_instance_uid: str, reason: str
) -> bool:
    """Take one reason away; False if it did not stand."""
    done = connection.execute(
        delete(study_hold).where(
            study_hold.c.collection_id == place.id,
            study_hold.c.study_instance_uid == study_instance_uid,
            study_hold.c.reason == _checked(reason),
        )
    )
    return done.rowcount > 0


def reasons_of(
    connection: Connection, place: Collection, study_instance_uid: str
) -> frozenset[str]:
    """Why a study is held; nothing of one that is not."""
    query = select(study_hold.c.reason).where(
        study_hold.c.collection_id == place.id,
        study_hold.c.study_instance_uid == study_instance_uid,
    )
    return frozenset(connection.scalars(query))


def _checked(reason: str) -> str:
    if reason not in REASONS:
        raise ArchiveError("a study is held for one of the reasons that there are")
    return reason
