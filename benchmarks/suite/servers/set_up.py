"""The servers that a run needs, started together and ended together."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.suite.data.corpus import Corpus
from benchmarks.suite.servers.edge import ours_behind_nginx
from benchmarks.suite.servers.nginx import nginx
from benchmarks.suite.servers.orthanc import orthanc, version
from benchmarks.suite.servers.ours import ours, ours_on_postgres, ours_on_s3
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.table import EDGE, LIMIT, OURS, PEER, POSTGRES, S3
from benchmarks.suite.works.work import Work

Start = Callable[[Path, Corpus], AbstractContextManager[Server]]


@dataclass(frozen=True)
class Wanted:
    """What a run is about."""

    works: Sequence[Work]
    columns: frozenset[str] | None = None
    """Only these; all that the works need if None."""
    against: str | None = None
    against_headers: tuple[str, ...] = ()


@contextlib.contextmanager
def _named_orthanc(home: Path) -> Iterator[Server]:
    with orthanc("Orthanc", home) as server:
        server.name = f"Orthanc {version(server)}"
        yield server


_STARTS: dict[str, Start] = {
    OURS: lambda home, _: ours("DicomTube", home),
    PEER: lambda home, _: _named_orthanc(home),
    POSTGRES: lambda home, _: ours_on_postgres("on PostgreSQL", home),
    S3: lambda home, _: ours_on_s3("on S3", home),
    EDGE: lambda home, _: ours_behind_nginx("behind nginx", home),
    LIMIT: lambda home, data: nginx("nginx, files", home, data),
}


@contextlib.contextmanager
def started(wanted: Wanted, home: Path, data: Corpus) -> Iterator[dict[str, Server]]:
    """Start those that a work of the run needs, in the order of the tables' columns."""
    needed = frozenset().union(*(work.columns for work in wanted.works))
    with contextlib.ExitStack() as stack:
        servers = {}
        for column, start in _STARTS.items():
            if column not in needed or (wanted.columns and column not in wanted.columns):
                continue
            if column == PEER and wanted.against:
                servers[column] = elsewhere(wanted.against, wanted.against_headers)
                continue
            print(f"Starting {column} …", file=sys.stderr)
            servers[column] = stack.enter_context(start(home / column, data))
        yield servers


def elsewhere(root: str, headers: Sequence[str]) -> Server:
    """A server that somebody else has started."""
    pairs = (header.partition(":") for header in headers)
    return Server(root, root.rstrip("/"), {name.strip(): value.strip() for name, _, value in pairs})
