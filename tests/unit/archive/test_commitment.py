"""A commitment is given for what is held whole, remembered for a while, and told to who asked."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from pydicom.uid import CTImageStorage, MRImageStorage
from sqlalchemy import func, select, update

from archive import commitment, safekeeping
from archive.access import Principal
from archive.collections import get_collection
from archive.commitment import find_commitment, finish_commitments, request_commitment
from archive.database import reading, writing
from archive.erase import erase
from archive.errors import InUse, NotAllowed, NotFound, TooBroad, TooMany
from archive.models import commitment as table
from archive.retrieve import find_instances
from archive.safekeeping import Reference
from tests.archives import new_archive, store
from tests.builders import ct_image

CT = str(CTImageStorage)
HERE = Reference(CT, "1.4")
SCANNER = Principal("token 1", frozenset({("archive", "write")}))
ANOTHER = Principal("token 2", frozenset({("archive", "write")}))


@pytest.fixture
def holding(archive):
    store(archive, ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.3", SOPInstanceUID="1.4"))
    return archive


def reasons_of(archive, *references, collection="archive"):
    return request_commitment(archive, None, collection, "1.9", references).reasons


def object_of(archive):
    return next(iter(find_instances(archive, None, "archive", "1.2"))).key


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (HERE, 0),
        (Reference(CT, "1.4", "1.2", "1.3"), 0),
        (Reference(CT, "1.5"), 0x0112),
        (Reference(CT, "1.4", "1.22", "1.3"), 0x0112),
        (Reference(CT, "1.4", "1.2", "1.33"), 0x0112),
        (Reference(str(MRImageStorage), "1.4"), 0x0119),
    ],
)
def test_what_is_held_is_committed_and_what_is_not_has_its_reason(holding, asked, reason):
    assert reasons_of(holding, asked) == (reason,)


def test_an_object_that_is_missing_is_not_committed(holding):
    holding.objects.delete(object_of(holding))
    assert reasons_of(holding, HERE) == (0x0112,)


def test_an_object_of_another_length_is_not_committed(holding):
    key = object_of(holding)
    holding.objects.delete(key)
    holding.objects.put(key, b"short")
    assert reasons_of(holding, HERE) == (0x0110,)


def test_what_was_erased_is_not_committed(holding):
    erase(holding, None, "archive", "1.2")
    assert reasons_of(holding, HERE) == (0x0112,)


def test_what_waits_in_quarantine_is_not_committed(archive):
    store(archive, ct_image(SOPInstanceUID="1.4"), collection="community")
    assert reasons_of(archive, HERE, collection="community") == (0x0112,)


def test_one_collection_does_not_answer_for_another(holding):
    assert reasons_of(holding, HERE, collection="community") == (0x0112,)


def test_a_result_is_found_again_by_who_asked_and_by_nobody_else(holding):
    asked = request_commitment(holding, SCANNER, "archive", "1.9", [HERE, Reference(CT, "1.5")])
    assert asked.reasons == (0, 0x0112)
    assert find_commitment(holding, SCANNER, "archive", "1.9") == asked
    for principal, collection in ((ANOTHER, "archive"), (None, "archive"), (None, "community")):
        with pytest.raises(NotFound):
            find_commitment(holding, principal, collection, "1.9")


def test_who_may_not_write_may_not_ask(holding):
    reader = Principal("token 3", frozenset({("archive", "read")}))
    with pytest.raises(NotAllowed):
        request_commitment(holding, reader, "archive", "1.9", [HERE])
    with pytest.raises(NotAllowed):
        find_commitment(holding, reader, "archive", "1.9")


def test_a_transaction_uid_is_used_once_in_a_collection_by_whomever(holding):
    request_commitment(holding, SCANNER, "archive", "1.9", [HERE])
    for principal in (SCANNER, ANOTHER):
        with pytest.raises(InUse):
            request_commitment(holding, principal, "archive", "1.9", [HERE])
    assert reasons_of(holding, HERE, collection="community") == (0x0112,)


def test_of_many_who_take_one_uid_at_once_one_gets_it(holding):
    got: list[str] = []

    def ask():
        try:
            request_commitment(holding, SCANNER, "archive", "1.9", [HERE])
            got.append("yes")
        except InUse:
            got.append("no")

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(got) == ["no"] * 5 + ["yes"]


def age(archive, by):
    with writing(archive.engine) as connection:
        connection.execute(update(table).values(expires_at=datetime.now(UTC) + by))


def test_a_result_is_forgotten_in_time_and_its_uid_is_free_again(holding):
    request_commitment(holding, SCANNER, "archive", "1.9", [HERE])
    age(holding, -timedelta(seconds=1))
    with pytest.raises(NotFound):
        find_commitment(holding, SCANNER, "archive", "1.9")
    assert request_commitment(holding, ANOTHER, "archive", "1.9", [HERE]).reasons == (0,)
    age(holding, -timedelta(seconds=1))
    finish_commitments(holding)
    with reading(holding.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_a_long_list_is_left_to_the_worker(holding, monkeypatch):
    monkeypatch.setattr(commitment, "max_answered_at_once", 2)
    references = [HERE, Reference(CT, "1.5"), Reference(CT, "1.6")]
    asked = request_commitment(holding, SCANNER, "archive", "1.9", references)
    assert asked.reasons is None
    assert find_commitment(holding, SCANNER, "archive", "1.9").reasons is None
    assert finish_commitments(holding) == 1
    found = find_commitment(holding, SCANNER, "archive", "1.9")
    assert found == commitment.Commitment(tuple(references), (0, 0x0112, 0x0112))
    assert finish_commitments(holding) == 0


def test_a_request_whose_process_died_is_finished_by_the_worker(holding, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(commitment, "check", dies)
        request_commitment(holding, SCANNER, "archive", "1.9", [HERE])
    assert finish_commitments(holding) == 1
    assert find_commitment(holding, SCANNER, "archive", "1.9").reasons == (0,)


def test_a_worker_out_of_time_begins_no_further_request(holding, monkeypatch):
    monkeypatch.setattr(commitment, "max_answered_at_once", 0)
    request_commitment(holding, SCANNER, "archive", "1.9", [HERE])
    assert finish_commitments(holding, budget_s=0) == 0


def test_one_caller_may_have_only_so_many_remembered(tmp_path, database_url):
    archive = new_archive(tmp_path, database_url, DICOMTUBE_MAX_COMMITMENTS="2")
    for uid in ("1.1", "1.2"):
        request_commitment(archive, SCANNER, "archive", uid, [HERE])
    with pytest.raises(TooMany):
        request_commitment(archive, SCANNER, "archive", "1.3", [HERE])
    request_commitment(archive, ANOTHER, "archive", "1.3", [HERE])
    archive.close()


def test_a_list_beyond_the_limit_is_refused(tmp_path, database_url):
    archive = new_archive(tmp_path, database_url, DICOMTUBE_MAX_REFERENCES="2")
    with pytest.raises(TooBroad):
        request_commitment(archive, None, "archive", "1.9", [HERE] * 3)
    archive.close()


def test_more_references_than_one_look_takes_keep_their_order(holding, monkeypatch):
    monkeypatch.setattr(safekeeping, "_ROWS_A_LOOK", 2)
    asked = [Reference(CT, f"1.{number}") for number in range(1, 8)]
    place = get_collection(holding, "archive")
    assert safekeeping.check(holding, place, asked) == (
        *[0x0112] * 3, 0, *[0x0112] * 3,
    )  # fmt: skip
