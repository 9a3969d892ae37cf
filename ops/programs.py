"""The programs that make up a running product, so that their flags stand in one place."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from archive.settings import Bind
from dicomweb.settings import DoorSettings
from ops.children import Program
from ops.kernel import allow_many_files
from worker.application import WORKER_ARGUMENTS

Environment = Mapping[str, str]

# How a process of many threads keeps memory that it gave back. By default each thread's own heap
# grows to what its largest request took, and a long buffer is mapped and cleared anew each time.
_HEAPS: Mapping[str, str] = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(2 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
}

BACKLOG: Final = 2048
"""Connections that the system holds until they are accepted."""
max_connections: Final = 1024
"""Of each process. A client that keeps an idle one keeps its place for 30 s; one that finds no
place is not even told that we are busy."""

# Where the entry files lie: they are found from any working directory.
ROOT = Path(__file__).resolve().parent.parent


def child_environment(environ: Environment, home: Path, additions: Environment) -> dict[str, str]:
    """Return what every child gets: ours, the home made absolute, and the entry files' folder."""
    path = [str(ROOT), *filter(None, [environ.get("PYTHONPATH")])]
    return {
        **environ,
        "DICOMTUBE_HOME": str(home),
        "PYTHONPATH": ":".join(path),
        "PYTHONUNBUFFERED": "1",
        **additions,
    }


def web(bind: Bind, environment: Environment) -> Program:
    """The HTTP door: a WSGI server that streams bodies both ways."""
    workers = environment.get("DICOMTUBE_WEB_WORKERS") or "2"
    threads = str(DoorSettings.from_environment(environment).web_threads)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--http", "1"]
    command += ["--host", bind.host, "--port", str(bind.port)]
    command += ["--workers", workers, "--blocking-threads", threads]
    command += [
        "--backlog",
        str(BACKLOG),
        "--backpressure",
        str(min(max_connections, allow_many_files() // 2)),
    ]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "10", "wsgi:app"]
    return Program("web", tuple(command), {**_HEAPS, **environment})


def worker(environment: Environment) -> Program:
    """The queue's consumer."""
    processes = environment.get("DICOMTUBE_WORKER_PROCESSES") or "2"
    command = [sys.executable, "-m", "celery", "--app", "celery_app", *WORKER_ARGUMENTS]
    command += ["--loglevel", "INFO", "--concurrency", processes]
    return Program("worker", tuple(command), environment)


def beat(home: Path, environment: Environment) -> Program:
    """The clock of what recurs: the sweep."""
    command = [sys.executable, "-m", "celery", "--app", "celery_app", "beat", "--loglevel", "INFO"]
    command += ["--schedule", str(home / "run" / "beat-schedule"), "--pidfile", ""]
    return Program("beat", tuple(command), environment)


def dimse(environment: Environment) -> Program:
    """The DIMSE door."""
    return Program("dimse", (sys.executable, "-m", "dimse"), {**_HEAPS, **environment})


def providers(bind: Bind, environment: Environment) -> Program:
    """Stand-ins of the identity providers, for the development sign-in."""
    command = (sys.executable, "-m", "ops.providers", str(bind))
    return Program("providers", command, environment)
