"""Several processes share the work on one study, and what kills them fails alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from pydicom.uid import generate_uid
from sqlalchemy import event, insert, select, update

from archive import claims, published_uids, quarantine, uploads
from archive.access import LOCAL
from archive.answers import note_progress
from archive.archive import Announcement, Archive, open_archive
from archive.claims import Left, Superseded
from archive.collections import get_collection
from archive.database import reading, writing
from archive.models import claim, cleaned_instance
from archive.retrieve import find_instances
from archive.uploads import PUBLISHED, REVIEW, WORKING, Upload, find_upload
from imaging.deidentify.cleaning import clean
from tests.archives import new_archive, store
from tests.builders import ct_image
from worker import cleaning, shifts
from worker.deidentification import help_with_study
from worker.pipeline import process_study
from worker.shifts import Others

BASIS = "one basis"
LOTS = 1 << 30
# A process that no machine has: pid 0 is nobody's.
DEAD = f"{claims.socket.gethostname()[:64]}/0/1"


@pytest.fixture
def told() -> list[Announcement]:
    return []


@pytest.fixture
def archive(tmp_path: Path, told: list[Announcement], database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url, told.append)
    yield made
    made.close()


@pytest.fixture
def small(tmp_path: Path, told: list[Announcement]) -> Iterator[Archive]:
    """On SQLite only, for what has nothing to do with the database."""
    made = new_archive(tmp_path, None, told.append)
    yield made
    made.close()


def send(archive: Archive, count: int) -> Upload:
    """Store a series without a face."""
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    files = [ct_image(**uids, StudyDescription="Chest") for _ in range(count)]
    outcomes = store(archive, *files, collection="community")
    [token] = {one.coming.upload for one in outcomes}
    return find_upload(archive, LOCAL, token)


def now(archive: Archive, upload: Upload) -> Upload:
    return find_upload(archive, LOCAL, upload.token)


def begun(archive: Archive, count: int) -> tuple[Upload, list[int]]:
    """An upload that is being cleaned, and the numbers of its originals."""
    upload = send(archive, count)
    uploads.set_state(archive, upload, WORKING)
    claims.begin(archive, upload, BASIS)
    return upload, [one.number for one in quarantine.originals(archive, upload)]


def taken(archive: Archive, upload: Upload, numbers: list[int], most: int = 16) -> list[Any]:
    return claims.take(archive, upload, BASIS, numbers, most, LOTS)


def held_by(archive: Archive, holder: str, *numbers: int, until: datetime | None = None) -> None:
    """Make claims of this process those of another one."""
    values = {"holder": holder} | ({"until": until} if until else {})
    with writing(archive.engine) as connection:
        connection.execute(update(claim).where(claim.c.instance_id.in_(numbers)).values(**values))


def test_nobody_takes_what_a_living_process_has_claimed(archive: Archive) -> None:
    upload, numbers = begun(archive, 5)
    assert [one.original.number for one in taken(archive, upload, numbers, 3)] == numbers[:3]
    held_by(archive, f"{claims.socket.gethostname()[:64]}/1/{claims._started(1)}", *numbers[:3])
    assert [one.original.number for one in taken(archive, upload, numbers)] == numbers[3:]
    assert claims.left(archive, upload, BASIS) == Left(free=2, held=3)


def test_what_a_dead_process_held_is_taken_alone_and_counted(archive: Archive) -> None:
    upload, numbers = begun(archive, 3)
    taken(archive, upload, numbers)
    held_by(archive, DEAD, *numbers[:2])
    for number in numbers[:2]:
        [share] = taken(archive, upload, numbers)
        assert (share.original.number, share.lost) == (number, 1)
        held_by(archive, "elsewhere/1/1", number)
    [share] = taken(archive, upload, numbers)
    assert (share.original.number, share.lost) == (numbers[2], 0)


def test_a_process_elsewhere_is_believed_until_its_time_is_over(archive: Archive) -> None:
    upload, numbers = begun(archive, 1)
    taken(archive, upload, numbers)
    held_by(archive, "elsewhere/1/1", *numbers)
    assert taken(archive, upload, numbers) == []
    held_by(archive, "elsewhere/1/1", *numbers, until=datetime.now(UTC) - timedelta(seconds=1))
    [share] = taken(archive, upload, numbers)
    assert share.lost == 1


def test_what_was_given_back_is_nobodys_fault(archive: Archive) -> None:
    upload, numbers = begun(archive, 2)
    taken(archive, upload, numbers)
    claims.give_back(archive, numbers, blamed=numbers[1])
    assert [one.lost for one in taken(archive, upload, numbers)] == [0]
    held_by(archive, "elsewhere/1/1", numbers[0])
    assert [one.lost for one in taken(archive, upload, numbers)] == [1]


def test_little_is_taken_of_what_is_large(small: Archive) -> None:
    upload, numbers = begun(small, 3)
    assert len(claims.take(small, upload, BASIS, numbers, 16, max_bytes=1)) == 1


def test_who_works_on_another_basis_or_on_nothing_stops(archive: Archive) -> None:
    upload, numbers = begun(archive, 2)
    with pytest.raises(Superseded):
        claims.take(archive, upload, "another", numbers, 1, LOTS)
    uploads.set_state(archive, upload, uploads.REJECTED)
    with pytest.raises(Superseded):
        taken(archive, upload, numbers)
    with pytest.raises(Superseded):
        claims.begin(archive, upload, BASIS)


def test_what_comes_in_meanwhile_ends_the_work_and_all_is_published(
    archive: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = generate_uid()
    first = [ct_image(StudyInstanceUID=study, PatientName="Plantagenet^E") for _ in range(6)]
    late = ct_image(StudyInstanceUID=study, PatientName="Plantagenet^E", OtherPatientNames="Joan")
    [one, *_] = store(archive, *first, collection="community")
    keep = shifts.keep_answers
    later = [late]

    def keep_and_receive(*given: Any) -> None:
        keep(*given)
        if later:
            store(archive, later.pop(), collection="community")

    monkeypatch.setattr(shifts, "keep_answers", keep_and_receive)
    while told:
        process_study(archive, told.pop(0))
    assert find_upload(archive, LOCAL, one.coming.upload).published == 7


def test_late_answers_of_who_was_taken_for_dead_change_nothing(
    archive: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = send(archive, 2)
    keep = shifts.keep_answers

    def keep_late(*given: Any) -> None:
        if given[-1] and not late:
            late.append(given)
            numbers = [answer.original.number for answer in given[-1]]
            held_by(archive, DEAD, *numbers)
        keep(*given)

    late: list[Any] = []
    monkeypatch.setattr(shifts, "keep_answers", keep_late)
    while told:
        process_study(archive, told.pop(0))
    assert now(archive, upload).state == PUBLISHED
    assert (now(archive, upload).cleaned, now(archive, upload).published) == (2, 2)


def test_progress_is_seen_while_a_large_study_is_worked_on(
    archive: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = send(archive, 40)
    keep = shifts.keep_answers
    seen = []

    def keep_and_look(*given: Any) -> None:
        keep(*given)
        found = now(archive, upload)
        seen.append((found.state, found.cleaned, found.instances, found.published))

    monkeypatch.setattr(shifts, "keep_answers", keep_and_look)
    process_study(archive, told.pop())
    counts = [count for _, count, _, _ in seen]
    assert counts == sorted(set(counts))
    assert len(counts) > 2 and counts[-1] == 40
    assert {(state, instances, published) for state, _, instances, published in seen} == {
        (WORKING, 40, 0)
    }


def test_an_instance_takes_few_statements_and_is_read_twice(
    small: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As much at once as is ever taken, however slow this machine is.
    monkeypatch.setattr(shifts, "note_every_s", 1e9)
    read: list[str] = []
    for name in ("open", "read"):
        plain = getattr(small.objects, name)
        monkeypatch.setattr(
            small.objects, name, lambda *given, plain=plain: read.append(given[0]) or plain(*given)
        )

    def count(instances: int) -> tuple[int, int]:
        seen: list[str] = []

        def note(*given: Any) -> None:
            seen.append(given[2])

        send(small, instances)
        event.listen(small.engine, "before_cursor_execute", note)
        read.clear()
        process_study(small, told.pop())
        event.remove(small.engine, "before_cursor_execute", note)
        return len(seen), len(read)

    count(4)
    few, many = count(16), count(112)
    assert (many[0] - few[0]) / 96 < 1.2
    assert (few[1], many[1]) == (32, 224)


def test_help_is_called_for_what_takes_long_and_goes_on_when_its_turn_is_over(
    small: Archive, told: list[Announcement]
) -> None:
    upload = send(small, 20)
    news = told.pop()
    called: list[Announcement] = []
    # A turn of no length ends after the first few.
    others = Others(called.append, turn_s=0.0, longest_s=0.0, help_s=0.0)
    process_study(small, news, others)
    assert (called, told) == ([news], [news])
    assert 0 < now(small, upload).cleaned < 20
    help_with_study(small, news, others)
    assert called == [news] * 3  # for help, and to be called again itself
    process_study(small, news)
    assert now(small, upload).state == PUBLISHED


def test_nobody_is_called_for_what_is_done_soon(small: Archive, told: list[Announcement]) -> None:
    upload = send(small, 3)
    called: list[Announcement] = []
    process_study(small, told.pop(), Others(called.append, help_s=60.0))
    assert (called, now(small, upload).state) == ([], PUBLISHED)


def test_two_processes_work_on_one_study_and_it_is_published_once(
    archive: Archive, told: list[Announcement]
) -> None:
    upload = send(archive, 24)
    news = told.pop()
    fork = multiprocessing.get_context("fork")
    both = fork.Barrier(2)
    counted = fork.Array("i", 2)

    def work(number: int) -> None:
        take = claims.take

        def take_and_count(*given: Any) -> list[Any]:
            shares = take(*given[:4], 2, given[5])
            if shares and not counted[number]:
                both.wait(30)  # nobody has done it all before the other one begins
            counted[number] += len(shares)
            return shares

        claims.take = take_and_count
        mine = open_archive(archive.settings, told.append)
        process_study(mine, news)
        mine.close()

    processes = [fork.Process(target=work, args=(number,)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert min(counted) > 0
    assert sum(counted) == 24
    found = now(archive, upload)
    assert (found.state, found.cleaned, found.published) == (PUBLISHED, 24, 24)
    assert len(list(find_instances(archive, LOCAL, "community", found.study_instance_uid))) == 24


def test_who_joins_counts_what_others_note_at_the_same_time(archive: Archive) -> None:
    upload, numbers = begun(archive, 2)
    moment = datetime.now(UTC)
    answer = {"instance_id": numbers[0], "upload_id": upload.id, "state": uploads.CLEAN}
    joining = threading.Thread(target=claims.begin, args=(archive, upload, BASIS))
    with writing(archive.engine) as connection:
        claims.lock(connection, upload, BASIS)
        joining.start()
        time.sleep(0.2)  # it waits for the lock; should it come later, this shows less
        connection.execute(
            insert(cleaned_instance).values(
                answer | {"basis": BASIS, "object_key": "1/aa/bb/1.dcm", "changed_at": moment}
            )
        )
        note_progress(connection, upload.id, 1, moment)
    joining.join(30)
    assert now(archive, upload).cleaned == 1


def work_killed(archive: Archive, news: Announcement, poison: int, how: Callable[[], Any]) -> bool:
    """Work on a study in a process of its own, which one instance ends; whether it did."""

    def child() -> None:
        plain = cleaning.answer_of

        def answer_of(study: Any, share: Any, known: Any) -> Any:
            if share.original.number == poison and share.lost < cleaning.max_lost:
                how()
            return plain(study, share, known)

        shifts.answer_of = answer_of
        process_study(open_archive(archive.settings), news)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    return process.exitcode == -signal.SIGKILL


def test_an_instance_that_kills_its_worker_each_time_is_asked_about_alone(
    archive: Archive, told: list[Announcement]
) -> None:
    upload = send(archive, 6)
    news = told.pop()
    poison = quarantine.originals(archive, upload)[2].number
    killed = 0
    while work_killed(archive, news, poison, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        killed += 1
    assert killed == cleaning.max_lost
    found = now(archive, upload)
    assert (found.state, found.cleaned) == (REVIEW, 5)
    assert found.reason == "a person must look at 1 of 6 instances"
    with reading(archive.engine) as connection:
        asked = select(cleaned_instance.c.instance_id, cleaned_instance.c.reason).where(
            cleaned_instance.c.state == uploads.ASKING
        )
        assert connection.execute(asked).all() == [
            (poison, "whoever worked on it was lost, each time")
        ]


def test_an_instance_that_takes_longer_than_a_task_may_is_asked_about_alone(
    archive: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = send(archive, 6)
    news = told.pop()
    slow = quarantine.originals(archive, upload)[3].number
    plain = cleaning.answer_of

    def answer_of(study: Any, share: Any, known: Any) -> Any:
        if share.original.number == slow and share.lost < cleaning.max_lost:
            raise SoftTimeLimitExceeded
        return plain(study, share, known)

    monkeypatch.setattr(shifts, "answer_of", answer_of)
    for _ in range(cleaning.max_lost):
        with pytest.raises(SoftTimeLimitExceeded):
            process_study(archive, news)
    process_study(archive, news)
    assert (now(archive, upload).state, now(archive, upload).cleaned) == (REVIEW, 5)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("Plantagenet"), "it could not be cleaned because of an error of ours"),
        (MemoryError(), "it needs more memory than there is"),
    ],
)
def test_an_instance_that_our_code_cannot_bear_is_asked_about_alone(
    small: Archive,
    told: list[Announcement],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
) -> None:
    upload = send(small, 3)
    count = iter(range(100))

    def fail_once(*given: Any) -> Any:
        if next(count) == 1:
            raise error
        return clean(*given)

    monkeypatch.setattr(cleaning, "clean", fail_once)
    process_study(small, told.pop())
    assert (now(small, upload).state, now(small, upload).cleaned) == (REVIEW, 2)
    with reading(small.engine) as connection:
        said = connection.scalars(
            select(cleaned_instance.c.reason).where(cleaned_instance.c.state == uploads.ASKING)
        )
        assert said.all() == [reason]


def test_what_is_wrong_with_the_machine_is_no_instances_fault(
    small: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = send(small, 2)
    news = told.pop()

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(cleaning, "clean", full)
        with pytest.raises(OSError, match="No space"):
            process_study(small, news)
    with reading(small.engine) as connection:
        assert {row.holder for row in connection.execute(select(claim))} == {""}
    process_study(small, news)
    assert now(small, upload).state == PUBLISHED


def test_uids_are_asked_for_by_the_page(
    small: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    plain = published_uids.published_among
    monkeypatch.setattr(
        published_uids,
        "published_among",
        lambda archive, place, uids: asked.append(len(uids)) or plain(archive, place, uids),
    )
    upload = send(small, 40)
    process_study(small, told.pop())
    assert len(asked) == 2
    study = now(small, upload).study_instance_uid
    place = get_collection(small, "community")
    assert plain(small, place, [study, "1.2.3.4.5"]) == {study}
