"""No door leads into a quarantine: every route × every name × every moment × everybody.

Routes are taken from the tables that serve them, so that a new one is tried by itself. Moments are
those of a study's way: received, waiting for a person, published while its original is still kept.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.uid import CTImageStorage
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from archive.access import LOCAL
from archive.archive import Announcement, Archive
from archive.collections import collection_by_ae_title, get_collection
from archive.errors import NotFound
from archive.ingest import Coming, Stored
from archive.policies import change_policy
from archive.review import items
from archive.tokens import create_token
from archive.uploads import PUBLISHED, RECEIVED, REVIEW, find_upload
from tests.archives import new_archive, store
from tests.builders import ct_image
from tests.e2e.test_access_matrix import ACTIONS, Action
from tests.quarantined import ask, screen
from viewer.settings import ViewerSettings
from worker.pipeline import process_study

MARK = "QUARANTINED^MARK"
ROOT_UID = "1.2.826.88"
SECRETS = (MARK.encode(), b"QUARANTINED", ROOT_UID.encode())
MOMENTS = (RECEIVED, REVIEW, PUBLISHED)
SCOPES = ("read", "write", "delete", "review")
ACTORS = {
    "all scopes": [(place, scope) for place in ("community", "archive") for scope in SCOPES],
    "reader": [("community", "read")],
    "stranger": [("archive", scope) for scope in SCOPES],
    "nobody": [],
}
QUARANTINES = ("community.quarantine", "community%2Equarantine", "community/quarantine")
ROOTS = ("/community/dicom-web", "/collections/community/dicom-web", "/dicom-web")
HIDDEN_ROOTS = tuple(f"/collections/{name}/dicom-web" for name in QUARANTINES)
REFUSED = {401, 403, 404}


@dataclass
class Study:
    """One study on its way: by its old names and by its new ones."""

    token: str
    names: dict[str, dict[str, str]]
    number: int = 0


@dataclass
class World:
    """An archive with a study at every moment, and everybody who asks for them."""

    archive: Archive
    app: Flask
    is_open: bool
    tokens: dict[str, str] = field(default_factory=dict)
    studies: dict[str, Study] = field(default_factory=dict)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    @property
    def actors(self) -> list[str]:
        return ["nobody"] if self.is_open else list(ACTORS)

    def request(self, actor: str, action: Action, path: str, names: dict[str, str]) -> TestResponse:
        headers = {"Accept": action.accept, **self.header(actor)}
        body = None
        if action.method == "POST":
            body, headers["Content-Type"] = _commitment(names), "application/dicom+json"
        return self.client.open(path, method=action.method, headers=headers, data=body)

    def header(self, actor: str) -> dict[str, str]:
        return {"Authorization": self.tokens[actor]} if actor in self.tokens else {}


def _commitment(names: dict[str, str]) -> bytes:
    reference = {
        "00081150": {"vr": "UI", "Value": [CTImageStorage]},
        "00081155": {"vr": "UI", "Value": [names["instance"]]},
    }
    return json.dumps({"00081199": {"vr": "SQ", "Value": [reference]}}).encode()


@pytest.fixture(
    scope="module",
    params=[("accounts", "sqlite"), ("open", "sqlite"), ("accounts", "postgresql")],
    ids="-".join,
)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    home = tmp_path_factory.mktemp("home")
    access, database = request.param
    url = request.getfixturevalue("postgres").new_database() if database != "sqlite" else None
    with pytest.MonkeyPatch.context() as patched:
        told: list[Announcement] = []
        archive = new_archive(home, url, told.append, DICOMTUBE_ACCESS=access)
        made = World(archive, _app(archive, home, patched), access == "open")
        for actor, grants in ACTORS.items():
            if grants:
                made.tokens[actor] = f"Bearer {create_token(archive, actor, frozenset(grants))[1]}"
        place = get_collection(archive, "community")
        change_policy(archive, place.id, keep_original_s=3600)
        made.studies = {
            PUBLISHED: _published(archive, told),
            RECEIVED: _received(archive),
            REVIEW: _asked(archive),
        }
        for moment, one in made.studies.items():
            assert find_upload(archive, LOCAL, one.token).state == moment
        yield made
        archive.close()


def _app(archive: Archive, home: Path, patched: pytest.MonkeyPatch) -> Flask:
    patched.setenv("DICOMTUBE_HOME", str(home / "imported"))
    patched.setattr("telemetry.logs.configure", lambda *_: None)
    wsgi = importlib.import_module("wsgi")
    dist = ViewerSettings("3.13.2", home / "viewer").dist
    dist.mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><html><head></head></html>")
    patched.setenv("DICOMTUBE_VIEWER_VERSION", "3.13.2")
    patched.setenv("DICOMTUBE_VIEWER_CACHE", str(home / "viewer"))
    app: Flask = wsgi.assemble(archive)
    return app


def _file(number: int, **more: Any) -> dict[str, Any]:
    return {
        "StudyInstanceUID": f"{ROOT_UID}.{number}",
        "SeriesInstanceUID": f"{ROOT_UID}.{number}.1",
        "SOPInstanceUID": f"{ROOT_UID}.{number}.1.1",
        "PatientName": MARK,
        "PatientID": "QUARANTINED-4711",
        **more,
    }


def _study(data: bytes, coming: Coming, number: int = 0) -> Study:
    ds = dcmread(DicomBytesIO(data))
    old = (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
    new = (coming.study_instance_uid, coming.series_instance_uid, coming.sop_instance_uid)
    levels = ("study", "series", "instance")
    names = {
        "old": {level: str(uid) for level, uid in zip(levels, old, strict=True)},
        "new": dict(zip(levels, new, strict=True)),
    }
    return Study(coming.upload, names, number)


def _received(archive: Archive, number: int = 2) -> Study:
    data = ct_image(**_file(number))
    [stored] = store(archive, data, collection="community")
    assert isinstance(stored, Stored) and stored.coming
    return _study(data, stored.coming)


def _published(archive: Archive, told: list[Announcement]) -> Study:
    made = _received(archive, 1)
    while told:
        process_study(archive, told.pop(0))
    return made


def _asked(archive: Archive) -> Study:
    data = screen(**_file(3))
    ask(archive, data)
    # Storing it again changes nothing and tells its new names.
    [stored] = store(archive, data, collection="community")
    assert isinstance(stored, Stored) and stored.coming
    [item] = items(archive, LOCAL, stored.coming.upload)
    return _study(data, stored.coming, item.number)


def _names(world: World) -> Iterator[tuple[str, dict[str, str]]]:
    """Old names at every moment, and new ones while they are nobody's to know."""
    for moment in MOMENTS:
        yield f"old, {moment}", world.studies[moment].names["old"]
        if moment != PUBLISHED:
            yield f"new, {moment}", world.studies[moment].names["new"]


