"""The whole web process with people in it: members, sessions, and what they hold.

May live here: how a test makes people and signs them in. May not: expectations.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient

from archive.access import Principal, audience_of, person_name
from archive.archive import Archive
from archive.database import writing
from community.accounts import people, sessions
from community.accounts.people import MEMBER, insert_person
from community.accounts.signed_in import COOKIE
from community.policies.documents import to_agree
from tests.archives import new_archive
from viewer.settings import ViewerSettings

VIEWER = "3.13.2"


@dataclass
class Town:
    """A server with accounts, and its people by their handles."""

    archive: Archive
    app: Flask
    ids: dict[str, str] = field(default_factory=dict)

    def person(self, handle: str, role: str = MEMBER) -> str:
        """Make somebody; returns their id."""
        with writing(self.archive.engine) as connection:
            made = insert_person(connection, handle, to_agree())
        people.change_role(self.archive, made, role)
        self.ids[handle] = made
        return made

    def audience(self, handle: str) -> str:
        return audience_of(self.ids[handle])

    def principal(self, handle: str, **more: object) -> Principal:
        audiences = frozenset({self.audience(handle)})
        return Principal(person_name(self.ids[handle]), audiences=audiences, **more)  # type: ignore[arg-type]

    def browser(self, handle: str | None = None) -> FlaskClient:
        """A browser, in which somebody is signed in."""
        client = self.app.test_client()
        if handle is not None:
            with writing(self.archive.engine) as connection:
                secret = sessions.begin(connection, self.ids[handle], "a test")
            client.set_cookie(COOKIE, secret)
        return client


@contextmanager
def wsgi_module(home: Path) -> Iterator[ModuleType]:
    """The entry file, which puts a process together as it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_HOME", str(home))
        patch.setattr("telemetry.logs.configure", lambda *_: None)
        yield importlib.import_module("wsgi")


@contextmanager
def town(
    home: Path, database_url: str | None = None, access: str = "accounts", **environment: str
) -> Iterator[Town]:
    """A server with accounts on a database."""
    with wsgi_module(home / "imported") as wsgi, pytest.MonkeyPatch.context() as patch:
        dist = ViewerSettings(VIEWER, home / "viewer").dist
        dist.mkdir(parents=True)
        (dist / "index.html").write_text("<!doctype html><html><head></head></html>")
        patch.setenv("DICOMTUBE_VIEWER_VERSION", VIEWER)
        patch.setenv("DICOMTUBE_VIEWER_CACHE", str(home / "viewer"))
        archive = new_archive(home / "home", database_url, DICOMTUBE_ACCESS=access, **environment)
        try:
            yield Town(archive, wsgi.assemble(archive))
        finally:
            archive.close()
