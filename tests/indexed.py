"""An index filled with rows of made-up instances, without files.

May live here: how DICOM JSON documents become rows, through the same functions as at ingest. May
not: what is asserted of a search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from sqlalchemy import insert, select, update

from archive.archive import Archive, open_archive
from archive.collections import get_collection
from archive.database import writing
from archive.documents import pack_document
from archive.indexing import index_values, split_document
from archive.models import instance, instance_document, series, study
from archive.settings import Settings
from archive.values import decode, encode
from imaging.json_reading import from_json
from tests.archives import make_index

Document = dict[str, Any]

CT = "1.2.840.10008.5.1.4.1.1.2"


@contextmanager
def archive_on(database_url: str, home: Path) -> Iterator[Archive]:
    """An empty archive on a database, its objects in a folder."""
    environment = {"DICOMTUBE_HOME": str(home), "DICOMTUBE_DATABASE_URL": database_url}
    settings = Settings.from_environment(environment)
    make_index(settings)
    archive = open_archive(settings)
    try:
        yield archive
    finally:
        archive.close()


def element(keyword: str, *values: Any) -> tuple[str, Document]:
    """One element of a DICOM JSON object; a person's name is given as text."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    vr = dictionary_VR(tag)
    found: Document = {"vr": vr}
    if vr == "PN":
        values = tuple(_name(value) for value in values)
    if values:
        found["Value"] = list(values)
    return f"{tag:08X}", found


def _name(text: str) -> Document:
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), text.split("="), strict=False)
    return {group: value for group, value in groups if value}


def document(study_uid: str, series_uid: str, sop_uid: str, **attributes: Any) -> Document:
    """DICOM JSON of one instance: UIDs, and attributes by keyword (a list for several values)."""
    attributes = {
        "SOPClassUID": CT,
        "StudyInstanceUID": study_uid,
        "SeriesInstanceUID": series_uid,
        "SOPInstanceUID": sop_uid,
        **attributes,
    }
    found = {}
    for keyword, value in attributes.items():
        values = value if isinstance(value, list) else [value]
        key, made = element(keyword, *[each for each in values if each is not None])
        found[key] = made
    return dict(sorted(found.items()))


def uid(found: Document, key: str) -> str:
    return str(found[key]["Value"][0])


def fill(archive: Archive, documents: Iterable[Document], collection: str = "archive") -> None:
    """Put instances into the index, as ingest would, one row after the other."""
    place = get_collection(archive, collection).id
    with writing(archive.engine) as connection:
        for each in documents:
            _store(connection, place, each)


def _store(connection: Any, place: int, each: Document) -> None:
    values = index_values(from_json(each))
    study_document, series_document = split_document(each)
    now = datetime.now(UTC)
    study_id = _row(
        connection,
        study,
        {"collection_id": place, "study_instance_uid": uid(each, "0020000D")},
        {
            **values.study,
            "changed_at": now,
            "document": pack_document(study_document),
            "document_from": uid(each, "00080018"),
        },
    )
    series_id = _row(
        connection,
        series,
        {
            "collection_id": place,
            "study_id": study_id,
            "series_instance_uid": uid(each, "0020000E"),
        },
        {
            **values.series,
            "document": pack_document(series_document),
            "document_from": uid(each, "00080018"),
        },
    )
    row = {
        **values.instance,
        "collection_id": place,
        "study_id": study_id,
        "series_id": series_id,
        "sop_instance_uid": uid(each, "00080018"),
        "sop_class_uid": uid(each, "00080016"),
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "version": uid(each, "00080018")[-32:],
        "size": 1,
        "digest": b"",
        "number_of_frames": 1,
        "stored_at": now,
    }
    key = connection.execute(insert(instance).values(row)).inserted_primary_key[0]
    connection.execute(
        insert(instance_document).values(instance_id=key, document=pack_document(each))
    )
    _count(connection, study_id, series_id)


def _row(connection: Any, table: Any, key: Document, values: Document) -> int:
    query = select(table.c.id).where(*(table.c[name] == value for name, value in key.items()))
    found = connection.execute(query).scalar()
    if found is None:
        made = connection.execute(insert(table).values({**key, **values}))
        found = made.inserted_primary_key[0]
    return int(found)


def _count(connection: Any, study_id: int, series_id: int) -> None:
    connection.execute(
        update(series)
        .where(series.c.id == series_id)
        .values(number_of_instances=series.c.number_of_instances + 1)
    )
    modalities = connection.execute(select(series.c.modality).where(series.c.study_id == study_id))
    classes = connection.execute(
        select(instance.c.sop_class_uid).where(instance.c.study_id == study_id)
    )
    rows = list(modalities.scalars())
    connection.execute(
        update(study)
        .where(study.c.id == study_id)
        .values(
            number_of_series=len(rows),
            number_of_instances=study.c.number_of_instances + 1,
            modalities_in_study=_list(rows),
            sop_classes_in_study=_list(classes.scalars()),
        )
    )


def _list(columns: Iterable[str]) -> str:
    return encode(sorted({value for column in columns for value in decode(column)}))
