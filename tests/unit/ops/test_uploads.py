"""`uploads …`, `publish` and `collection policy` as operators type them, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive import quarantine, uploads
from archive.access import LOCAL
from archive.archive import Announcement, Archive
from archive.ingest import Stored
from archive.review import items
from archive.uploads import PUBLISHED, RECEIVED, REJECTED, REVIEW, Upload
from ops.__main__ import main
from tests.archives import new_archive, store
from tests.builders import ct_image
from tests.quarantined import ask, screen
from worker.pipeline import process_study

SECRET = "PLANTED-4711"
STUDY = "1.2.826.97.1"
FILE = {"StudyInstanceUID": STUDY, "PatientID": SECRET, "PatientName": "Plantagenet^Eleanor"}

Run = Callable[..., str]
Told = list[Announcement]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def archive(
    tmp_path: Path, told: Told, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Archive]:
    monkeypatch.setenv("DICOMTUBE_HOME", str(tmp_path))
    monkeypatch.setenv("DICOMTUBE_DATABASE_URL", database_url)
    monkeypatch.delenv("DICOMTUBE_BROKER_URL", raising=False)
    made = new_archive(tmp_path, database_url, told.append)
    yield made
    made.close()


@pytest.fixture
def run(archive: Archive, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; give what it printed, or what it complained about when it has to fail."""

    def one(*words: str, fails: bool = False) -> str:
        status = main(words)
        printed = capsys.readouterr()
        assert status == (1 if fails else 0), printed
        assert SECRET not in printed.out + printed.err
        return printed.err if fails else printed.out

    return one


def sent(archive: Archive, **more: object) -> Upload:
    [stored] = store(archive, ct_image(**{**FILE, **more}), collection="community")
    assert isinstance(stored, Stored) and stored.coming
    return uploads.find_upload(archive, LOCAL, stored.coming.upload)


def state(archive: Archive, upload: Upload) -> str:
    return uploads.find_upload(archive, LOCAL, upload.token).state


def work(archive: Archive, told: Told) -> None:
    while told:
        process_study(archive, told.pop(0))


# ---- uploads


def test_uploads_are_listed_by_state_and_collection(archive: Archive, run: Run) -> None:
    received, asked = sent(archive), ask(archive, screen())
    every = run("uploads", "list")
    assert every.split()[:2] == ["ID", "CHANGED"]
    assert received.token in every
    assert asked.token in every
    waiting = run("uploads", "list", "--state", "needs review", "--collection", "community")
    assert received.token not in waiting
    assert f"{asked.token}" in waiting
    assert "some images need a person" in waiting
    assert "no such collection" in run("uploads", "list", "--collection", "nowhere", fails=True)


def test_an_unknown_state_is_a_wrong_command() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["uploads", "list", "--state", "lost"])
    assert caught.value.code == 2


def test_one_upload_is_shown_with_its_address_and_what_is_asked(archive: Archive, run: Run) -> None:
    asked = ask(archive, screen())
    shown = run("uploads", "show", asked.token)
    assert f"/community/dicom-web/studies/{asked.study_instance_uid}" in shown
    assert "sent by    -" in shown
    [item] = items(archive, LOCAL, asked.token)
    assert f"question {item.number}: text may be burned into a capture of a screen" in shown
    assert "(1 boxes, open)" in shown
    assert "uploads list" in run("uploads", "show", "0" * 32, fails=True)


def test_approving_lets_a_study_go_on(archive: Archive, run: Run, told: Told) -> None:
    asked = ask(archive, screen(**FILE))
    assert "Approved 1 of 1" in run("uploads", "approve", asked.token)
    assert state(archive, asked) == RECEIVED
    told.append(uploads.announcement_of(archive, asked))
    work(archive, told)
    assert state(archive, asked) == PUBLISHED
    assert "Nothing is asked" in run("uploads", "approve", asked.token, fails=True)


def test_what_is_rejected_is_erased_and_its_reason_is_told(archive: Archive, run: Run) -> None:
    asked = ask(archive, screen(**FILE))
    assert "erased" in run("uploads", "reject", asked.token, "--reason", "a face can be seen")
    assert state(archive, asked) == REJECTED
    assert quarantine.originals(archive, asked) == []
    assert "rejected: a face can be seen" in run("uploads", "show", asked.token)
    assert "sent again" in run("uploads", "retry", asked.token, fails=True)


def test_a_rejection_needs_a_reason(archive: Archive) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["uploads", "reject", "0" * 32])
    assert caught.value.code == 2


def test_a_retry_begins_at_the_beginning(archive: Archive, run: Run) -> None:
    asked = ask(archive, screen(**FILE))
    assert state(archive, asked) == REVIEW
    assert run("uploads", "retry", asked.token) == "To be worked on again.\n"
    assert state(archive, asked) == RECEIVED
    assert items(archive, LOCAL, asked.token) == []


