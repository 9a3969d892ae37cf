"""Many processes store into the same studies at once: nothing twice, nothing lost, counts right."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from archive.access import LOCAL
from archive.archive import migrate, open_archive
from archive.collections import create_collection, list_collections
from archive.database import reading
from archive.erase import erase
from archive.errors import Gone, NotFound
from archive.ingest import Failed, Stored
from archive.models import instance, instance_document, loose_object, series, study
from archive.settings import Settings
from archive.values import decode
from tests.archives import new_archive, store
from tests.builders import ct_image

PROCESSES = 4
_SPAWN = multiprocessing.get_context("spawn")


def environment(home: Path, database_url: str) -> dict[str, str]:
    return {"DICOMTUBE_HOME": str(home), "DICOMTUBE_DATABASE_URL": database_url}


def push(environ: dict[str, str], batches: list[list[bytes]], collection: str) -> list[list[str]]:
    """What each instance came to: stored, already, or the reason of its failure."""
    archive = open_archive(Settings.from_environment(environ))
    told = []
    for batch in batches:
        outcomes = store(archive, *batch, collection=collection)
        told.append([_told(outcome) for outcome in outcomes])
    archive.close()
    return told


def _told(outcome: Stored | Failed) -> str:
    if isinstance(outcome, Failed):
        return f"{outcome.failure.reason:04X}"
    return "already" if outcome.already else "stored"


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(PROCESSES, mp_context=_SPAWN) as workers:
        yield workers


def together(
    pool: ProcessPoolExecutor,
    environ: dict[str, str],
    work: list[list[list[bytes]]],
    collection: str = "archive",
) -> list[str]:
    done = [pool.submit(push, environ, batches, collection) for batches in work]
    return [word for one in done for batch in one.result() for word in batch]


def true_counts(archive):
    """Everything that is counted, counted again."""
    by_study = select(
        study.c.study_instance_uid,
        study.c.number_of_instances,
        select(func.count()).where(instance.c.study_id == study.c.id).scalar_subquery(),
        study.c.number_of_series,
        select(func.count()).where(series.c.study_id == study.c.id).scalar_subquery(),
    )
    by_series = select(
        series.c.number_of_instances,
        select(func.count()).where(instance.c.series_id == series.c.id).scalar_subquery(),
    )
    with reading(archive.engine) as connection:
        for row in connection.execute(by_study):
            assert row[1] == row[2], "instances of a study"
            assert row[3] == row[4], "series of a study"
        for row in connection.execute(by_series):
            assert row[0] == row[1], "instances of a series"
        counts = [
            connection.scalar(select(func.count()).select_from(table))
            for table in (instance, instance_document, loose_object)
        ]
    assert counts[0] == counts[1], "documents"
    assert len(list(archive.objects.keys())) == counts[0] + counts[2]
    return counts[0]


def image(study_uid: int, series_uid: int, number: int, **more: str) -> bytes:
    return ct_image(
        StudyInstanceUID=f"1.{study_uid}",
        SeriesInstanceUID=f"1.{study_uid}.{series_uid}",
        SOPInstanceUID=f"1.{study_uid}.{series_uid}.{number}",
        **more,
    )


def test_processes_share_studies_and_series_without_losing_one(pool, database_url, tmp_path):
    archive = new_archive(tmp_path, database_url)
    work = [
        [
            [
                image(s, e, 100 * process + 10 * batch + n, Modality=["CT", "MR"][e - 1])
                for s in (2, 1)
                for e in (1, 2)
                for n in range(2)
            ]
            for batch in range(5)
        ]
        for process in range(PROCESSES)
    ]
    told = together(pool, environment(tmp_path, database_url), work)
    assert set(told) == {"stored"}
    assert true_counts(archive) == len(told) == PROCESSES * 5 * 8
    with reading(archive.engine) as connection:
        for row in connection.execute(select(study)):
            assert decode(row.modalities_in_study) == ["CT", "MR"]
            assert row.number_of_series == 2
    archive.close()


def test_the_same_instances_from_all_sides_are_stored_once(pool, database_url, tmp_path):
    archive = new_archive(tmp_path, database_url)
    files = [image(1, 1, n) for n in range(20)]
    work = [[files[k : k + 5] for k in range(0, 20, 5)] for _ in range(PROCESSES)]
    work = [batches if k % 2 else batches[::-1] for k, batches in enumerate(work)]
    told = together(pool, environment(tmp_path, database_url), work)
    assert told.count("stored") == 20
    assert told.count("already") == 20 * (PROCESSES - 1)
    assert true_counts(archive) == 20
    archive.close()


def test_one_uid_with_other_bytes_under_many_studies_has_one_winner(pool, database_url, tmp_path):
    archive = new_archive(tmp_path, database_url)
    work = [
        [[ct_image(StudyInstanceUID=f"1.{process}", SOPInstanceUID=f"9.{n}")] for n in range(24)]
        for process in range(PROCESSES)
    ]
    told = together(pool, environment(tmp_path, database_url), work)
    assert told.count("stored") == 24
    assert told.count("0111") == 24 * (PROCESSES - 1)
    assert true_counts(archive) == 24
    with reading(archive.engine) as connection:
        assert 0 not in connection.scalars(select(study.c.number_of_instances)).all()
    archive.close()


def test_replacements_from_all_sides_leave_one_of_each(pool, database_url, tmp_path):
    archive = new_archive(tmp_path, database_url)
    create_collection(archive, "latest", duplicate_rule="replace")
    work = [
        [[image(s, 1, n, PatientID=f"P{process}") for s in (1, 2) for n in range(4)]] * 4
        for process in range(PROCESSES)
    ]
    told = together(pool, environment(tmp_path, database_url), work, "latest")
    assert set(told) <= {"stored", "already"}
    assert true_counts(archive) == 8
    archive.close()


def test_erasing_while_others_store_keeps_the_counts_true(pool, database_url, tmp_path):
    archive = new_archive(tmp_path, database_url)
    files = [[image(1, e, n) for e in (1, 2)] for n in range(12)]
    environ = environment(tmp_path, database_url)
    pushed = [pool.submit(push, environ, files * 2, "archive") for _ in range(3)]
    while not all(one.done() for one in pushed):
        for uids in (("1.1", "1.1.1"), ("1.1",)):
            try:
                erase(archive, LOCAL, "archive", *uids)
            except (NotFound, Gone):
                continue
    for one in pushed:
        words = {word for batch in one.result() for word in batch}
        assert words <= {"stored", "already", "0111"}
    true_counts(archive)
    archive.close()


def migrated(environ: dict[str, str]) -> int:
    settings = Settings.from_environment(environ)
    migrate(settings)
    return len(list_collections(open_archive(settings)))


def test_several_processes_may_migrate_at_once(pool, database_url, tmp_path):
    environ = environment(tmp_path, database_url)
    assert list(pool.map(migrated, [environ] * PROCESSES)) == [2] * PROCESSES


def test_a_fork_does_not_share_its_parents_connections(database_url, tmp_path):
    archive = new_archive(tmp_path, database_url)
    store(archive, image(1, 1, 0))
    children = [
        multiprocessing.get_context("fork").Process(
            target=store, args=(archive, image(1, 1, 1 + n))
        )
        for n in range(2)
    ]
    for child in children:
        child.start()
    store(archive, image(1, 1, 10))
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert true_counts(archive) == 4
    archive.close()
