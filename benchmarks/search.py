"""Does a search stay flat while the archive grows? Made-up rows, measured questions.

    python -m benchmarks.search [--database URL] [--studies 2000,20000] [--repeat 20]
                                [--only WORD] [--plans] [--processor] [--shared N [--far]]

A study has 8 instances. Each size is filled into an index on top of the one before; every question
is asked `--repeat` times and its median time in milliseconds printed, one column a size. `--plans`
prints the statements of each question and how the database goes about them. `--processor` prints
the time on the processor, of this process and of PostgreSQL on this machine, instead of that on the
wall: what a busy machine can still measure. `--shared` asks as a person who may read
so many studies and no other; with `--far` those that come last in the order of answers.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, event, func, insert, literal, select, text

from archive.access import LOCAL, Principal
from archive.archive import Archive, migrate, open_archive
from archive.attributes import Level, find_path
from archive.collections import get_collection
from archive.conditions import Include, Search
from archive.criteria import Rules, condition
from archive.database import writing
from archive.errors import TooBroad
from archive.models import share, study
from archive.search import search
from archive.settings import Settings
from benchmarks.filling import CT, SEG, fill

STUDY, ONE_SERIES, INSTANCE = Level.STUDY, Level.SERIES, Level.INSTANCE
MANY = 3.0
"""Seconds after which a question is not asked again."""

# Name, level, keys, and what else is asked for.
Question = tuple[str, Level, dict[str, str], dict[str, Any]]
IN_STUDY: dict[str, Any] = {"study_instance_uid": "1.5.123"}
IN_SERIES: dict[str, Any] = {**IN_STUDY, "series_instance_uid": "1.5.123.1"}
ZONE: dict[str, Any] = {"timezone_offset_from_utc": "-0500"}
ALL: dict[str, Any] = {"include": Include(all=True)}

QUESTIONS: tuple[Question, ...] = (
    ("study list", STUDY, {}, {}),
    ("page at offset 1,000", STUDY, {}, {"offset": 1_000}),
    ("page at offset 9,000", STUDY, {}, {"offset": 9_000}),
    ("study UID", STUDY, {"StudyInstanceUID": "1.5.123"}, {}),
    ("study UIDs, list of 50", STUDY,
     {"StudyInstanceUID": ",".join(f"1.5.{n}" for n in range(50))}, {}),
    ("patient ID", STUDY, {"PatientID": "P0001234"}, {}),
    ("patient ID, none", STUDY, {"PatientID": "nobody"}, {}),
    ("patient ID, prefix", STUDY, {"PatientID": "P00012*"}, {}),
    ("patient ID, suffix", STUDY, {"PatientID": "*1234"}, {}),
    ("accession number", STUDY, {"AccessionNumber": "A00001234"}, {}),
    ("birth date", STUDY, {"PatientBirthDate": "19700515"}, {}),
    ("date", STUDY, {"StudyDate": "20200601"}, {}),
    ("date range, a week", STUDY, {"StudyDate": "20200601-20200607"}, {}),
    ("date range, all", STUDY, {"StudyDate": "19000101-"}, {}),
    ("date range, none", STUDY, {"StudyDate": "-19000101"}, {}),
    ("date and time range", STUDY,
     {"StudyDate": "20200601-20200607", "StudyTime": "0800-1600"}, {}),
    ("date in a zone", STUDY, {"StudyDate": "20200601"}, ZONE),
    ("date range in a zone, all", STUDY, {"StudyDate": "20100101-20231231"}, ZONE),
    ("time", STUDY, {"StudyTime": "1015"}, {}),
    ("name, prefix, many", STUDY, {"PatientName": "smith*"}, {}),
    ("name, prefix, few", STUDY, {"PatientName": "smith^anna 12*"}, {}),
    ("name, infix, many", STUDY, {"PatientName": "*anna*"}, {}),
    ("name, infix, few", STUDY, {"PatientName": "*ohn 1999*"}, {}),
    ("name, infix, two letters", STUDY, {"PatientName": "*nn*"}, {}),
    ("name, infix, none", STUDY, {"PatientName": "*xyzzy*"}, {}),
    ("name, two letters, none", STUDY, {"PatientName": "*qx*"}, {}),
    ("name, fuzzy", STUDY, {"PatientName": "smyth anna"}, {}),
    ("name, fuzzy, few", STUDY, {"PatientName": "smyth 12345"}, {}),
    ("referring physician", STUDY, {"ReferringPhysicianName": "yamada^*"}, {}),
    ("study description, infix", STUDY, {"StudyDescription": "*dy 33 of O*"}, {}),
    ("modality, frequent", STUDY, {"ModalitiesInStudy": "CT"}, {}),
    ("modality, rare", STUDY, {"ModalitiesInStudy": "SEG"}, {}),
    ("modality, rare, 1,000 rows", STUDY, {"ModalitiesInStudy": "SEG"}, {"limit": None}),
    ("modality, none", STUDY, {"ModalitiesInStudy": "PT"}, {}),
    ("modalities, two", STUDY, {"ModalitiesInStudy": "SEG,PT"}, {}),
    ("modality and name", STUDY, {"ModalitiesInStudy": "CT", "PatientName": "*anna*"}, {}),
    ("modality and week", STUDY,
     {"ModalitiesInStudy": "MR", "StudyDate": "20200601-20200607"}, {}),
    ("rare modality and name", STUDY, {"ModalitiesInStudy": "SEG", "PatientName": "*anna*"}, {}),
    ("sex and name", STUDY, {"PatientSex": "F", "PatientName": "berg^*"}, {}),
    ("sex, none", STUDY, {"PatientSex": "O"}, {}),
    ("SOP Class, rare", STUDY, {"SOPClassesInStudy": SEG}, {}),
    ("number of instances, none", STUDY, {"NumberOfStudyRelatedInstances": "9"}, {}),
    ("series' key", STUDY, {"SeriesDescription": "series 77"}, {}),
    ("series' key, no index, none", STUDY, {"SeriesNumber": "77"}, {}),
    ("instance's key", STUDY, {"SOPInstanceUID": "1.5.123.1.1"}, {}),
    ("instance's key, no index, none", STUDY, {"InstanceNumber": "99"}, {}),
    ("no column, beside a name", STUDY,
     {"PatientName": "*ohn 1999*", "PatientComments": "x"}, {}),
    ("no column, alone", STUDY, {"PatientComments": "x"}, {}),
    ("study list, all fields", STUDY, {}, ALL),
    ("series of a study", ONE_SERIES, {}, IN_STUDY),
    ("all series", ONE_SERIES, {}, {}),
    ("all series, offset 1,000", ONE_SERIES, {}, {"offset": 1_000}),
    ("all series, UID", ONE_SERIES, {"SeriesInstanceUID": "1.5.123.1"}, {}),
    ("all series, frequent modality", ONE_SERIES, {"Modality": "CT"}, {}),
    ("all series, rare modality", ONE_SERIES, {"Modality": "SEG"}, {}),
    ("all series, no such modality", ONE_SERIES, {"Modality": "PT"}, {}),
    ("all series, patient", ONE_SERIES, {"PatientID": "P0001234"}, {}),
    ("all series, infix", ONE_SERIES, {"SeriesDescription": "*series 77*"}, {}),
    ("all series, date", ONE_SERIES, {"SeriesDate": "20200601"}, {}),
    ("all series, date in a zone", ONE_SERIES, {"SeriesDate": "20200601"}, ZONE),
    ("all series, study date", ONE_SERIES, {"StudyDate": "20200601-20200607"}, {}),
    ("all series, body part", ONE_SERIES, {"BodyPartExamined": "KNEE", "Modality": "US"}, {}),
    ("all series, step", ONE_SERIES,
     {"RequestAttributesSequence.ScheduledProcedureStepID": "S123"}, {}),
    ("all series, number, none", ONE_SERIES, {"SeriesNumber": "77"}, {}),
    ("instances of a series", INSTANCE, {}, IN_SERIES),
    ("instances of a study", INSTANCE, {}, IN_STUDY),
    ("all instances", INSTANCE, {}, {}),
    ("all instances, all fields", INSTANCE, {}, ALL),
    ("all instances, offset 1,000", INSTANCE, {}, {"offset": 1_000}),
    ("all instances, UID", INSTANCE, {"SOPInstanceUID": "1.5.123.1.1"}, {}),
    ("all instances, SOP Class", INSTANCE, {"SOPClassUID": CT}, {}),
    ("all instances, rare SOP Class", INSTANCE, {"SOPClassUID": SEG}, {}),
    ("all instances, rare, 1,000 rows", INSTANCE, {"SOPClassUID": SEG}, {"limit": None}),
    ("all instances, no such class", INSTANCE, {"SOPClassUID": "1.2.3"}, {}),
    ("all instances, number", INSTANCE, {"InstanceNumber": "2"}, {}),
    ("all instances, number, none", INSTANCE, {"InstanceNumber": "99"}, {}),
    ("all instances, rows, none", INSTANCE, {"Rows": "17"}, {}),
    ("all instances, modality", INSTANCE, {"Modality": "SEG"}, {}),
    ("all instances, patient", INSTANCE, {"PatientID": "P0001234"}, {}),
    ("all instances, study date", INSTANCE, {"StudyDate": "20200601"}, {}),
    ("all instances, name, infix", INSTANCE, {"PatientName": "*anna*"}, {}),
    ("all instances, no column", INSTANCE, {"ImageType": "X", "PatientID": "P0001234"}, {}),
)  # fmt: skip


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database")
    parser.add_argument("--studies", default="2000,20000")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--only", default="", help="questions whose name has this in it")
    parser.add_argument("--plans", action="store_true")
    parser.add_argument("--processor", action="store_true")
    parser.add_argument("--shared", type=int, help="studies that who asks may read")
    parser.add_argument("--far", action="store_true", help="the oldest of them")
    wish = parser.parse_args()
    sizes = [int(size) for size in wish.studies.split(",")]
    chosen = [question for question in QUESTIONS if wish.only in question[0]]
    with tempfile.TemporaryDirectory() as home:
        environment = {"DICOMTUBE_HOME": home}
        if wish.database:
            environment["DICOMTUBE_DATABASE_URL"] = wish.database
        settings = Settings.from_environment(environment)
        migrate(settings)
        archive = open_archive(settings)
        columns = []
        for size in sizes:
            fill(archive, size)
            asking = LOCAL if wish.shared is None else _person(archive, wish.shared, wish.far)
            if wish.plans:
                _explain(archive, chosen, asking)
            clock = _processor(archive) if wish.processor else time.perf_counter
            columns.append([_median(archive, each, wish.repeat, clock, asking) for each in chosen])
        archive.close()
    print(f"{'ms':34}" + "".join(f"{size:>12,}" for size in sizes))
    for row, question in enumerate(chosen):
        print(f"{question[0]:34}" + "".join(f"{column[row]:>12}" for column in columns))


def _person(archive: Archive, count: int, far: bool) -> Principal:
    """Somebody with whom so many studies are shared, and nothing else."""
    order = study.c.study_date if far else study.c.study_instance_uid
    with writing(archive.engine) as connection:
        place = get_collection(archive, "archive").id
        stored = connection.scalar(select(func.count()).select_from(study)) or 0
        some = select(study.c.collection_id, study.c.study_instance_uid, literal("person:x"))
        if not far:
            some = some.where(study.c.id % max(1, stored // count) == 0)
        connection.execute(delete(share))
        names = ["collection_id", "study_instance_uid", "audience"]
        some = some.where(study.c.collection_id == place).order_by(order).limit(count)
        connection.execute(insert(share).from_select(names, some))
    if archive.engine.dialect.name == "postgresql":
        with archive.engine.connect() as connection:
            connection.execute(text("ANALYZE share"))
            connection.commit()
    return Principal("person x", audiences=frozenset({"person:x"}))


def _asked(archive: Archive, question: Question, asking: Principal) -> Callable[[], object]:
    name, level, keys, more = question
    rules = Rules(fuzzy="fuzzy" in name)
    conditions = tuple(condition(find_path(k) or (), v, rules) for k, v in keys.items())
    asked = Search(level, conditions=conditions, **{"limit": 101, **more})
    return lambda: search(archive, asking, "archive", asked)


def _processor(archive: Archive) -> Callable[[], float]:
    if archive.engine.dialect.name == "sqlite":
        return time.process_time
    with archive.engine.connect() as connection:  # the pool has this one only
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    schedule = Path(f"/proc/{backend}/schedstat")
    return lambda: time.process_time() + int(schedule.read_text().split()[0]) / 1e9


def _median(
    archive: Archive,
    question: Question,
    repeat: int,
    clock: Callable[[], float],
    asking: Principal,
) -> str:
    ask = _asked(archive, question, asking)
    times: list[float] = []
    while len(times) < repeat and sum(times) < MANY:
        start = clock()
        try:
            ask()
        except TooBroad:
            return "too broad"
        times.append(clock() - start)
    found = f"{statistics.median(times) * 1e3:.2f}"
    print(f"{question[0]}: {found}", file=sys.stderr, flush=True)
    return found


def _explain(archive: Archive, chosen: list[Question], asking: Principal) -> None:
    prefix = {"sqlite": "EXPLAIN QUERY PLAN "}.get(
        archive.engine.dialect.name, "EXPLAIN (ANALYZE) "
    )

    def explain(connection: Any, _: Any, statement: str, values: Any, *__: Any) -> None:
        if statement.startswith(("SELECT", "WITH")) and "FROM collection" not in statement:
            cursor = connection.connection.cursor()
            cursor.execute(prefix + statement, values)
            lines = [str(row[-1]) for row in cursor.fetchall()]
            print(statement[-600:], "\n   ", "\n    ".join(lines))

    event.listen(archive.engine, "before_cursor_execute", explain)
    for question in chosen:
        print(f"\n== {question[0]}")
        try:
            _asked(archive, question, asking)()
        except TooBroad:
            print("too broad")
    event.remove(archive.engine, "before_cursor_execute", explain)


if __name__ == "__main__":
    main()