def _forget_address(answer: TestResponse, path: str) -> None:
    """Take out the address that was asked for: a page, or the way to sign in, may name it."""
    for spelled in (path, quote(path, safe="")):
        answer.data = answer.data.replace(spelled.encode(), b"")
        if "Location" in answer.headers:
            answer.headers["Location"] = answer.headers["Location"].replace(spelled, "")


def _quiet(answer: TestResponse, *more: str) -> bool:
    """Whether an answer says nothing of anybody."""
    said = str(answer.headers).encode() + answer.data
    return not any(one in said for one in (*SECRETS, *(uid.encode() for uid in more)))


READS = [one for one in ACTIONS if one.method != "POST" and "{" in one.path]
SEARCHES = [one for one in ACTIONS if one.search]


@pytest.mark.parametrize("action", [one for one in READS if not one.search], ids=str)
def test_no_route_gives_or_takes_what_is_quarantined(world: World, action: Action) -> None:
    for name, uids in _names(world):
        for actor in world.actors:
            for root in (*ROOTS, *HIDDEN_ROOTS) if actor == world.actors[0] else ROOTS[:1]:
                path = root + action.path.format(**uids)
                answer = world.request(actor, action, path, uids)
                assert answer.status_code in REFUSED, (name, actor, path, answer.data)
                assert _quiet(answer), (name, actor, path)
                if root in ROOTS and (actor == "all scopes" or world.is_open):
                    assert answer.status_code == 404, (name, path, answer.data)


@pytest.mark.parametrize("action", SEARCHES, ids=str)
def test_no_search_finds_what_is_quarantined(world: World, action: Action) -> None:
    unseen = [uid for name, uids in _names(world) for uid in uids.values()]
    for _, uids in _names(world):
        queries = ("", "?includefield=all", "?PatientName=QUARANTINED*&includefield=all")
        queries += tuple(f"?{_KEYS[level]}={uid}" for level, uid in uids.items())
        for actor in world.actors:
            for root in (ROOTS[0], HIDDEN_ROOTS[0]):
                path = root + action.path.format(**uids)
                for query in queries if actor == world.actors[0] else queries[:2]:
                    answer = world.request(actor, action, path + query, uids)
                    assert answer.status_code in REFUSED | {200, 204}, (path, query)
                    assert _quiet(answer, *unseen), (actor, path, query)


