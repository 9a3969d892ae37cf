"""What the worker does about people's rights, round by round; whatever fails is done again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import ArchiveError
from community.accounts.closing import wishes_due
from community.rights import copies, ledger
from community.rights.erasing import erase_person
from community.rights_models import retired_handle
from telemetry.logs import get_logger

log = get_logger(__name__)

ERASE_EVERY_S: Final = 600.0
COPY_EVERY_S: Final = 20.0
_max_a_round: Final = 20
_LATE: Final = timedelta(days=1)


def erase_due(archive: Archive, now: datetime | None = None) -> int:
    """Erase those whose time to think is over; return how many.

    Raises
    ------
    ArchiveError
        Some could not be: the log says why, and the next round tries again.
    """
    now = now or datetime.now(UTC)
    with reading(archive.engine) as connection:
        due = wishes_due(connection, now, _max_a_round)
    failed = 0
    for wish in due:
        try:
            erase_person(archive, wish.person, keeps_work=wish.keeps_work)
        except Exception:
            log.exception("somebody could not be erased")
            failed += 1
    _free_handles(archive, now)
    if failed:
        raise ArchiveError(f"{failed} of {len(due)} people who are due could not be erased")
    return len(due)


def make_copies(archive: Archive) -> int:
    """Make copies that are asked for, delete those whose time is over, and copy the ledger out."""
    ledger.copy_out(archive)
    copies.forget_old(archive)
    return copies.make_waiting(archive)


def count_late(archive: Archive) -> int:
    """How many were due a day ago and are not erased, for the gauge."""
    with reading(archive.engine) as connection:
        return len(wishes_due(connection, datetime.now(UTC) - _LATE, 1_000))


def _free_handles(archive: Archive, now: datetime) -> None:
    with writing(archive.engine) as connection:
        connection.execute(delete(retired_handle).where(retired_handle.c.until <= now))


def readings(archive: Archive) -> dict[str, Callable[[], float]]:
    """What an operator's alarm looks at; both are 0 while all is well."""
    return {
        "erasures_late": lambda: count_late(archive),
        "copies_failed": lambda: copies.count_failed(archive),
    }
