"""What people are told of uploads: theirs, page by page, and nothing of the original."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from archive import uploads
from archive.access import LOCAL, Principal, Scope
from archive.archive import Announcement, Archive
from archive.database import writing
from archive.models import upload as table
from archive.values import encode
from community import pages, upload_pages
from community.review.pages import create_blueprint as create_review
from tests.archives import new_archive, store
from tests.builders import ct_image
from tests.quarantined import ask, screen
from worker import shifts
from worker.pipeline import process_study


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", DICOMTUBE_ACCESS="accounts")
    yield made
    made.close()


def door(archive: Archive, who: Principal | None = LOCAL) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    site = pages.Site("http://localhost", "127.0.0.1", 11112, is_open=True)
    app.register_blueprint(pages.create_blueprint(lambda: site, list, lambda: ""))
    app.register_blueprint(upload_pages.create_blueprint(archive, lambda: who))
    app.register_blueprint(create_review(archive, lambda: who))
    return app.test_client()


def links(text: str) -> list[str]:
    return re.findall(r'href="/uploads/([0-9a-f]{32})"', text)


def test_the_list_is_read_page_by_page_and_each_upload_stands_on_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_pages, "_UPLOADS_A_PAGE", 2)
    for _ in range(5):
        store(archive, ct_image(), collection="community")
    client, path, seen = door(archive), "/uploads", []
    for expected in (2, 2, 1):
        text = client.get(path).text
        assert len(links(text)) == expected
        seen += links(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = following[1] if following else ""
    assert path == ""
    assert seen == [one.token for one in uploads.visible_uploads(archive, LOCAL)]
    assert len(set(seen)) == 5


@pytest.mark.parametrize(
    ("who", "status", "seen"),
    [
        (None, 401, 0),
        (Principal("token 9"), 200, 0),
        (Principal("token 9", frozenset({("community", Scope.READ)})), 200, 0),
        (Principal("token 9", frozenset({("archive", Scope.WRITE)})), 200, 0),
        (Principal("token 9", frozenset({("community", Scope.WRITE)})), 200, 1),
    ],
)
def test_strangers_see_no_upload(
    archive: Archive, who: Principal | None, status: int, seen: int
) -> None:
    upload = ask(archive, screen())
    answer = door(archive, who).get("/uploads")
    assert (answer.status_code, len(links(answer.text))) == (status, seen)
    assert door(archive, who).get(f"/uploads/{upload.token}").status_code == (200 if seen else 404)


@pytest.mark.parametrize("senders", [("token 9",), ("token 9", "token 90"), ("a", 'b"', "token 9")])
def test_a_sender_sees_what_it_sent_and_nothing_of_one_whose_name_is_longer(
    archive: Archive, senders: tuple[str, ...]
) -> None:

    ask(archive, screen())
    with writing(archive.engine) as connection:
        connection.execute(table.update().values(senders=encode(senders)))
    assert len(uploads.visible_uploads(archive, Principal("token 9"))) == 1
    for other in ("token", "oken 9", "token 900", "%", "_oken 9", ""):
        assert uploads.visible_uploads(archive, Principal(other)) == []


def test_the_state_can_be_asked_for(archive: Archive) -> None:
    waiting = ask(archive, screen())
    store(archive, ct_image(), collection="community")
    client = door(archive)
    assert links(client.get("/uploads?state=needs+review").text) == [waiting.token]
    assert links(client.get("/uploads?state=published").text) == []
    assert client.get("/uploads?state=lost").status_code == 400
    assert client.get("/uploads?before=x").status_code == 400


def test_one_upload_tells_its_state_and_its_reason(archive: Archive) -> None:
    upload = ask(archive, screen())
    client = door(archive)
    page = client.get(f"/uploads/{upload.token}")
    assert "Needs review" in page.text
    assert f'href="/review/{upload.token}"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    uploads.set_state(archive, upload, uploads.REJECTED, "a face can be recognized or rebuilt")
    page = client.get(f"/uploads/{upload.token}")
    assert "a face can be recognized or rebuilt" in page.text
    assert "progress" not in page.text


def test_a_published_study_can_be_seen_from_its_upload(archive: Archive) -> None:

    upload = ask(archive, screen())
    with writing(archive.engine) as connection:
        connection.execute(table.update().values(state=uploads.PUBLISHED, published=1))
    text = door(archive).get(f"/uploads/{upload.token}").text
    where = f"StudyInstanceUIDs={upload.study_instance_uid}&amp;datasources=community"
    assert f'href="/viewer/viewer?{where}"' in text


def test_no_page_names_the_patient_or_an_original_uid(archive: Archive) -> None:
    upload = ask(archive, screen(StudyInstanceUID="1.2.826.55.1"))
    for path in ("/uploads", f"/uploads/{upload.token}"):
        text = door(archive).get(path).text
        assert not any(planted in text for planted in ("1.2.826.55", "Doe", "PID1", "ACC1"))


def test_every_page_leads_to_uploads_and_review(archive: Archive) -> None:
    text = door(archive).get("/about").text
    assert 'href="/uploads"' in text
    assert 'href="/review"' in text


def test_the_list_shows_a_large_study_advance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Announcement] = []
    archive = new_archive(tmp_path, None, told.append)
    uids = {"StudyInstanceUID": "1.2.826.8", "SeriesInstanceUID": "1.2.826.8.1"}
    files = [ct_image(**uids, StudyDescription="Chest") for _ in range(24)]
    store(archive, *files, collection="community")
    client = door(archive)
    keep = shifts.keep_answers
    shown: list[int] = []

    def keep_and_look(*given: Any) -> None:
        keep(*given)
        [count] = re.findall(r"(\d+) of 24 clean", client.get("/uploads").text)
        shown.append(int(count))

    monkeypatch.setattr(shifts, "keep_answers", keep_and_look)
    process_study(archive, told.pop())
    archive.close()
    assert shown == sorted(set(shown))
    assert len(shown) > 1
    assert shown[-1] == 24
