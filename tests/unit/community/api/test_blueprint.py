"""What every endpoint of the API has in common, tried on some that are made for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from openapi_spec_validator import validate

from archive.access import Principal, audience_of, person_name
from archive.archive import Archive
from archive.errors import ArchiveError, NotFound
from community.accounts.errors import TooOften
from community.api import paging
from community.api.asking import require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.fields import Id, Text, Whole
from community.api.mounting import mount
from community.api.versions import changed_meanwhile, given_version, tagged
from tests.archives import new_archive

ORIGIN = "https://example.org/below"


class NoteSchema(Schema):
    """A note."""

    text = Text(10, min_chars=1, lines=True, required=True)
    number = Whole(0, 9)
    place = Id()


class ConfusedError(ArchiveError):
    """An error of the part that has the endpoints."""

    field = "text"


def endpoints() -> ApiBlueprint:
    api = ApiBlueprint(
        "notes",
        "Notes",
        statuses={ConfusedError: HTTPStatus.CONFLICT},
        rooms={"long": 20_000_000},
        writes_per_minute=500,
    )
    notes = [{"text": f"note {number}"} for number in range(5)]

    @api.get("/notes")
    @api.takes(paging.PageQuery, "query")
    @api.gives(paging.page_of(NoteSchema, "Notes"))
    def several(query: dict[str, Any]) -> Any:
        """List notes."""
        [begin] = paging.from_cursor(query["cursor"], int) or (0,)
        end = begin + query["limit"]
        further = paging.to_cursor(end) if end < len(notes) else None
        return paging.page(notes[begin:end], further)

    @api.post("/notes")
    @api.takes(NoteSchema)
    @api.gives(NoteSchema, HTTPStatus.CREATED)
    def make(wanted: dict[str, Any]) -> Any:
        """Make a note."""
        return made(wanted, "/notes/7")

    @api.post("/long")
    @api.takes(NoteSchema)
    @api.gives(NoteSchema)
    def long(wanted: dict[str, Any]) -> Any:
        """Take much."""
        return wanted

    @api.get("/notes/<int:number>")
    @api.gives(NoteSchema)
    def one(number: int) -> Any:
        """Show a note, in its third version."""
        return notes[number], tagged(3)

    @api.put("/notes/<int:number>")
    @api.takes(NoteSchema)
    @api.gives(NoteSchema)
    @api.refuses(HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
    def change(wanted: dict[str, Any], number: int) -> Any:
        """Change a note."""
        if given_version() not in (None, 3):
            raise changed_meanwhile()
        return {**wanted, "number": number}, tagged(4)

    @api.delete("/notes/<int:number>")
    @api.gives_nothing
    def drop(number: int) -> None:
        """Remove a note."""
        require_writer()

    @api.get("/fail/<what>")
    @api.gives()
    def fail(what: str) -> Any:
        """Fail."""
        raise {
            "lost": NotFound("no such note"),
            "often": TooOften("wait"),
            "confused": ConfusedError("which one?"),
            "bug": ZeroDivisionError("the patient's name"),
        }[what]

    return api


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    found = new_archive(tmp_path_factory.mktemp("home"), DICOMTUBE_ACCESS="accounts")
    yield found
    found.close()


@pytest.fixture(scope="module")
def app(archive: Archive) -> Flask:
    app = Flask(__name__)
    app.extensions["dicomtube.archive"] = archive
    mount(app, archive, lambda: None, lambda: ORIGIN).register_blueprint(endpoints())
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_a_body_is_read_and_what_was_made_has_an_address(client: FlaskClient) -> None:
    answer = client.post("/api/v1/notes", json={"text": " two\r\nlines "})
    assert (answer.status_code, answer.json) == (201, {"text": "two\nlines"})
    assert answer.headers["Location"] == "/api/v1/notes/7"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": "x" * 11}, "/text"),
        ({"text": "a\0b"}, "/text"),
        ({"text": "a\x1bb"}, "/text"),
        ({"text": 7}, "/text"),
        ({"text": "a", "number": 10}, "/number"),
        ({"text": "a", "number": 10**30}, "/number"),
        ({"text": "a", "number": True}, "/number"),
        ({"text": "a", "number": 1.5}, "/number"),
        ({"text": "a", "place": "../x"}, "/place"),
        ({"text": "a", "te/xt": "b"}, "/te~1xt"),
        ([], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_a_body_that_is_not_as_the_schema_says_is_told_where(
    client: FlaskClient, body: object, pointer: str
) -> None:
    sent = json.dumps(body)
    answer = client.post("/api/v1/notes", data=sent, content_type="application/json")
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    assert pointer in [one["pointer"] for one in answer.json["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b'{"text": ' * 2000,
        b'{"text": NaN}',
        b'{"text": "\xff"}',
        rb'{"text": "\ud800"}',
        b'{"number": ' + b"9" * 5000,
    ],
)
def test_a_malformed_body_is_the_sender_s_fault(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/api/v1/notes", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


def test_a_body_of_another_kind_or_size_is_refused(client: FlaskClient) -> None:
    assert client.post("/api/v1/notes", data={"text": "a"}).status_code == 415
    long = {"text": "x" * 1_100_000}
    assert client.post("/api/v1/notes", json=long).status_code == 413
    assert client.post("/api/v1/long", json=long).status_code == 422


def test_a_list_comes_in_parts_that_lead_to_one_another(client: FlaskClient) -> None:
    seen, path = [], "/api/v1/notes?limit=2"
    while path:
        answer = client.get(path)
        seen += [one["text"] for one in answer.json["items"]]
        link = answer.headers.get("Link", "")
        assert (answer.json["next"] is None) is (link == "")
        assert not link or link.startswith(f"<{ORIGIN}/api/v1/notes?limit=2&cursor=")
        path = link.removeprefix(f"<{ORIGIN}").partition(">")[0]
    assert seen == [f"note {number}" for number in range(5)]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "limti=1", "cursor=!", "cursor=WyJhIl0", "cursor=WzEsMl0"],
)
def test_a_query_that_is_not_understood_is_400_and_never_ignored(
    client: FlaskClient, query: str
) -> None:
    assert client.get(f"/api/v1/notes?{query}").status_code == 400


def test_a_change_names_what_it_saw(client: FlaskClient) -> None:
    def put(**headers: str) -> int:
        return client.put("/api/v1/notes/1", json={"text": "x"}, headers=headers).status_code

    assert client.get("/api/v1/notes/1").headers["ETag"] == '"3"'
    assert put() == 428
    assert put(**{"If-Match": '"3"'}) == 200
    assert put(**{"If-Match": "*"}) == 200
    for other in ('"2"', '"x"', '"99999999999999999"', '""'):
        assert put(**{"If-Match": other}) == 412, other
    for malformed in ("3", 'W/"3"', '"3", "4"', '"'):
        assert put(**{"If-Match": malformed}) == 400, malformed
    unchanged = client.get("/api/v1/notes/1", headers={"If-None-Match": '"3"'})
    assert (unchanged.status_code, unchanged.data) == (304, b"")


@pytest.mark.parametrize(
    ("what", "status"), [("lost", 404), ("often", 429), ("confused", 409), ("bug", 500)]
)
def test_errors_are_problem_details(client: FlaskClient, what: str, status: int) -> None:
    answer = client.get(f"/api/v1/fail/{what}")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json["status"] == status
    assert "patient" not in answer.text
    if status == 409:
        assert answer.json["errors"] == [{"pointer": "/text", "detail": "which one?"}]
    assert ("Retry-After" in answer.headers) is (status == 429)


def test_where_no_endpoint_is_programs_are_told_in_their_own_way(client: FlaskClient) -> None:
    for answer in (client.get("/api/v1/nothing"), client.delete("/api/v1/notes")):
        assert answer.status_code in (404, 405)
        assert answer.content_type == "application/problem+json"
    assert "POST" in client.delete("/api/v1/notes").headers["Allow"]
    assert client.get("/nothing").mimetype == "text/html"


def test_too_many_writes_from_one_address_have_to_wait(archive: Archive) -> None:
    api = ApiBlueprint("few", "Few", writes_per_minute=3)
    api.post("/few")(api.gives_nothing(lambda: None))
    app = Flask(__name__)
    app.extensions["dicomtube.archive"] = archive
    mount(app, archive, lambda: None, lambda: ORIGIN).register_blueprint(api)
    said = [app.test_client().post("/api/v1/few").status_code for _ in range(5)]
    assert said == [204, 204, 204, 429, 429]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ],
)
def test_pages_of_other_sites_write_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    sent = client.post("/api/v1/notes", json={"text": "a"}, headers=headers)
    assert (sent.status_code, sent.content_type) == (403, "application/problem+json")


def test_who_is_no_person_writes_nothing_in_a_person_s_name(archive: Archive) -> None:
    known: list[Principal | None] = [None]
    app = Flask(__name__)
    app.extensions["dicomtube.archive"] = archive
    mount(app, archive, lambda: known[0], lambda: ORIGIN).register_blueprint(endpoints())
    client = app.test_client()
    assert client.delete("/api/v1/notes/1").status_code == 401
    assert client.delete("/api/v1/notes/1").headers["WWW-Authenticate"] == "Bearer"
    gone = "01890a5d-ac96-774b-bcce-b302099a8057"
    for other in (
        Principal("token 1", everything=True),
        Principal(person_name(gone), audiences=frozenset({audience_of(gone)}), everything=True),
    ):
        known[0] = other
        answer = client.delete("/api/v1/notes/1", headers={"Authorization": "Bearer x"})
        assert answer.status_code == 403


def test_the_document_is_valid_and_has_every_endpoint(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": ORIGIN}]
    assert set(document["paths"]["/api/v1/notes/{number}"]) >= {"get", "put", "delete"}
    put = document["paths"]["/api/v1/notes/{number}"]["put"]
    assert {"200", "412", "422", "428", "default"} <= set(put["responses"])
    failed = document["components"]["responses"]["PRECONDITION_FAILED"]
    assert list(failed["content"]) == ["application/problem+json"]
    text = document["components"]["schemas"]["Note"]["properties"]["text"]
    assert (text["maxLength"], text["minLength"]) == (10, 1)
