"""Rows taken out of the index, and what is left counted again.

Shared by erasure and by the replacement of an instance, always inside the
transaction of the caller. Objects are not touched: their keys become loose in
the same transaction, and are deleted after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from archive.documents import pack_document, unpack_document
from archive.indexing import index_values, split_document
from archive.keys import object_key
from archive.models import (
    cleaned_instance,
    instance,
    instance_document,
    kept_metadata,
    loose_object,
    series,
    study,
    thumbnail,
)
from archive.orders import Order
from archive.sharing import forget_shares
from archive.values import decode, encode
from imaging.data_set import DataSet
from imaging.errors import ImagingError
from imaging.json_model import from_json

_T = TypeVar("_T")
_ROWS_A_STATEMENT = 500
_LOOSEN = Order(insert(loose_object))
_NOBODY = ""
"""Whose document it is while the instance that it came from is being taken out."""

Revision = tuple[str, int]
"""A Study Instance UID and the revision that the study has now."""


def remove_instances(
    connection: Connection, collection_id: int, rows: Sequence[Row[Any]], now: datetime
) -> list[str]:
    """Delete instance rows and set their keys loose; `recount` must follow.

    Parameters
    ----------
    rows : sequence
        With `id`, `study_id`, `series_id`, `sop_instance_uid` and `version`.

    Returns
    -------
    list of str
        The keys that nothing refers to any more.
    """
    keys = [object_key(collection_id, row.version) for row in rows]
    loosen(connection, keys, now)
    for some in _slices(rows):
        ids = [row.id for row in some]
        uids = [row.sop_instance_uid for row in some]
        keys += _loosen_cleaned(connection, ids, now)
        connection.execute(
            delete(instance_document).where(instance_document.c.instance_id.in_(ids))
        )
        connection.execute(delete(instance).where(instance.c.id.in_(ids)))
        _disown(connection, series, {row.series_id for row in some}, uids)
        _disown(connection, study, {row.study_id for row in some}, uids)
    return keys


def _loosen_cleaned(connection: Connection, ids: Sequence[int], now: datetime) -> list[str]:
    """What was made of these originals and never published; its rows go with theirs."""
    query = select(cleaned_instance.c.object_key).where(
        cleaned_instance.c.instance_id.in_(ids), cleaned_instance.c.object_key.is_not(None)
    )
    keys: list[str] = [key for key in connection.scalars(query) if key]
    loosen(connection, keys, now)
    connection.execute(delete(cleaned_instance).where(cleaned_instance.c.instance_id.in_(ids)))
    return keys


def recount(
    connection: Connection, study_ids: Iterable[int], series_ids: Iterable[int], now: datetime
) -> tuple[list[Revision], list[str]]:
    """Make counts, summaries and documents true again where instances were removed.

    Series and studies that hold nothing any more are removed.

    Returns
    -------
    revisions : list of Revision
        Of the studies that are left.
    keys : list of str
        Of kept metadata and thumbnails that became loose.
    """
    locked = _lock(connection, sorted(study_ids))
    keys: list[str] = []
    for some in _slices(sorted(series_ids)):
        keys += _recount_series(connection, some, now)
    revisions = []
    for row in locked:
        revision = _recount_study(connection, row, now)
        if revision is not None:
            revisions.append((row.study_instance_uid, revision))
    return revisions, keys


def loosen(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    """Note keys that nothing refers to, so that the sweep finds their objects."""
    if keys:
        _LOOSEN.run_each(connection, [{"object_key": key, "since": now} for key in keys])


def union(columns: Iterable[str]) -> str:
    """One column of the values of all."""
    return encode(sorted({value for column in columns for value in decode(column)}))


def _slices(rows: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        yield rows[start : start + _ROWS_A_STATEMENT]


def _disown(connection: Connection, table: Table, ids: set[int], uids: Sequence[str]) -> None:
    connection.execute(
        update(table)
        .where(table.c.id.in_(ids))
        .where(table.c.document_from.in_(uids))
        .values(document_from=_NOBODY)
    )


def _lock(connection: Connection, study_ids: Sequence[int]) -> list[Row[Any]]:
    query = (
        select(
            study.c.id,
            study.c.collection_id,
            study.c.study_instance_uid,
            study.c.revision,
            study.c.document_from,
        )
        .where(study.c.id.in_(study_ids))
        .order_by(study.c.study_instance_uid)
        .with_for_update()
    )
    return list(connection.execute(query))


def _recount_series(connection: Connection, ids: Sequence[int], now: datetime) -> list[str]:
    counts = (
        select(instance.c.series_id, func.count().label("count"))
        .where(instance.c.series_id.in_(ids))
        .group_by(instance.c.series_id)
    )
    left = {row.series_id: row.count for row in connection.execute(counts)}
    for series_id, count in left.items():
        connection.execute(
            update(series)
            .where(series.c.id == series_id)
            .values(number_of_instances=count, revision=series.c.revision + 1)
        )
    orphans = (
        select(series.c.id).where(series.c.id.in_(left)).where(series.c.document_from == _NOBODY)
    )
    for series_id in connection.scalars(orphans).all():
        _inherit(connection, series, series_id, instance.c.series_id == series_id)
    keys = _drop_kept(connection, ids, now)
    empty = [one for one in ids if one not in left]
    connection.execute(delete(series).where(series.c.id.in_(empty)))
    return keys


def _drop_kept(connection: Connection, ids: Sequence[int], now: datetime) -> list[str]:
    """What was made of these series shows what is removed; the worker makes it again."""
    keys: list[str] = []
    for table in (kept_metadata, thumbnail):
        query = select(table.c.object_key).where(table.c.series_id.in_(ids))
        keys += connection.scalars(query).all()
        connection.execute(delete(table).where(table.c.series_id.in_(ids)))
    loosen(connection, keys, now)
    return keys


def _recount_study(connection: Connection, row: Row[Any], now: datetime) -> int | None:
    members = instance.c.study_id == row.id
    count = connection.scalar(select(func.count()).select_from(instance).where(members))
    if not count:
        connection.execute(delete(study).where(study.c.id == row.id))
        forget_shares(connection, row.collection_id, row.study_instance_uid)
        return None
    if row.document_from == _NOBODY:
        _inherit(connection, study, row.id, members)
    modalities = connection.scalars(select(series.c.modality).where(series.c.study_id == row.id))
    every_modality = modalities.all()
    sop_classes = connection.scalars(select(instance.c.sop_class_uid).where(members).distinct())
    connection.execute(
        update(study)
        .where(study.c.id == row.id)
        .values(
            revision=study.c.revision + 1,
            number_of_instances=count,
            number_of_series=len(every_modality),
            modalities_in_study=union(every_modality),
            sop_classes_in_study=union(sop_classes),
            changed_at=now,
        )
    )
    return int(connection.scalar(select(study.c.revision).where(study.c.id == row.id)) or 0)


def _inherit(connection: Connection, table: Table, row_id: int, members: Any) -> None:
    """Describe a study or series by its oldest instance, now that the first is gone."""
    query = (
        select(instance.c.sop_instance_uid, instance_document.c.document)
        .join(instance_document, instance_document.c.instance_id == instance.c.id)
        .where(members)
        .order_by(instance.c.id)
        .limit(1)
    )
    heir = connection.execute(query).one()
    study_part, series_part = split_document(unpack_document(heir.document))
    part = study_part if table is study else series_part
    values = index_values(_data_set(part))
    columns = values.study if table is study else values.series
    connection.execute(
        update(table)
        .where(table.c.id == row_id)
        .values(
            **columns,
            document=pack_document(part),
            document_from=heir.sop_instance_uid,
        )
    )


def _data_set(part: dict[str, Any]) -> DataSet:
    try:
        return from_json(part, resolve_bulk=lambda _: b"")
    except ImagingError:
        # Values that we kept as they came and cannot write again: not searchable, still shown.
        return DataSet()
