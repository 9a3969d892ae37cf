"""Does a search stay flat while the archive grows? Made-up rows, measured questions.

    python -m benchmarks.search [--database URL] [--studies 2000,20000] [--repeat 20]

Each size is filled into a fresh collection-sized index on top of the one before; every question is
asked `--repeat` times and its median time in milliseconds printed, one column a size.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text

from archive.access import LOCAL
from archive.archive import Archive, migrate, open_archive
from archive.attributes import Level, find_path
from archive.collections import get_collection
from archive.conditions import Search
from archive.criteria import Rules, condition
from archive.database import writing
from archive.documents import pack_document
from archive.folding import fold_name, fuzzy_text
from archive.models import instance, instance_document, series, study
from archive.search import search
from archive.settings import Settings

FAMILY = ["Smith", "Johnson", "Müller", "Yamada", "Garcia", "Nguyen", "Okafor", "Silva", "Berg"]
GIVEN = ["Anna", "John", "Maria", "Wei", "Carlos", "Fatima", "Lukas", "Olga", "Tarou", "Ingrid"]
MODALITIES = ["CT"] * 60 + ["MR"] * 30 + ["US"] * 9 + ["SEG"]
SERIES, INSTANCES, CHUNK = 2, 4, 500
CT = "1.2.840.10008.5.1.4.1.1.2"

QUESTIONS: dict[str, tuple[Level, dict[str, str], int]] = {
    "study list": (Level.STUDY, {}, 0),
    "page at offset 1,000": (Level.STUDY, {}, 1_000),
    "patient ID": (Level.STUDY, {"PatientID": "P0001234"}, 0),
    "patient ID, none": (Level.STUDY, {"PatientID": "nobody"}, 0),
    "date range, a week": (Level.STUDY, {"StudyDate": "20200601-20200607"}, 0),
    "date range, all": (Level.STUDY, {"StudyDate": "19000101-"}, 0),
    "name, prefix, many": (Level.STUDY, {"PatientName": "smith*"}, 0),
    "name, prefix, few": (Level.STUDY, {"PatientName": "smith^anna 12*"}, 0),
    "name, infix, many": (Level.STUDY, {"PatientName": "*anna*"}, 0),
    "name, infix, few": (Level.STUDY, {"PatientName": "*ohn 1999*"}, 0),
    "name, infix, two letters": (Level.STUDY, {"PatientName": "*nn*"}, 0),
    "name, infix, none": (Level.STUDY, {"PatientName": "*xyzzy*"}, 0),
    "name, fuzzy": (Level.STUDY, {"PatientName": "smyth anna"}, 0),
    "modality, frequent": (Level.STUDY, {"ModalitiesInStudy": "CT"}, 0),
    "modality, rare": (Level.STUDY, {"ModalitiesInStudy": "SEG"}, 0),
    "modality, none": (Level.STUDY, {"ModalitiesInStudy": "PT"}, 0),
    "modality and name": (Level.STUDY, {"ModalitiesInStudy": "CT", "PatientName": "*anna*"}, 0),
    "all series": (Level.SERIES, {}, 0),
    "all series, rare modality": (Level.SERIES, {"Modality": "SEG"}, 0),
    "all series, patient": (Level.SERIES, {"PatientID": "P0001234"}, 0),
    "all series, infix": (Level.SERIES, {"SeriesDescription": "*series 77*"}, 0),
    "all instances": (Level.INSTANCE, {}, 0),
    "all instances, UID": (Level.INSTANCE, {"SOPInstanceUID": "1.5.123.1.1"}, 0),
    "all instances, SOP Class": (Level.INSTANCE, {"SOPClassUID": CT}, 0),
    "all instances, number": (Level.INSTANCE, {"InstanceNumber": "2"}, 0),
    "all instances, modality": (Level.INSTANCE, {"Modality": "SEG"}, 0),
}


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database")
    parser.add_argument("--studies", default="2000,20000")
    parser.add_argument("--repeat", type=int, default=20)
    wish = parser.parse_args()
    sizes = [int(size) for size in wish.studies.split(",")]
    with tempfile.TemporaryDirectory() as home:
        environment = {"DICOMTUBE_HOME": home}
        if wish.database:
            environment["DICOMTUBE_DATABASE_URL"] = wish.database
        chosen = Settings.from_environment(environment)
        migrate(chosen)
        archive = open_archive(chosen)
        columns = [_measured(archive, size, wish.repeat) for size in sizes]
        archive.close()
    print(f"{'ms':28}" + "".join(f"{size:>12,}" for size in sizes))
    for name in QUESTIONS:
        print(f"{name:28}" + "".join(f"{column[name]:12.2f}" for column in columns))


def _measured(archive: Archive, size: int, repeat: int) -> dict[str, float]:
    _fill(archive, size)
    if archive.engine.dialect.name == "postgresql":  # SQLite's planner was told by the migration
        with writing(archive.engine) as connection:
            connection.execute(text("ANALYZE"))
    return {name: _median_ms(archive, name, repeat) for name in QUESTIONS}


def _median_ms(archive: Archive, name: str, repeat: int) -> float:
    level, keys, offset = QUESTIONS[name]
    rules = Rules(fuzzy="fuzzy" in name)
    conditions = tuple(condition(find_path(k) or (), v, rules) for k, v in keys.items())
    question = Search(level, conditions=conditions, limit=101, offset=offset)
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        search(archive, LOCAL, "archive", question)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def _fill(archive: Archive, size: int) -> None:
    place = get_collection(archive, "archive").id
    with archive.engine.connect() as connection:
        start = connection.execute(select(func.count()).select_from(study)).scalar_one()
    for first in range(start, size, CHUNK):
        chunk = range(first, min(first + CHUNK, size))
        with writing(archive.engine, durable=False) as connection:
            for table, rows in (
                (study, [_study(place, n) for n in chunk]),
                (series, [row for n in chunk for row in _series(place, n)]),
                (instance, [row for n in chunk for row in _instances(place, n)]),
            ):
                connection.execute(insert(table), rows)
            documents = [
                {"instance_id": row["id"], "document": b"{}"}
                for n in chunk
                for row in _instances(place, n)
            ]
            connection.execute(insert(instance_document), documents)


def _study(place: int, n: int) -> dict[str, Any]:
    chance = random.Random(n)
    name = f"{chance.choice(FAMILY)}^{chance.choice(GIVEN)} {chance.randrange(100_000)}"
    day = date(2010, 1, 1) + timedelta(days=chance.randrange(5_000))
    folded = fold_name(name)
    model = {
        "00080020": {"vr": "DA", "Value": [f"{day:%Y%m%d}"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]},
        "00100020": {"vr": "LO", "Value": [f"P{n:07}"]},
    }
    return {
        "id": n + 1,
        "collection_id": place,
        "study_instance_uid": f"1.5.{n}",
        "number_of_series": SERIES,
        "number_of_instances": SERIES * INSTANCES,
        "modalities_in_study": _modality(n),
        "sop_classes_in_study": CT,
        "changed_at": datetime.now(UTC),
        "document": pack_document(model),
        "document_from": f"1.5.{n}.0.0",
        "study_date": f"{day:%Y%m%d}",
        "study_time": f"{chance.randrange(24):02}0000.000000",
        "patient_name": folded[0],
        "patient_name_fuzzy": fuzzy_text(folded),
        "patient_id": f"P{n:07}",
        "accession_number": f"A{n:08}",
        "study_description": f"study {n % 97} of {chance.choice(GIVEN)}",
    }


def _modality(n: int) -> str:
    return MODALITIES[random.Random(n).randrange(100)]


def _series(place: int, n: int) -> Iterator[dict[str, Any]]:
    for child in range(SERIES):
        yield {
            "id": n * SERIES + child + 1,
            "collection_id": place,
            "study_id": n + 1,
            "series_instance_uid": f"1.5.{n}.{child}",
            "number_of_instances": INSTANCES,
            "document": pack_document({"00080060": {"vr": "CS", "Value": [_modality(n)]}}),
            "document_from": f"1.5.{n}.{child}.0",
            "modality": _modality(n),
            "series_number": str(child + 1),
            "series_description": f"series {n % 1000}",
        }


def _instances(place: int, n: int) -> Iterator[dict[str, Any]]:
    for row in _series(place, n):
        for leaf in range(INSTANCES):
            yield {
                "id": (row["id"] - 1) * INSTANCES + leaf + 1,
                "collection_id": place,
                "study_id": n + 1,
                "series_id": row["id"],
                "sop_instance_uid": f"{row['series_instance_uid']}.{leaf}",
                "sop_class_uid": CT,
                "transfer_syntax_uid": "1.2.840.10008.1.2.1",
                "version": f"{row['id']}.{leaf}",
                "size": 1,
                "digest": b"",
                "number_of_frames": 1,
                "stored_at": datetime.now(UTC),
                "instance_number": str(leaf + 1),
            }


if __name__ == "__main__":
    main()
