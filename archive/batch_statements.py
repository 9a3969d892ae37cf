"""The statements that store a batch, each built once: building one costs more than running it.

Only statements may live here; what they are for, and in which order they lock, is `archive.batch`.
Parameters: `collection`, a row number; `studies`, UIDs or, of series, row numbers; `series` and
`sops`, UIDs; `keys`, of objects.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, delete, select, update

from archive.models import instance, loose_object, series, study, tombstone


def _any_of(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


_collection: BindParameter[Any] = bindparam("collection")

KNOWN = (
    select(
        instance.c.id,
        instance.c.study_id,
        instance.c.series_id,
        instance.c.sop_instance_uid,
        instance.c.version,
        instance.c.digest,
        study.c.study_instance_uid,
        series.c.series_instance_uid,
        instance.c.sop_class_uid,
    )
    .join(study, study.c.id == instance.c.study_id)
    .join(series, series.c.id == instance.c.series_id)
    .where(instance.c.collection_id == _collection)
    .where(instance.c.sop_instance_uid.in_(_any_of("sops")))
)

STUDIES_HERE = (
    select(study.c.study_instance_uid)
    .where(study.c.collection_id == _collection)
    .where(study.c.study_instance_uid.in_(_any_of("studies")))
)

LOCK_STUDIES: Select[Any] = (
    select(
        study.c.id,
        study.c.study_instance_uid,
        study.c.revision,
        study.c.modalities_in_study,
        study.c.sop_classes_in_study,
    )
    .where(study.c.collection_id == _collection)
    .where(study.c.study_instance_uid.in_(_any_of("studies")))
    .order_by(study.c.study_instance_uid)
    .with_for_update()
)

SERIES_HERE = (
    select(series.c.id, series.c.study_id, series.c.series_instance_uid)
    .where(series.c.study_id.in_(_any_of("studies")))
    .where(series.c.series_instance_uid.in_(_any_of("series")))
)

VERSIONS = (
    select(instance.c.id, instance.c.version)
    .where(instance.c.collection_id == _collection)
    .where(instance.c.sop_instance_uid.in_(_any_of("sops")))
)

SETTLE_KEYS = (
    delete(loose_object)
    .where(loose_object.c.object_key.in_(_any_of("keys")))
    .where(~loose_object.c.condemned)
)

CLEAR_TOMBSTONES = (
    delete(tombstone)
    .where(tombstone.c.collection_id == _collection)
    .where(tombstone.c.study_instance_uid.in_(_any_of("studies")))
    .where(tombstone.c.series_instance_uid.in_(_any_of("series")))
    .where(tombstone.c.sop_instance_uid.in_(_any_of("sops")))
)

COUNT_SERIES = (
    update(series)
    .where(series.c.id == bindparam("series_row"))
    .values(
        revision=series.c.revision + 1,
        number_of_instances=series.c.number_of_instances + bindparam("added"),
    )
)

COUNT_STUDIES = (
    update(study)
    .where(study.c.id == bindparam("study_row"))
    .values(
        revision=study.c.revision + 1,
        number_of_series=study.c.number_of_series + bindparam("added_series"),
        number_of_instances=study.c.number_of_instances + bindparam("added"),
        modalities_in_study=bindparam("modalities"),
        sop_classes_in_study=bindparam("sop_classes"),
        changed_at=bindparam("now"),
    )
)
