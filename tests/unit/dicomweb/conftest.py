"""The HTTP door on an archive of its own: SQLite, a folder and Flask's test client."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from werkzeug.test import TestResponse

from archive.archive import Archive, migrate, open_archive
from archive.settings import Settings
from dicomweb import routes
from dicomweb.settings import DoorSettings

ROOT = "/dicom-web"


@dataclass
class Web:
    """A client with the habits of the tests: small bodies, short paths."""

    archive: Archive
    client: FlaskClient
    root: str = ROOT

    def get(self, path: str = "", accept: str | None = None, **headers: str) -> TestResponse:
        return self.ask("GET", path, accept, **headers)

    def ask(
        self, method: str, path: str = "", accept: str | None = None, **headers: str
    ) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if accept is not None:
            sent["Accept"] = accept
        return self.client.open(self.root + path, method=method, headers=sent)

    def stow(self, *files: bytes, path: str = "/studies", **headers: str) -> TestResponse:
        boundary = uuid.uuid4().hex
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault(
            "Content-Type", f'multipart/related; type="application/dicom"; {boundary=!s}'
        )
        return self.client.post(self.root + path, data=body(boundary, *files), headers=sent)

    def stored(self, *files: bytes) -> list[str]:
        """Store files and return the paths of the instances."""
        assert self.stow(*files).status_code == 200
        return [instance_path(file) for file in files]


def body(boundary: str, *files: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    return b"".join(head + file + b"\r\n" for file in files) + f"--{boundary}--\r\n".encode()


def read(file: bytes) -> Dataset:
    return dcmread(DicomBytesIO(file), force=True)


def instance_path(file: bytes) -> str:
    ds = read(file)
    return (
        f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}"
        f"/instances/{ds.SOPInstanceUID}"
    )


@pytest.fixture(scope="session")
def empty_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that was migrated once, to be copied."""
    home = tmp_path_factory.mktemp("empty")
    settings = Settings.from_environment({"DICOMTUBE_HOME": str(home)})
    migrate(settings)
    return home / "dicomtube.sqlite"


OpenWeb = Callable[..., Web]


@pytest.fixture
def open_web(tmp_path: Path, empty_index: Path) -> Iterator[OpenWeb]:
    """Opens a door; settings are given as environment variables without their prefix."""
    opened: list[Archive] = []

    def open_one(**environment: str) -> Web:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        shutil.copy(empty_index, home / "dicomtube.sqlite")
        given = {f"DICOMTUBE_{name.upper()}": value for name, value in environment.items()}
        given["DICOMTUBE_HOME"] = str(home)
        archive = open_archive(Settings.from_environment(given))
        opened.append(archive)
        app = Flask(__name__, static_folder=None)
        routes.register(app, archive, DoorSettings.from_environment(given))
        return Web(archive, app.test_client())

    yield open_one
    for archive in opened:
        archive.close()


@pytest.fixture
def web(open_web: OpenWeb) -> Web:
    """The door of `open` access with usual settings."""
    return open_web()
