"""Copies of people's data: asked for, made by the worker, kept for a week, fetched once.

::

    waiting → working → ready → fetched
                 ↘ failed          ↘ (after a week) gone

A copy lies in the object store under a key that its row alone knows. Whoever fetches it has signed
in a moment ago; that is asked where it is handed out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from archive import removal
from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import ArchiveError, Gone, NotFound
from archive.keys import kept_key
from archive.outbox import delete_objects
from archive.swap import make_durable, settle
from community.accounts.people import Person
from community.audit.trail import SYSTEM, by_person, record
from community.ids import is_id, new_id
from community.requests import kinds
from community.requests.tickets import Wish, close_in, find_in, open_in
from community.rights.exporting import export_pieces
from community.rights_models import export_job
from telemetry.logs import get_logger

log = get_logger(__name__)

WAITING: Final = "waiting"
WORKING: Final = "working"
READY: Final = "ready"
FETCHED: Final = "fetched"
FAILED: Final = "failed"
GONE: Final = "gone"

is_kept: Final = timedelta(days=7)
max_a_day: Final = 3
"""That one person asks for."""
max_tries: Final = 3
max_working: Final = timedelta(hours=6)
"""After that long a worker is believed dead."""
_FOLDER: Final = "copies"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy, as whose it is sees it."""

    id: str
    person: str
    with_studies: bool
    state: str
    asked_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    fetched_at: datetime | None
    size: int | None

    @property
    def is_coming(self) -> bool:
        """Whether it is still being made."""
        return self.state in (WAITING, WORKING)


def ask_for(archive: Archive, person: Person, *, with_studies: bool) -> Copy:
    """Have a copy of all that is somebody's made.

    Raises
    ------
    ArchiveError
        One is being made, or there were several today.
    """
    now = datetime.now(UTC)
    with writing(archive.engine) as connection:
        recent = [one for one in _of_person(connection, person.id) if one.asked_at > now - _DAY]
        if any(one.is_coming for one in recent):
            raise ArchiveError("a copy is being made already; wait until it is ready")
        if len(recent) >= max_a_day:
            raise ArchiveError(f"you can ask for {max_a_day} copies a day; ask again tomorrow")
        asked = Wish(
            kinds.ACCESS,
            person=person.id,
            source=kinds.ACCOUNT,
            identity_by=kinds.ACCOUNT,
            locale=person.locale,
        )
        row = {
            "id": new_id(),
            "person": person.id,
            "with_studies": with_studies,
            "state": WAITING,
            "asked_at": now,
            "changed_at": now,
            "ticket": open_in(connection, asked).id,
        }
        connection.execute(insert(export_job).values(row))
        return _found(connection, str(row["id"]))


_DAY: Final = timedelta(days=1)


def copies_of(archive: Archive, person_id: str) -> list[Copy]:
    """The copies of somebody, the latest asked for first."""
    with reading(archive.engine) as connection:
        return _of_person(connection, person_id)


def fetch(archive: Archive, person_id: str, copy_id: str) -> tuple[Copy, Iterator[bytes]]:
    """Hand a copy out, once.

    Raises
    ------
    NotFound
        They have none of this id that is ready.
    Gone
        It was fetched already, or its time is over.
    """
    now = datetime.now(UTC)
    with writing(archive.engine) as connection:
        query = select(export_job).where(
            export_job.c.id == copy_id, export_job.c.person == person_id
        )
        row = connection.execute(query.with_for_update()).one_or_none() if is_id(copy_id) else None
        if row is None or row.state in (WAITING, WORKING, FAILED):
            raise NotFound("there is no such copy")
        if row.state != READY or row.expires_at <= now:
            raise Gone("copy", row.changed_at)
        _change(connection, copy_id, state=FETCHED, fetched_at=now)
        record(connection, by_person(person_id), "export.downloaded", subject=person_id)
    return _copy(row), archive.objects.stream(row.object_key)


