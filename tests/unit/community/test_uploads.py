"""The API of uploads: who sees one, what it says, and giving a study to the community."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from archive.access import Principal
from archive.archive import Announcement, Archive
from archive.ingest import store_instances
from community.uploads import Asked, create_blueprint
from dicomweb.errors import Refusal, answer_error
from tests.archives import new_archive
from tests.archives import store as store_files
from tests.builders import ct_image
from worker import shifts
from worker.pipeline import process_study

ORIGIN = "https://pacs.example.org"
SENDER = Principal("token 1")
WRITER = Principal("token 2", frozenset({("community", "write"), ("archive", "read")}))
READER = Principal("token 3", frozenset({("community", "read")}))
NOBODY = Principal("token 4")


class Site:
    """The API, asked by whoever `who` says."""

    def __init__(self, home: Path) -> None:
        self.told: list[Announcement] = []
        self.archive: Archive = new_archive(
            home, None, self.told.append, DICOMTUBE_ACCESS="accounts"
        )
        self.who: Principal | None = WRITER
        self.foreign = False
        app = Flask(__name__)
        asked = Asked(lambda: self.who, self._check, lambda: ORIGIN, self._refuse)
        app.register_blueprint(create_blueprint(self.archive, asked))
        self.client: FlaskClient = app.test_client()

    def _check(self) -> None:
        if self.foreign:
            raise Refusal.not_found("a page of another site")

    def _refuse(self, error: Exception) -> Response:
        return answer_error(error)

    def send(self, collection: str = "community") -> tuple[str, str]:
        """Store a study as the sender; give its token and its original UID."""
        with self.archive.objects.spool() as spool:
            spool.write(ct_image(PatientName="Plantagenet^E"))

            [stored] = store_instances(self.archive, collection, [spool], sender=SENDER.name)
        return stored.coming.upload if stored.coming else "", stored.study_instance_uid

    def work(self) -> None:
        while self.told:
            process_study(self.archive, self.told.pop(0))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.archive.close()


def test_a_sender_follows_an_upload_to_its_receipt(site: Site) -> None:
    token, original = site.send()
    site.who = SENDER
    said = site.client.get(f"/api/v1/uploads/{token}")
    assert said.json["state"] == "received"
    assert said.json["receipt"] is None
    assert said.json["retrieve_url"].startswith(f"{ORIGIN}/community/dicom-web/studies/2.25.")
    assert original not in said.text
    site.work()
    said = site.client.get(f"/api/v1/uploads/{token}")
    assert said.json["state"] == "published"
    assert said.json["progress"] == {"instances": 1, "cleaned": 1, "published": 1}
    receipt = site.client.get(said.json["receipt"].removeprefix(ORIGIN))
    assert receipt.json["instances"] == 1
    assert "lantagenet" not in receipt.text
    assert receipt.headers["Content-Disposition"].startswith("attachment")


def test_a_sender_sees_a_large_study_advance(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    uids = {"StudyInstanceUID": "1.2.826.8", "SeriesInstanceUID": "1.2.826.8.1"}
    files = [ct_image(**uids, StudyDescription="Chest") for _ in range(40)]
    [token] = {
        one.coming.upload for one in store_files(site.archive, *files, collection="community")
    }
    said: list[tuple[str, dict[str, int]]] = []
    keep = shifts.keep_answers

    def keep_and_ask(*given: Any) -> None:
        keep(*given)
        answer = site.client.get(f"/api/v1/uploads/{token}").json
        said.append((answer["state"], answer["progress"]))

    monkeypatch.setattr(shifts, "keep_answers", keep_and_ask)
    site.work()
    counts = [progress.pop("cleaned") for _, progress in said]
    assert counts == sorted(set(counts))
    assert len(counts) > 2
    assert counts[-1] == 40
    assert all(one == ("de-identifying", {"instances": 40, "published": 0}) for one in said)


@pytest.mark.parametrize("who", [None, NOBODY, READER])
def test_an_upload_is_not_found_by_others(site: Site, who: Principal | None) -> None:
    token, _ = site.send()
    site.who = who
    for path in (f"/api/v1/uploads/{token}", f"/api/v1/uploads/{token}/receipt"):
        assert site.client.get(path).status_code == 404


def test_who_may_read_the_study_may_read_its_receipt(site: Site) -> None:
    token, _ = site.send()
    site.work()
    study = site.client.get(f"/api/v1/uploads/{token}").json["retrieve_url"].rpartition("/")[2]
    path = f"/api/v1/collections/community/studies/{study}/receipt"
    site.who = READER
    assert site.client.get(path).json["instances"] == 1
    site.who = NOBODY
    assert site.client.get(path).status_code == 403


def test_a_study_of_the_archive_is_given_to_the_community_once(site: Site) -> None:
    [stored] = store_files(site.archive, ct_image())
    body = {"study": stored.study_instance_uid, "from": "archive"}
    first = site.client.post("/api/v1/collections/community/publish", json=body)
    assert (first.status_code, first.json["instances"]["taken"]) == (202, 1)
    site.work()
    again = site.client.post("/api/v1/collections/community/publish", json=body)
    assert (again.status_code, again.json["instances"]["already"]) == (200, 1)
    assert again.json["retrieve_url"] == first.json["retrieve_url"]


@pytest.mark.parametrize(
    "body", [None, [], {}, {"study": 1}, {"study": "../x"}, {"study": "1.2", "to": "x"}]
)
def test_a_request_to_publish_that_is_none_is_400(site: Site, body: object) -> None:
    answer = site.client.post("/api/v1/collections/community/publish", json=body)
    assert answer.status_code == 400
    assert answer.json["error"]


def test_who_may_not_write_publishes_nothing(site: Site) -> None:
    [stored] = store_files(site.archive, ct_image())
    body = {"study": stored.study_instance_uid}
    site.who = READER
    assert site.client.post("/api/v1/collections/community/publish", json=body).status_code == 403
    site.who, site.foreign = WRITER, True
    assert site.client.post("/api/v1/collections/community/publish", json=body).status_code == 404
