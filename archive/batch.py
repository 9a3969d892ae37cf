"""The flip: rows of a whole batch written in one transaction, a few statements for all.

Called by `archive.ingest` when the bytes of every instance are durable under
keys that stand in `loose_object`. Until the commit no reader sees anything of
the batch; after it, all of it.

Writers of one study wait for one another at the study's row. Rows are taken in
the order of their UIDs: new studies first, then known ones, then instances, so
two batches never wait for each other in a circle. What cannot be told before
the rows are locked shows as `Raced`, and the caller begins again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from archive import batch_statements as statements
from archive import removal
from archive.archive import Announcement
from archive.candidates import Candidate
from archive.collections import Collection
from archive.database import Raced, insert_missing
from archive.keys import object_key
from archive.models import study

Known = dict[str, Any]
"""Rows of stored instances by SOP Instance UID."""


class KeysCondemned(Exception):  # noqa: N818 — a fact about this batch, translated by ingest
    """The batch took so long that a sweep took its objects for left behind."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A candidate whose bytes are durable, and the version that names them."""

    candidate: Candidate
    version: str

    @property
    def sop_instance_uid(self) -> str:
        """Of the candidate."""
        return self.candidate.uids.sop_instance


def known_instances(
    connection: Connection, collection: Collection, sop_instance_uids: Sequence[str]
) -> Known:
    """Those of these instances that the collection holds."""
    asked = {"collection": collection.id, "sops": sop_instance_uids}
    return {row.sop_instance_uid: row for row in statements.KNOWN.rows(connection, asked)}


def write_batch(
    connection: Connection, collection: Collection, accepted: Sequence[Accepted], replaced: Known
) -> list[Announcement]:
    """Make the accepted instances visible, in the caller's transaction.

    Parameters
    ----------
    accepted : sequence of Accepted
        At most one for a SOP Instance UID.
    replaced : Known
        What the caller saw stored under some of these UIDs and wants replaced.

    Raises
    ------
    Raced
        What is stored is not what the caller saw.
    """
    batch = sorted(accepted, key=lambda a: a.sop_instance_uid)
    now = datetime.now(UTC)
    studies = _lock_studies(connection, collection, batch, now)
    if replaced:
        _check_unchanged(connection, collection, replaced)
        removal.remove_instances(connection, collection.id, list(replaced.values()), now)
    groups = _by_series(batch, studies)
    series_ids, new_modalities = _ensure_series(connection, collection, groups)
    _insert_instances(connection, collection, groups, series_ids, now)
    _settle_keys(connection, collection, batch)
    _clear_tombstones(connection, collection, batch)
    _count_series(connection, groups, series_ids)
    revisions = _count_studies(connection, studies, groups, new_modalities, now)
    if replaced:
        revisions |= _recount_replaced(connection, replaced, now)
    return [Announcement(collection.name, uid, number) for uid, number in revisions.items()]


Studies = dict[str, Any]
SeriesKey = tuple[int, str]
"""A study's row number and a Series Instance UID."""
Groups = dict[SeriesKey, list[Accepted]]


def _lock_studies(
    connection: Connection, collection: Collection, batch: Sequence[Accepted], now: datetime
) -> Studies:
    first: dict[str, Candidate] = {}
    for one in batch:
        first.setdefault(one.candidate.uids.study, one.candidate)
    asked = {"collection": collection.id, "studies": sorted(first)}
    # Nobody can wait in a circle for one row: most often it is there, and this is all.
    if len(first) == 1 and (found := _locked(connection, asked)):
        return found
    here = {row.study_instance_uid for row in statements.STUDIES_HERE.rows(connection, asked)}
    rows = [_study_row(collection, first[uid], now) for uid in sorted(first.keys() - here)]
    if rows:
        insert_missing(connection, study, rows, ("collection_id", "study_instance_uid"))
    found = _locked(connection, asked)
    if len(found) != len(first):
        raise Raced  # erased between the two statements
    return found


def _locked(connection: Connection, asked: dict[str, Any]) -> Studies:
    return {r.study_instance_uid: r for r in statements.LOCK_STUDIES.rows(connection, asked)}


def _study_row(collection: Collection, candidate: Candidate, now: datetime) -> dict[str, Any]:
    return {
        **candidate.columns.study,
        "collection_id": collection.id,
        "study_instance_uid": candidate.uids.study,
        "changed_at": now,
        "document": candidate.study_document,
        "document_from": candidate.uids.sop_instance,
    }


def _check_unchanged(connection: Connection, collection: Collection, replaced: Known) -> None:
    """Look again, now that the rows are locked; what is new meanwhile shows when it is inserted."""
    found = known_instances(connection, collection, sorted(replaced))
    versions = {uid: row.version for uid, row in found.items()}
    if versions != {uid: row.version for uid, row in replaced.items()}:
        raise Raced


def _by_series(batch: Sequence[Accepted], studies: Studies) -> Groups:
    groups: Groups = defaultdict(list)
    for one in batch:
        uids = one.candidate.uids
        groups[studies[uids.study].id, uids.series].append(one)
    return dict(groups)