_KEYS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"}


def test_a_quarantine_takes_nothing_by_its_name(world: World) -> None:
    for action in (one for one in ACTIONS if one.method in ("POST", "OPTIONS")):
        for name, uids in _names(world):
            for root in HIDDEN_ROOTS:
                path = root + action.path.format(**uids)
                answer = world.request(world.actors[0], action, path, uids)
                assert answer.status_code in REFUSED, (name, path)
    for title in ("community.quarantine", "QUARANTINE", "quarantine"):
        with pytest.raises(NotFound):
            collection_by_ae_title(world.archive, title)


def test_storage_commitment_knows_nothing_that_is_quarantined(world: World) -> None:
    for number, (name, uids) in enumerate(_names(world)):
        for root in ROOTS:
            path = f"{root}/commitment-requests/2.25.{number}1{len(root)}"
            action = Action("POST", path, "write")
            answer = world.request(world.actors[0], action, path, uids)
            assert answer.status_code == 200, answer.data
            [failed] = answer.get_json()["00081198"]["Value"]
            assert failed["00081197"]["Value"] == [0x0112], (name, root)
            assert "00081199" not in answer.get_json()


def test_nothing_is_published_out_of_a_quarantine(world: World) -> None:
    for _, uids in _names(world):
        for source in ("community.quarantine", "community"):
            asked = {"study": uids["study"], "from": source}
            for target in ("community", "community.quarantine"):
                answer = world.client.post(
                    f"/api/v1/collections/{target}/publish",
                    json=asked,
                    headers=world.header(world.actors[0]),
                )
                assert answer.status_code in REFUSED, (asked, target)


def test_a_receipt_that_is_not_there_is_not_there_for_anybody_alike(world: World) -> None:
    """Whoever tries names must not learn which of them is on its way."""
    said = set()
    for uid in ("2.25.1", *(uids["study"] for _, uids in _names(world))):
        path = f"/api/v1/collections/community/studies/{uid}/receipt"
        answer = world.client.get(path, headers=world.header("reader"))
        assert answer.status_code == 404
        said.add(answer.data)
    assert len(said) == 1


def test_every_other_page_keeps_uploads_from_those_whose_they_are_not(world: World) -> None:
    if world.is_open:  # everybody on this machine is the reviewer
        assert world.client.get(f"/uploads/{world.studies[REVIEW].token}").status_code == 200
        return
    for moment, one in world.studies.items():
        for rule in _pages(world.app):
            for names in one.names.values():
                path = _filled(rule, one, names)
                for actor in ("reader", "stranger", "nobody"):
                    answer = world.client.get(path, headers=world.header(actor))
                    _forget_address(answer, path)
                    assert _quiet(answer, *one.names["old"].values()), (moment, actor, path)
                    if answer.status_code == 200 and moment != PUBLISHED:
                        assert _quiet(answer, one.token, *one.names["new"].values())
                    # Whoever is nobody yet may be asked to sign in.
                    refused = REFUSED | {302} if actor == "nobody" else REFUSED
                    assert "<token>" not in str(rule) or answer.status_code in refused


def test_a_reviewer_sees_what_is_asked_and_nothing_else(world: World) -> None:
    client, header = world.client, world.header("all scopes")
    asked, received = world.studies[REVIEW], world.studies[RECEIVED]
    picture = f"/review/{asked.token}/{asked.number}/1.png"
    assert client.get(picture, headers=header).status_code == 200
    for number in range(8):
        for token in (received.token, asked.token):
            if (token, number) != (asked.token, asked.number):
                for end in ("", "/1.png"):
                    path = f"/review/{token}/{number}{end}"
                    assert client.get(path, headers=header).status_code == 404, path


def _pages(app: Flask) -> Iterator[Rule]:
    """Every resource for reading that is no part of a DICOMweb service, as the app has it."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "dicom-web" not in str(rule):
            yield rule


def _filled(rule: Rule, one: Study, names: dict[str, str]) -> str:
    values = {"token": one.token, "number": one.number, "frame": 1, "name": "community", **names}
    path = str(rule)
    for argument in rule.arguments:
        for kind in ("", "int:", "path:", "string:", "uuid:"):
            path = path.replace(f"<{kind}{argument}>", str(values.get(argument, "1")))
    return path
