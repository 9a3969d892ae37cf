"""What a server holds at a moment, seen from outside: to be compared with what it holds later.

May live here: looking at processes, files and rows. May not: what should be found. Linux only.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, func, select

from archive.models import instance, loose_object


@dataclass(frozen=True, slots=True)
class Held:
    """What there is.

    Attributes
    ----------
    spooled
        Files of uploads under way.
    loose
        Keys of objects that no row names, or not yet.
    connections
        Sockets that the web processes have open, the listening ones among them.
    threads
        Of the web processes.
    instances
        Rows; more of them are no leftovers if they were acknowledged.
    """

    spooled: int
    loose: int
    connections: int
    threads: int
    instances: int


def held(home: Path, database: str, pids: Iterable[int]) -> Held:
    """Look at a server that keeps its objects in its home."""
    web = list(pids)
    spool = home / "objects" / "spool"
    engine = create_engine(database)
    with engine.connect() as connection:
        loose = connection.scalar(select(func.count()).select_from(loose_object)) or 0
        rows = connection.scalar(select(func.count()).select_from(instance)) or 0
    engine.dispose()
    return Held(
        len(list(spool.iterdir())) if spool.is_dir() else 0,
        loose,
        sum(map(_sockets, web)),
        sum(map(_threads, web)),
        rows,
    )


def peak_bytes(pids: Iterable[int]) -> int:
    """The sum of the largest resident sets that the processes have had."""
    return sum(_figure(pid, "VmHWM") for pid in pids)


def resident_bytes(pids: Iterable[int]) -> int:
    """The sum of the resident sets; pages that several share count for each."""
    return sum(_figure(pid, "VmRSS") for pid in pids)


def _figure(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0


def _sockets(pid: int) -> int:
    count = 0
    with suppress(OSError):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                count += str(fd.readlink()).startswith("socket:")
    return count


def _threads(pid: int) -> int:
    with suppress(OSError):
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    return 0
