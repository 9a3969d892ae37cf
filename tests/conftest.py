"""Fixtures that every kind of test may ask for. The servers behind them are real.

`database_url` and `objects_url` run a test once per backend. `stack` runs a test on the embedded
default (SQLite, a folder) and on the full set (PostgreSQL, S3), each with a Valkey of its own.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.services import (  # noqa: E402  (needs ROOT on sys.path)
    PostgresServer,
    S3Server,
    make_bucket,
    s3_server,
    valkey_server,
)

# How fast a busy machine draws examples, or runs one, says nothing about the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# Whoever started the tests in the background has them ignore Ctrl-C, and what they start would
# inherit that; a handler is none any more in what is executed.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TEST_DATA = Path(os.environ.get("DICOMTUBE_TEST_DATA", ROOT.parent / "shared" / "data"))
_buckets = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = item.path.relative_to(ROOT / "tests").parts[0]
        if kind in ("integration", "e2e"):
            item.add_marker(kind)


_UMASK = os.umask(0o022)
os.umask(_UMASK)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Opening an archive makes this process write for itself only; servers start as others."""
    yield
    os.umask(_UMASK)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with valkey_server(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'index.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture(params=["file", "s3"])
def objects_environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """DICOMTUBE_OBJECTS_URL and what goes with it, for a folder and for a bucket of its own."""
    if request.param == "file":
        return {"DICOMTUBE_OBJECTS_URL": (tmp_path / "objects").as_uri()}
    return s3_environment(request.getfixturevalue("s3"))


def s3_environment(server: S3Server) -> dict[str, str]:
    bucket = f"test-{next(_buckets)}"
    make_bucket(server, bucket)
    return {"DICOMTUBE_OBJECTS_URL": f"s3://{bucket}/objects", **server.environment()}


@dataclass(frozen=True)
class Stack:
    """What a product is started on: a name and the environment that says so."""

    name: str
    environment: dict[str, str] = field(repr=False)


def _stack(name: str, request: pytest.FixtureRequest, home: Path) -> Stack:
    environment = {"DICOMTUBE_HOME": str(home)}
    if name == "full":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        environment |= {
            "DICOMTUBE_DATABASE_URL": postgres.new_database(),
            "DICOMTUBE_BROKER_URL": request.getfixturevalue("broker_url"),
            **s3_environment(request.getfixturevalue("s3")),
        }
    return Stack(name, environment)


@pytest.fixture(scope="module", params=["embedded", "full"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The embedded default, and then the full set of real servers; one a test module."""
    return _stack(request.param, request, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def test_data() -> Path | None:
    """The folder of real DICOM files with its MANIFEST.tsv, or None where there is none."""
    return TEST_DATA if (TEST_DATA / "MANIFEST.tsv").is_file() else None
