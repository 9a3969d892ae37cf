"""Erase a study, a series or an instance: rows first, then bytes, and a mark that it was here.

When the call returns, index, objects, kept metadata and thumbnails are gone.
Killed in between, nothing is visible any more and the sweep deletes the bytes
by their loose keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from archive import removal, tombstones
from archive.access import Principal, Scope, require
from archive.archive import Announcement, Archive, announce
from archive.collections import DEIDENTIFY, Collection, get_collection, quarantine_of
from archive.database import note_deletion, retried, writing
from archive.errors import Gone, NotFound
from archive.models import instance, series, study
from archive.outbox import delete_objects
from archive.quarantine import keys_of_people
from archive.sharing import is_shared_in
from imaging.deidentify.uids import waiting_uid
from imaging.uids import is_uid

_INSTANCES_A_PAGE = 1_000

_Named = tuple[str, str | None, str | None]


def erase(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
    *,
    quarantined: bool = False,
) -> int:
    """Erase what the UIDs name.

    Parameters
    ----------
    quarantined
        Also what waits in the quarantine under these UIDs. For operators: whoever else asked by
        them would learn what waits there.

    Returns
    -------
    int
        How many instances are gone.

    Raises
    ------
    NotFound, Gone, Unauthenticated, NotAllowed
        Nothing was erased.
    """
    require(archive, principal, collection, Scope.DELETE)
    named = (study_instance_uid, series_instance_uid, sop_instance_uid)
    if not all(uid is None or is_uid(uid) for uid in named):
        raise NotFound("what was to be erased is not named by a UID")
    count = 0
    absent: NotFound | Gone | None = None
    for target, here in _holders(archive, collection, named, quarantined=quarantined):
        try:
            count += _erase_from(archive, _Erasure(target, *here))
        except (NotFound, Gone) as exc:
            absent = exc if absent is None or isinstance(exc, Gone) else absent
    if not count and absent is not None:
        raise absent
    return count


def _holders(
    archive: Archive, name: str, named: _Named, *, quarantined: bool
) -> Iterator[tuple[Collection, _Named]]:
    """The collection, and perhaps the quarantine behind it, where each person has other names."""
    collection = get_collection(archive, name)
    yield collection, named
    if not quarantined or collection.ingest != DEIDENTIFY:
        return
    hidden = quarantine_of(archive, collection)
    yield hidden, named
    study_uid, *within = named
    for secret in keys_of_people(archive, collection):
        series_uid, sop_uid = (uid and waiting_uid(secret, name, uid) for uid in within)
        yield hidden, (waiting_uid(secret, name, study_uid), series_uid, sop_uid)


def _erase_from(archive: Archive, erasure: _Erasure) -> int:
    def once() -> None:
        with writing(archive.engine) as connection:
            erasure.run(connection)

    retried(once)
    delete_objects(archive, erasure.keys)
    if not erasure.collection.hidden:
        for uid, revision in erasure.revisions:
            announce(archive, Announcement(erasure.collection.name, uid, revision))
    return erasure.count


class _Erasure:
    """One erasure in one transaction, and what it found."""

    def __init__(
        self, collection: Collection, study_uid: str, series_uid: str | None, sop_uid: str | None
    ) -> None:
        self.collection = collection
        self._uids = (study_uid, series_uid, sop_uid)
        self.count = 0
        self.keys: list[str] = []
        self.revisions: list[removal.Revision] = []

    def run(self, connection: Connection) -> None:
        """Take the rows out, count what is left, leave the marks."""
        self.count, self.keys = 0, []
        now = datetime.now(UTC)
        study_id = self._lock(connection)
        was_public = is_shared_in(connection, self.collection, self._uids[0])
        touched: set[int] = set()
        while page := connection.execute(self._page(study_id)).all():
            self.keys += removal.remove_instances(connection, self.collection.id, page, now)
            self.count += len(page)
            touched |= {row.series_id for row in page}
        if not self.count:
            tombstones.raise_absent(connection, self.collection, *self._uids)
        self.revisions, more = removal.recount(connection, [study_id], touched, now)
        self.keys += more
        self._mark(connection, study_id, now, was_public=was_public)
        note_deletion(connection)

    def _lock(self, connection: Connection) -> int:
        query = (
            select(study.c.id)
            .where(study.c.collection_id == self.collection.id)
            .where(study.c.study_instance_uid == self._uids[0])
            .with_for_update()
        )
        study_id: int | None = connection.scalar(query)
        if study_id is None:
            tombstones.raise_absent(connection, self.collection, *self._uids)
        return study_id

    def _page(self, study_id: int) -> Select[Any]:
        _, series_uid, sop_uid = self._uids
        query = (
            select(
                instance.c.id,
                instance.c.study_id,
                instance.c.series_id,
                instance.c.sop_instance_uid,
                instance.c.version,
            )
            .where(instance.c.study_id == study_id)
            .order_by(instance.c.id)
            .limit(_INSTANCES_A_PAGE)
        )
        if series_uid is not None:
            query = query.join(series, series.c.id == instance.c.series_id).where(
                series.c.series_instance_uid == series_uid
            )
        if sop_uid is not None:
            query = query.where(instance.c.sop_instance_uid == sop_uid)
        return query

    def _mark(
        self, connection: Connection, study_id: int, now: datetime, *, was_public: bool
    ) -> None:
        """Mark what was asked for, and what was emptied by it.

        Of a quarantine nothing is marked: a mark would keep the names of the original.
        """
        if self.collection.hidden:
            return
        study_uid, series_uid, _ = self._uids
        tombstones.leave(connection, self.collection, *self._uids, now, was_public=was_public)
        if not self.revisions:
            whole = (study_uid, None, None)
            tombstones.leave(connection, self.collection, *whole, now, was_public=was_public)
        elif series_uid is not None and not self._holds(connection, study_id, series_uid):
            tombstones.leave(connection, self.collection, study_uid, series_uid, None, now)

    @staticmethod
    def _holds(connection: Connection, study_id: int, series_uid: str) -> bool:
        query = select(series.c.id).where(
            series.c.study_id == study_id, series.c.series_instance_uid == series_uid
        )
        return connection.scalar(query) is not None
