"""One supervisor a home: two would share a database but not a broker."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.errors import OperatorError


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home's lock; the system lets go of it however this process ends.

    Raises
    ------
    OperatorError
        Another supervisor holds it.
    """
    path = home / "run" / "supervisor.pid"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(descriptor, home)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, home: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        raise OperatorError(
            f"DicomTube already runs on {home} (process {owner}). Stop it with Ctrl-C there, "
            "or give this one another DICOMTUBE_HOME and other ports."
        ) from exc
