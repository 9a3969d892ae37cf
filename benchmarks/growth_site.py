"""The whole web process in this one, with a token: requests without sockets, timed.

May live here: how a request is made, sent and timed. May not: what is asked, and what came of it.
Every layer of the product takes part, access control and durability too; a server's share and the
network's are left out, because they do not grow.
"""

from __future__ import annotations

import importlib
import io
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from archive.access import Scope
from archive.archive import Announcement, Archive, migrate, open_archive
from archive.settings import Settings
from archive.tokens import create_token
from benchmarks.clocks import Clock, processor_clock
from worker.pipeline import process_study

ROOT: Final = "/dicom-web"
DICOM_JSON: Final = {"Accept": "application/dicom+json"}
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of one kind of request, in milliseconds."""

    processor: float
    wall: float

    @classmethod
    def of(cls, samples: Iterable[tuple[float, float]], parts: int = 1) -> Cost:
        """The medians of (processor, wall) in seconds, of one of so many parts of a request."""
        processor, wall = zip(*samples, strict=True)
        middle = statistics.median
        return cls(middle(processor) * 1e3 / parts, middle(wall) * 1e3 / parts)


@dataclass(frozen=True, slots=True)
class Site:
    """A web process on an archive."""

    archive: Archive
    app: Callable[..., Any]
    token: str
    clock: Clock

    def ask(
        self, method: str, path: str, headers: Headers = DICOM_JSON, body: bytes = b""
    ) -> tuple[bytes, float, float]:
        """The body of the answer, and the seconds it took: on the processor, on the wall."""
        environ, said = self._environ(method, path, headers, body), []
        wall, processor = time.perf_counter(), self.clock()
        answer = self.app(environ, lambda status, _head, _info=None: said.append(status))
        data = b"".join(answer)
        if (close := getattr(answer, "close", None)) is not None:
            close()
        took = self.clock() - processor, time.perf_counter() - wall
        if said[0][:3] not in ("200", "204"):
            raise SystemExit(f"{method} {path}: {said[0]} {data[:200]!r}")
        return data, *took

    def _environ(self, method: str, path: str, headers: Headers, body: bytes) -> dict[str, Any]:
        parts = urlsplit(ROOT + path)
        named = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in headers.items()}
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "CONTENT_TYPE": named.pop("HTTP_CONTENT_TYPE", ""),
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **named,
        }

    def finish(self, study: str) -> None:
        """Have made of a stored study what the worker makes."""
        process_study(self.archive, Announcement("archive", study, 1))


@contextmanager
def opened(home: Path, database: str) -> Iterator[Site]:
    """Put a web process on a database, which may hold anything."""
    environment = {
        "DICOMTUBE_HOME": str(home),
        "DICOMTUBE_ACCESS": "accounts",
        "DICOMTUBE_DATABASE_URL": database,
    }
    os.environ["DICOMTUBE_HOME"] = str(home / "imported")  # `wsgi` puts one together by itself
    settings = Settings.from_environment(environment)
    migrate(settings)
    archive = open_archive(settings)
    try:
        grants = frozenset(("archive", str(one)) for one in (Scope.READ, Scope.WRITE, Scope.DELETE))
        _, token = create_token(archive, "a benchmark", grants)
        app = importlib.import_module("wsgi").assemble(archive)
        site = Site(archive, app, token, time.process_time)
        for _ in range(3):
            site.ask("GET", "/studies?limit=1")
        yield Site(archive, app, token, processor_clock(archive))
    finally:
        archive.close()