def _ensure_series(
    connection: Connection, collection: Collection, groups: Groups
) -> tuple[dict[SeriesKey, int], dict[int, list[str]]]:
    """Row numbers of the series, and the modality columns of the new ones by study."""
    ids = _series_ids(connection, groups)
    modalities: dict[int, list[str]] = defaultdict(list)
    rows = []
    for key in groups.keys() - ids.keys():
        rows.append(_series_row(collection, key, groups[key][0].candidate))
        modalities[key[0]].append(rows[-1]["modality"])
    if rows:
        rows.sort(key=lambda row: row["series_instance_uid"])
        connection.execute(statements.ADD_SERIES, rows)
        ids = _series_ids(connection, groups)
    return ids, modalities


def _series_ids(connection: Connection, groups: Groups) -> dict[SeriesKey, int]:
    asked = {
        "studies": sorted({study_id for study_id, _ in groups}),
        "series": sorted({uid for _, uid in groups}),
    }
    rows = statements.SERIES_HERE.rows(connection, asked)
    found = {(row.study_id, row.series_instance_uid): row.id for row in rows}
    return {key: found[key] for key in groups if key in found}


def _series_row(collection: Collection, key: SeriesKey, candidate: Candidate) -> dict[str, Any]:
    return {
        **candidate.columns.series,
        "collection_id": collection.id,
        "study_id": key[0],
        "series_instance_uid": key[1],
        "document": candidate.series_document,
        "document_from": candidate.uids.sop_instance,
    }


def _insert_instances(
    connection: Connection,
    collection: Collection,
    groups: Groups,
    series_ids: dict[SeriesKey, int],
    now: datetime,
) -> None:
    rows = [
        _instance_row(collection, one, key[0], series_ids[key], now)
        for key, members in groups.items()
        for one in members
    ]
    rows.sort(key=lambda row: row["sop_instance_uid"])
    statements.add_instances(connection).run_each(connection, rows)
    asked = {"collection": collection.id, "sops": [row["sop_instance_uid"] for row in rows]}
    ids = {row.version: row.id for row in statements.VERSIONS.rows(connection, asked)}
    members = [one for group in groups.values() for one in group]
    if any(one.version not in ids for one in members):
        raise Raced  # stored under another study meanwhile
    documents = [_document_row(one, ids[one.version]) for one in members]
    statements.ADD_DOCUMENTS.run_each(connection, documents)


def _instance_row(
    collection: Collection, one: Accepted, study_id: int, series_id: int, now: datetime
) -> dict[str, Any]:
    candidate = one.candidate
    return {
        **candidate.columns.instance,
        "collection_id": collection.id,
        "study_id": study_id,
        "series_id": series_id,
        "sop_instance_uid": candidate.uids.sop_instance,
        "sop_class_uid": candidate.uids.sop_class,
        "transfer_syntax_uid": candidate.uids.transfer_syntax,
        "version": one.version,
        "size": candidate.size,
        "digest": candidate.digest,
        "number_of_frames": candidate.number_of_frames,
        "stored_at": now,
    }


def _document_row(one: Accepted, instance_id: int) -> dict[str, Any]:
    return {
        "instance_id": instance_id,
        "document": one.candidate.document,
        "frame_table": one.candidate.frame_table,
        "bulk_map": one.candidate.bulk_map,
    }


def _settle_keys(connection: Connection, collection: Collection, batch: Sequence[Accepted]) -> None:
    """Take the keys off the loose list; one that a sweep condemned is as good as deleted."""
    keys = [object_key(collection.id, one.version) for one in batch]
    if statements.SETTLE_KEYS.run(connection, {"keys": keys}) != len(keys):
        raise KeysCondemned


def _clear_tombstones(
    connection: Connection, collection: Collection, batch: Sequence[Accepted]
) -> None:
    """What is stored again is here again, and so are its series and its study."""
    uids = [one.candidate.uids for one in batch]
    asked = {
        "collection": collection.id,
        "studies": sorted({u.study for u in uids}),
        "series": sorted({u.series for u in uids} | {""}),
        "sops": sorted({u.sop_instance for u in uids} | {""}),
    }
    statements.CLEAR_TOMBSTONES.run(connection, asked)


def _count_series(connection: Connection, groups: Groups, series_ids: dict[SeriesKey, int]) -> None:
    rows = [{"series_row": series_ids[key], "added": len(groups[key])} for key in groups]
    statements.COUNT_SERIES.run_each(connection, rows)


def _count_studies(
    connection: Connection,
    studies: Studies,
    groups: Groups,
    new_modalities: dict[int, list[str]],
    now: datetime,
) -> dict[str, int]:
    rows = [
        _study_counts(row, groups, new_modalities.get(row.id, [])) | {"now": now}
        for row in studies.values()
    ]
    statements.COUNT_STUDIES.run_each(connection, rows)
    return {uid: row.revision + 1 for uid, row in studies.items()}


def _recount_replaced(connection: Connection, replaced: Known, now: datetime) -> dict[str, int]:
    rows = replaced.values()
    revisions, _ = removal.recount(
        connection, {row.study_id for row in rows}, {row.series_id for row in rows}, now
    )
    return dict(revisions)


def _study_counts(row: Any, groups: Groups, modalities: list[str]) -> dict[str, Any]:
    members = [one for key, group in groups.items() if key[0] == row.id for one in group]
    sop_classes = [one.candidate.uids.sop_class for one in members]
    return {
        "study_row": row.id,
        "added_series": len(modalities),
        "added": len(members),
        "modalities": removal.union([row.modalities_in_study, *modalities]),
        "sop_classes": removal.union([row.sop_classes_in_study, *sop_classes]),
    }
