"""The statements that store a batch, each built once: building one costs more than running it.

Only statements may live here; what they are for, and in which order they lock, is `archive.batch`.
Parameters: `collection`, a row number; `studies`, UIDs or, of series, row numbers; `series` and
`sops`, UIDs; `keys`, of objects.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from archive.models import instance, instance_document, loose_object, series, study, tombstone
from archive.orders import Order


def _any_of(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


_collection: BindParameter[Any] = bindparam("collection")

ADD_SERIES = insert(series)
ADD_DOCUMENTS = Order(insert(instance_document))
_INSTANCES = ["collection_id", "sop_instance_uid"]
_ADD_INSTANCES = {
    "sqlite": Order(sqlite.insert(instance).on_conflict_do_nothing(index_elements=_INSTANCES)),
    "postgresql": Order(
        postgresql.insert(instance).on_conflict_do_nothing(index_elements=_INSTANCES)
    ),
}


def add_instances(connection: Connection) -> Order:
    """What inserts those instances that are new."""
    return _ADD_INSTANCES[connection.dialect.name]


KNOWN = Order(
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

STUDIES_HERE = Order(
    select(study.c.study_instance_uid)
    .where(study.c.collection_id == _collection)
    .where(study.c.study_instance_uid.in_(_any_of("studies")))
)

LOCK_STUDIES = Order(
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

SERIES_HERE = Order(
    select(series.c.id, series.c.study_id, series.c.series_instance_uid)
    .where(series.c.study_id.in_(_any_of("studies")))
    .where(series.c.series_instance_uid.in_(_any_of("series")))
)

VERSIONS = Order(
    select(instance.c.id, instance.c.version)
    .where(instance.c.collection_id == _collection)
    .where(instance.c.sop_instance_uid.in_(_any_of("sops")))
)

SETTLE_KEYS = Order(
    delete(loose_object)
    .where(loose_object.c.object_key.in_(_any_of("keys")))
    .where(~loose_object.c.condemned)
)

CLEAR_TOMBSTONES = Order(
    delete(tombstone)
    .where(tombstone.c.collection_id == _collection)
    .where(tombstone.c.study_instance_uid.in_(_any_of("studies")))
    .where(tombstone.c.series_instance_uid.in_(_any_of("series")))
    .where(tombstone.c.sop_instance_uid.in_(_any_of("sops")))
)

COUNT_SERIES = Order(
    update(series)
    .where(series.c.id == bindparam("series_row"))
    .values(
        revision=series.c.revision + 1,
        number_of_instances=series.c.number_of_instances + bindparam("added"),
    )
)

COUNT_STUDIES = Order(
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
