"""The page on which people bring studies, and its form for those without a script."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from archive import uploads
from archive.access import LOCAL
from archive.archive import Archive
from archive.database import reading
from community.accounts import people
from community.accounts.people import MODERATOR, RESTRICTED
from community.case_models import sharing_confirmation
from community.statements import UPLOAD, current
from community.uploading import pages
from tests.archives import store
from tests.builders import ct_image
from tests.people import Town, town
from worker.pipeline import process_study

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        made.person("ann")
        made.person("ben")
        yield made


def token_of(client: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/upload").text)
    assert found
    return found[1]


def send(client: FlaskClient, *files: bytes, **fields: Any) -> Any:
    data = {
        "csrf": token_of(client),
        "confirm": current(UPLOAD).version,
        **fields,
        "files": [(io.BytesIO(data), f"DOE^JANE-{n}.dcm") for n, data in enumerate(files)],
    }
    return client.post("/upload", data=data, headers=SAME_ORIGIN)


def confirmations(archive: Archive) -> list[tuple[str, str, str]]:
    query = select(
        sharing_confirmation.c.person,
        sharing_confirmation.c.subject,
        sharing_confirmation.c.statement_version,
    ).order_by(sharing_confirmation.c.id)
    with reading(archive.engine) as connection:
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def zipped(*files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(files):
            archive.writestr(f"Doe/{number}", data)
    return made.getvalue()


def test_nobody_is_sent_to_sign_in_and_back(here: Town) -> None:
    answer = here.browser().get("/upload")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/login?next=%2Fupload")


def test_who_may_not_write_is_told_so(here: Town) -> None:
    people.change_state(here.archive, here.ids["ann"], RESTRICTED)
    client = here.browser("ann")
    assert client.get("/upload").status_code == 403
    assert client.get("/upload/rules.json").status_code == 403


def test_the_page_lets_its_own_worker_read_files_and_nothing_else(here: Town) -> None:
    answer = here.browser("ann").get("/upload")
    policy = answer.headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert current(UPLOAD).version in answer.text
    worker = re.search(r'data-worker="([^"]+)"', answer.text)
    assert worker
    served = here.browser().get(worker[1])
    assert served.status_code == 200
    # A worker has the policy of its own file: this one reaches no address.
    assert "default-src 'none'" in served.headers["Content-Security-Policy"]
    assert "connect-src" not in served.headers["Content-Security-Policy"]


def test_files_and_archives_of_a_form_become_uploads_of_their_sender(here: Town) -> None:
    uids = {"StudyInstanceUID": "1.2.826.7", "SeriesInstanceUID": "1.2.826.7.1"}
    images = [ct_image(**uids, SOPInstanceUID=f"1.2.826.7.1.{n}") for n in range(3)]
    answer = send(here.browser("ann"), images[0], zipped(*images[1:], b"readme"))
    assert answer.status_code == 200
    assert "New images: 3." in answer.text
    assert "Not taken" in answer.text
    [one] = uploads.visible_uploads(here.archive, here.principal("ann"))
    assert f'href="/uploads/{one.token}"' in answer.text
    assert (one.instances, one.senders) == (3, {f"person {here.ids['ann']}"})
    assert uploads.visible_uploads(here.archive, here.principal("ben")) == []


def test_what_was_sent_before_is_said_to_be_there(here: Town) -> None:
    client, image = here.browser("ann"), ct_image()
    send(client, image)
    assert "New images: 0. Images that were here already: 1." in send(client, image).text


def test_who_when_and_which_study_is_kept_of_a_confirmation(here: Town) -> None:
    send(here.browser("ann"), ct_image())
    [one] = uploads.visible_uploads(here.archive, here.principal("ann"))
    before, study = confirmations(here.archive)
    assert before[1].startswith("upload:")
    assert study == (
        here.ids["ann"],
        f"study:community/{one.study_instance_uid}",
        current(UPLOAD).version,
    )


@pytest.mark.parametrize(
    ("files", "confirm", "words"),
    [
        (0, current(UPLOAD).version, "Choose at least one"),
        (1, "", "Read and confirm"),
        (1, "2001-01", "Read and confirm"),
    ],
)
def test_a_form_that_lacks_something_says_what_and_stores_nothing(
    here: Town, files: int, confirm: str, words: str
) -> None:
    answer = send(here.browser("ann"), *[ct_image()] * files, confirm=confirm)
    assert answer.status_code == 422
    assert words in answer.text
    assert uploads.list_uploads(here.archive) == []
    assert confirmations(here.archive) == []


def test_a_form_of_another_site_or_without_its_token_is_refused(here: Town) -> None:
    client = here.browser("ann")
    assert send(client, ct_image(), csrf="x").status_code == 400
    foreign = client.post("/upload", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert uploads.list_uploads(here.archive) == []


def test_files_that_are_none_are_counted_by_their_reason(here: Town) -> None:
    answer = send(here.browser("ann"), b"hello" * 100, b"world" * 100, b"PK\3\4 broken")
    assert answer.status_code == 200
    assert "Files: 2." in answer.text
    assert "The ZIP archive is broken." in answer.text
    assert uploads.list_uploads(here.archive) == []
    assert not list((here.archive.settings.home).rglob("*.part"))


def test_a_form_longer_than_its_room_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "max_form_bytes", 2_000)
    with town(tmp_path) as here:
        here.person("ann")
        answer = send(here.browser("ann"), ct_image(), bytes(4_000))
        assert answer.status_code == 413
        assert "at once" in answer.text
        assert uploads.list_uploads(here.archive) == []


def test_the_table_for_the_script_is_that_of_the_collections_profile(here: Town) -> None:
    answer = here.browser("ann").get("/upload/rules.json")
    table = json.loads(answer.data)
    assert "00100010" in table["actions"]["Z"].split()
    assert here.browser().get("/upload/rules.json").status_code in (302, 401)


def test_an_upload_page_is_where_the_form_leads(here: Town) -> None:
    client = here.browser("ann")
    text = send(client, ct_image()).text
    path = re.search(r'href="(/uploads/[0-9a-f]{32})"', text)
    assert path
    assert client.get(path[1]).status_code == 200
    assert uploads.find_upload(here.archive, LOCAL, path[1].rpartition("/")[2])


def test_a_study_that_a_program_pushed_is_confirmed_on_its_page(here: Town) -> None:
    sender = f"person {here.ids['ann']}"
    store(here.archive, ct_image(), collection="community", sender=sender)
    [one] = uploads.visible_uploads(here.archive, here.principal("ann"))
    ann, path = here.browser("ann"), f"/uploads/{one.token}"
    assert "Not confirmed yet" in ann.get(path).text
    form = {"csrf": token_of(ann), "confirm": current(UPLOAD).version}
    answer = ann.post(f"{path}/confirmation", data=form, headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert "Not confirmed yet" not in ann.get(path).text
    [(person, subject, _)] = confirmations(here.archive)
    assert (person, subject) == (here.ids["ann"], f"study:community/{one.study_instance_uid}")
    ben = here.browser("ben")
    form["csrf"] = token_of(ben)
    assert ben.post(f"{path}/confirmation", data=form, headers=SAME_ORIGIN).status_code == 404


def test_a_published_study_leads_its_sender_to_a_case_and_only_reviewers_to_the_review(
    here: Town,
) -> None:
    sender = f"person {here.ids['ann']}"
    store(here.archive, ct_image(), collection="community", sender=sender)
    [one] = uploads.visible_uploads(here.archive, here.principal("ann"))
    here.person("max", MODERATOR)
    path = f"/uploads/{one.token}"
    uploads.set_state(here.archive, one, uploads.REVIEW)
    assert f"/review/{one.token}" not in here.browser("ann").get(path).text
    assert f"/review/{one.token}" not in here.browser("ann").get("/uploads").text
    assert f"/review/{one.token}" in here.browser("max").get(path).text
    uploads.set_state(here.archive, one, uploads.RECEIVED)
    process_study(here.archive, uploads.announcement_of(here.archive, one))
    case = f'href="/cases/new?study={one.study_instance_uid}"'
    assert case in here.browser("ann").get(path).text
    assert case not in here.browser("max").get(path).text