def test_a_receipt_is_printed_once_there_is_one(archive: Archive, run: Run, told: Told) -> None:
    upload = sent(archive)
    assert "no receipt" in run("uploads", "receipt", upload.token, fails=True)
    work(archive, told)
    said = json.loads(run("uploads", "receipt", upload.token))
    assert (said["instances"], said["collection"]) == (1, "community")


@pytest.mark.parametrize(
    "words", [("approve",), ("retry",), ("receipt",), ("reject", "--reason", "x")]
)
def test_an_upload_that_is_not_there_is_an_error_that_says_so(
    run: Run, words: tuple[str, ...]
) -> None:
    assert "no such upload" in run("uploads", words[0], "0" * 32, *words[1:], fails=True).lower()


# ---- publish


def test_a_study_of_the_archive_is_published_once(archive: Archive, run: Run, told: Told) -> None:
    files = [ct_image(**FILE, SOPInstanceUID=f"{STUDY}.1.{number}") for number in (1, 2)]
    store(archive, *files)
    told.clear()
    printed = run("publish", STUDY)
    [upload] = uploads.list_uploads(archive)
    assert f"Upload {upload.token}: 2 taken, 0 there already." in printed
    assert f"/community/dicom-web/studies/{upload.study_instance_uid}" in printed
    told.append(uploads.announcement_of(archive, upload))
    work(archive, told)
    assert state(archive, upload) == PUBLISHED
    assert "0 taken, 2 there already." in run("publish", STUDY)
    assert "sent by    local" in run("uploads", "show", upload.token)


def test_what_cannot_be_published_is_an_error_that_says_why(archive: Archive, run: Run) -> None:
    store(archive, ct_image(**FILE))
    assert "no such study" in run("publish", "1.2.3", fails=True)
    assert "no such collection" in run("publish", STUDY, "--from", "nowhere", fails=True)
    assert "no such collection" in run("publish", STUDY, "--to", "nowhere", fails=True)
    said = run("publish", STUDY, "--from", "archive", "--to", "archive", fails=True)
    assert "de-identifies only" in said
    hidden = "community.quarantine"
    assert "no such collection" in run("publish", STUDY, "--from", hidden, fails=True)


# ---- collection policy


def test_a_policy_is_shown_and_changed_in_parts(run: Run) -> None:
    shown = run("collection", "policy", "community")
    assert "review           uncertain" in shown
    assert "keep originals   0 s" in shown
    changed = run(
        "collection", "policy", "community", "--review", "always", "--keep-rejected-s", "60",
        "--store-as", "as-received", "--options", "clean_pixel_data, clean_descriptors",
    )  # fmt: skip
    assert changed == run("collection", "policy", "community")
    assert changed.splitlines() == [
        "options          clean_descriptors, clean_pixel_data",
        "store as         as-received",
        "review           always",
        "keep originals   0 s after they are published",
        "keep rejected    60 s",
    ]


def test_no_options_at_all_is_the_basic_profile(run: Run) -> None:
    assert "options          -\n" in run("collection", "policy", "community", "--options", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--store-as", "1.2.840.10008.1.2.4.50"), "lossless"),
        (("--keep-originals-s", "-1"), "0 seconds to 10 years"),
    ],
)
def test_a_part_that_cannot_be_so_changes_nothing(
    run: Run, words: tuple[str, ...], said: str
) -> None:
    before = run("collection", "policy", "community")
    assert said in run("collection", "policy", "community", *words, fails=True)
    assert run("collection", "policy", "community") == before


@pytest.mark.parametrize(
    "words",
    [
        ("--options", "clean_everything"),
        ("--options", "retain_long_full_dates,retain_long_modified_dates"),
        ("--review", "sometimes"),
        ("--keep-rejected-s", "soon"),
    ],
)
def test_a_word_that_is_none_is_a_wrong_command(words: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["collection", "policy", "community", *words])
    assert caught.value.code == 2


def test_a_collection_that_keeps_what_it_gets_has_no_policy(run: Run) -> None:
    assert "no policy" in run("collection", "policy", "archive", fails=True)
    assert "no such collection" in run("collection", "policy", "community.quarantine", fails=True)
    run("collection", "create", "teaching", "--deidentify")
    assert "review           uncertain" in run("collection", "policy", "teaching")


def test_retained_uids_are_not_changed_under_a_study_on_its_way(archive: Archive, run: Run) -> None:
    upload = sent(archive)
    words = ("collection", "policy", "community", "--options", "retain_uids")
    assert "uploads list" in run(*words, fails=True)
    run("uploads", "reject", upload.token, "--reason", "not wanted")
    assert "options          retain_uids\n" in run(*words)
