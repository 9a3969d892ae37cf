"""The statements of retrieval, each built once for all who may read a collection alike.

Only what a request names and with whom it may be shared differ between two
requests, so UIDs and audiences are parameters and everything else, the access
rule included, is part of the statement: building one costs more than running
it. The rule stays the one of `archive.access`, and ``sight`` is what
`access.sight_of` says of the caller.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from archive.access import Sight, public_too, readable_by_some
from archive.attributes import Level
from archive.collections import Collection
from archive.direct import Question
from archive.models import instance, instance_document, series, study

Parameter = BindParameter[Any]

_STUDY: Parameter = bindparam("study")
_SERIES: Parameter = bindparam("series")
_SOP: Parameter = bindparam("sop")
_AFTER: Parameter = bindparam("after")
_PAGE: Parameter = bindparam("page")

# What `retrieve.stored_instance` reads of a row, without what only searches look at.
_TOLD = (
    instance.c.id,
    instance.c.sop_instance_uid,
    instance.c.sop_class_uid,
    instance.c.transfer_syntax_uid,
    instance.c.version,
    instance.c.size,
    instance.c.number_of_frames,
    instance.c.stored_at,
    study.c.study_instance_uid,
    series.c.series_instance_uid,
)

remembered = lru_cache(maxsize=512)


def parameters(
    study_uid: str, series_uid: str | None, sop_uid: str | None, **more: int | list[str]
) -> dict[str, str | int | list[str]]:
    """What a request names, as the parameters of a statement of the same level."""
    named: dict[str, str | None] = {"study": study_uid, "series": series_uid, "sop": sop_uid}
    return {name: uid for name, uid in named.items() if uid is not None} | more


@remembered
def instances(sight: Sight, collection: Collection, level: Level) -> Question:
    """A page of the instances of a study, a series, or one instance, `after` one of them."""
    return Question(
        among(select(*_TOLD), sight, collection, level)
        .where(instance.c.id > _AFTER)
        .order_by(instance.c.id)
        .limit(_PAGE)
    )


@remembered
def framed_instance(sight: Sight, collection: Collection) -> Question:
    """One instance, where its frames lie, and whether anybody may read it."""
    told = (instance_document.c.frame_table, public_too(collection).label("is_public"))
    columns = select(*_TOLD, *told).join(
        instance_document, instance_document.c.instance_id == instance.c.id
    )
    return Question(among(columns, sight, collection, Level.INSTANCE))


@remembered
def revisions(sight: Sight, collection: Collection, level: Level) -> Question:
    """What changes when a study, a series, or an instance does: one row, if it is here."""
    columns = (
        instance.c.version,
        study.c.id.label("study_row"),
        study.c.revision.label("study_revision"),
        series.c.id.label("series_row"),
        series.c.revision.label("series_revision"),
    )
    newest_first = among(select(*columns), sight, collection, level)
    return Question(newest_first.order_by(instance.c.id.desc()).limit(1))


@remembered
def versions(sight: Sight, collection: Collection, level: Level) -> Question:
    """What changes with any byte of the instances: their versions, in the order of `instances`."""
    columns = select(instance.c.version)
    return Question(among(columns, sight, collection, level).order_by(instance.c.id))


@remembered
def documents(sight: Sight, collection: Collection, level: Level) -> Question:
    """A page of the documents of the instances, `after` one of them."""
    columns = select(instance.c.id, instance_document.c.document).join(
        instance_document, instance_document.c.instance_id == instance.c.id
    )
    return Question(
        among(columns, sight, collection, level)
        .where(instance.c.id > _AFTER)
        .order_by(instance.c.id)
        .limit(_PAGE)
    )


@remembered
def document_column(name: str) -> Question:
    """One column of an instance's documents; whoever asks has found the instance already."""
    return Question(
        select(instance_document.c[name].label("value")).where(
            instance_document.c.instance_id == bindparam("instance")
        )
    )


def among(query: Select[Any], sight: Sight, collection: Collection, level: Level) -> Select[Any]:
    """The query, narrowed to what is named down to `level` and may be read."""
    narrowed = (
        query.join(series, series.c.id == instance.c.series_id)
        .join(study, study.c.id == instance.c.study_id)
        .where(readable_by_some(collection, sight))
        .where(study.c.study_instance_uid == _STUDY)
    )
    if level >= Level.SERIES:
        narrowed = narrowed.where(series.c.series_instance_uid == _SERIES)
    if level >= Level.INSTANCE:
        narrowed = narrowed.where(instance.c.sop_instance_uid == _SOP)
    return narrowed
