"""A request that is sent again with its key is done once, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from sqlalchemy import delete, func, select, update
from werkzeug.test import TestResponse

from archive.access import Principal, audience_of, person_name
from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotFound
from community.accounts.people import insert_person
from community.api import idempotency as keys
from community.api.asking import require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.fields import Text
from community.api.mounting import mount
from community.models import idempotency, person
from tests.archives import new_archive


class NoteSchema(Schema):
    """A note."""

    text = Text(2_000, required=True)


@dataclass
class Site:
    """An API on which notes are made, and who asks it."""

    archive: Archive
    done: list[str] = field(default_factory=list)
    who: str = ""
    scopes: tuple[str, ...] = ("read", "write")
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__)
        app.extensions["dicomtube.archive"] = self.archive
        api = mount(app, self.archive, self._viewer, lambda: "https://example.org")
        api.register_blueprint(self._endpoints())
        self.client = app.test_client()

    def _viewer(self) -> Principal:
        grants = frozenset(("community", scope) for scope in self.scopes)
        audiences = {audience_of(self.who)} if "read" in self.scopes else ()
        return Principal(person_name(self.who), grants, audiences=frozenset(audiences))

    def _endpoints(self) -> ApiBlueprint:
        api = ApiBlueprint("notes", "Notes", rooms={"long": keys.max_compared_bytes + 1})

        @api.post("/notes")
        @api.takes(NoteSchema)
        @api.gives(NoteSchema, HTTPStatus.CREATED)
        def make(wanted: dict[str, Any]) -> Any:
            """Make a note."""
            require_writer()
            self.done.append(wanted["text"])
            if wanted["text"] == "nowhere":
                raise NotFound("no such place")
            if wanted["text"] == "again":
                # Somebody sends the same while this is being worked on.
                self.done.append(str(self.send("again", "k").status_code))
            return made(wanted, f"/notes/{len(self.done)}")

        @api.post("/long")
        @api.gives_nothing
        def long() -> None:
            """Take much."""

        return api

    def send(self, text: str, key: str | None, path: str = "/api/v1/notes") -> TestResponse:
        headers = {"Authorization": "Bearer x"} | ({keys.HEADER: key} if key is not None else {})
        return self.client.post(path, json={"text": text}, headers=headers)

    def count(self) -> int:
        with reading(self.archive.engine) as connection:
            return int(connection.scalar(select(func.count()).select_from(idempotency)) or 0)

    def age(self, by: timedelta) -> None:
        with writing(self.archive.engine) as connection:
            connection.execute(update(idempotency).values(begun_at=datetime.now(UTC) - by))


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    archive = new_archive(tmp_path, database_url, DICOMTUBE_ACCESS="accounts")
    with writing(archive.engine) as connection:
        ann = insert_person(connection, "ann", {})
    yield Site(archive, who=ann)
    archive.close()


def test_the_answer_is_given_again_and_nothing_is_done_twice(site: Site) -> None:
    first, again = site.send("a", "k"), site.send("a", '"k"')
    assert site.done == ["a"]
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert first.headers["Location"] == again.headers["Location"] == "/api/v1/notes/1"
    assert first.content_type == again.content_type
    assert keys.REPLAYED not in first.headers
    assert again.headers[keys.REPLAYED] == "true"
    assert again.headers["Cache-Control"] == "no-store"
    assert site.send("a", "other").status_code == 201
    assert site.send("a", None).status_code == 201
    assert site.done == ["a"] * 3


def test_a_key_is_of_one_request(site: Site) -> None:
    site.send("a", "k")
    other = site.send("b", "k")
    assert (other.status_code, other.content_type) == (422, "application/problem+json")
    assert site.done == ["a"]


def test_what_was_refused_can_be_put_right_under_its_key(site: Site) -> None:
    assert site.send("nowhere", "k").status_code == 404
    assert site.send("x" * 3_000, "k").status_code == 422
    assert site.count() == 0
    assert site.send("a", "k").status_code == 201


def test_a_second_one_at_the_same_time_waits(site: Site) -> None:
    assert site.send("again", "k").status_code == 201
    assert site.done == ["again", "409"]


def test_a_request_whose_process_died_can_be_sent_again_after_a_while(site: Site) -> None:
    site.send("a", "k")
    with writing(site.archive.engine) as connection:
        connection.execute(update(idempotency).values(status=None))
    assert site.send("a", "k").status_code == 409
    site.age(keys.GIVEN_UP_AFTER + timedelta(seconds=1))
    assert site.send("a", "k").status_code == 201
    assert site.done == ["a", "a"]


def test_a_key_is_its_person_s_and_of_those_who_may_the_same(site: Site) -> None:
    with writing(site.archive.engine) as connection:
        ben = insert_person(connection, "ben", {})
    ann = site.who
    site.send("a", "k")
    site.who = ben
    assert keys.REPLAYED not in site.send("a", "k").headers
    site.who, site.scopes = ann, ("write",)
    assert keys.REPLAYED not in site.send("a", "k").headers
    site.scopes = ("read",)
    assert site.send("a", "k").status_code == 403
    with writing(site.archive.engine) as connection:
        connection.execute(delete(person).where(person.c.id == ann))
    assert site.count() == 1


def test_answers_are_forgotten_after_a_day_and_beyond_so_many(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "max_keys", 3)
    for number in range(5):
        site.send("a", f"k{number}")
    assert site.count() == 3
    site.age(keys.KEPT_FOR + timedelta(seconds=1))
    site.send("a", "new")
    assert site.count() == 1


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "a\tb"])
def test_what_is_no_key_is_refused(site: Site, key: str) -> None:
    assert site.send("a", key).status_code == 400
    assert site.done == []


def test_where_a_key_is_not_looked_at_it_is_refused(site: Site) -> None:
    assert site.client.post("/api/v1/long", headers={keys.HEADER: "k"}).status_code == 400
    assert site.client.post("/api/v1/long").status_code == 204