def make_waiting(archive: Archive) -> int:
    """Make the copies that are asked for, one after the other; return how many."""
    made = 0
    while (row := _claimed(archive)) is not None:
        try:
            _make(archive, row)
            made += 1
        except Exception:
            log.exception("a copy could not be made")
            _give_back(archive, row)
            break
    return made


def forget_old(archive: Archive, now: datetime | None = None) -> int:
    """Delete copies whose time is over, or that were fetched a day ago; return how many."""
    now = now or datetime.now(UTC)
    over = (export_job.c.expires_at <= now) | (export_job.c.fetched_at <= now - _DAY)
    query = select(export_job).where(over, export_job.c.object_key.is_not(None))
    with writing(archive.engine) as connection:
        rows = connection.execute(query.with_for_update(skip_locked=True)).all()
        keys = [row.object_key for row in rows]
        removal.loosen(connection, keys, now)
        for row in rows:
            state = FETCHED if row.state == FETCHED else GONE
            _change(connection, row.id, state=state, object_key=None)
    delete_objects(archive, keys)
    return len(keys)


def _claimed(archive: Archive) -> Row[Any] | None:
    """The copy that was asked for first and that nobody makes."""
    now = datetime.now(UTC)
    left = (export_job.c.state == WORKING) & (export_job.c.changed_at < now - max_working)
    query = (
        select(export_job)
        .where((export_job.c.state == WAITING) | left, export_job.c.changed_at <= now)
        .order_by(export_job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with writing(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
        if row is not None:
            _change(connection, row.id, state=WORKING, tries=row.tries + 1)
    return row


def _make(archive: Archive, row: Row[Any]) -> None:
    key = kept_key(_FOLDER, new_id(), "zip")
    spool = archive.objects.spool()
    try:
        for piece in export_pieces(archive, row.person, with_studies=row.with_studies):
            spool.write(piece)
        size = spool.size
        make_durable(archive, {key: spool})
    finally:
        spool.discard()
    now = datetime.now(UTC)
    with writing(archive.engine) as connection:
        still = select(export_job.c.state).where(export_job.c.id == row.id).with_for_update()
        if connection.scalar(still) != WORKING or not settle(connection, [key]):
            return  # whose it was is gone; the object is loose
        ready = {"state": READY, "object_key": key, "size": size, "expires_at": now + is_kept}
        _change(connection, row.id, **ready)
        with suppress(NotFound):  # the request may be closed, or forgotten
            if row.ticket and not find_in(connection, row.ticket).is_closed:
                close_in(connection, row.ticket, kinds.DONE, side=kinds.SYSTEM)
        facts = {"with_studies": bool(row.with_studies)}
        record(connection, SYSTEM, "export.made", subject=row.person, facts=facts)


def _give_back(archive: Archive, row: Row[Any]) -> None:
    """Have it tried again in the next round, but not for ever."""
    with writing(archive.engine) as connection:
        _change(connection, row.id, state=FAILED if row.tries + 1 >= max_tries else WAITING)


def _change(connection: Connection, copy_id: str, **values: Any) -> None:
    values["changed_at"] = datetime.now(UTC)
    connection.execute(update(export_job).where(export_job.c.id == copy_id).values(values))


def count_failed(archive: Archive) -> int:
    """How many copies could not be made, for the gauge."""
    query = select(func.count()).select_from(export_job).where(export_job.c.state == FAILED)
    with reading(archive.engine) as connection:
        return connection.scalar(query) or 0


def _of_person(connection: Connection, person_id: str) -> list[Copy]:
    query = select(export_job).where(export_job.c.person == person_id)
    found = connection.execute(query.order_by(export_job.c.id.desc()).limit(20))
    return [_copy(row) for row in found]


def _found(connection: Connection, copy_id: str) -> Copy:
    return _copy(connection.execute(select(export_job).where(export_job.c.id == copy_id)).one())


def _copy(row: Row[Any]) -> Copy:
    return Copy(
        row.id,
        row.person,
        row.with_studies,
        row.state,
        row.asked_at,
        row.changed_at,
        row.expires_at,
        row.fetched_at,
        row.size,
    )
