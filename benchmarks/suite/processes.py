"""What a server's processes cost: time on the processor and memory, out of /proc.

May live here: finding the processes and reading their numbers.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_LISTENING = "0A"


@dataclass(frozen=True)
class Memory:
    """Of several processes together, in MiB."""

    peak: float
    """The highest resident sets that each has had (VmHWM), added up."""
    proportional: float
    """What they hold now, shared pages counted once (Pss)."""


def family(roots: Iterable[int]) -> set[int]:
    """These processes and all below them."""
    children: dict[int, list[int]] = {}
    for pid in _everyone():
        with contextlib.suppress(OSError, IndexError):
            children.setdefault(int(_stat(pid)[1]), []).append(pid)
    found: set[int] = set()
    todo = list(roots)
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo += children.get(pid, [])
    return found


def listeners(port: int) -> set[int]:
    """The processes that hold a socket which listens at this TCP port."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == _LISTENING and int(cells[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{cells[9]}]")
    return {pid for pid in _everyone() if inodes & _sockets(pid)}


def processor_s(pids: Iterable[int]) -> float:
    """The seconds on a processor that these, and what they waited for, have had so far."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            ticks += sum(int(cell) for cell in _stat(pid)[11:15])
    return ticks * _TICK_S


def memory(pids: Iterable[int]) -> Memory:
    """What these hold, and held."""
    peak = proportional = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            peak += _kib(Path(f"/proc/{pid}/status"), "VmHWM:")
            proportional += _kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    return Memory(peak / 1024, proportional / 1024)


def settle(pids: Iterable[int], quiet_s: float = 2.0, max_wait_s: float = 180.0) -> None:
    """Wait until these do next to nothing: what is done after an ingest is not measured later."""
    pids = list(pids)
    deadline = time.monotonic() + max_wait_s
    while time.monotonic() < deadline:
        before = processor_s(pids)
        time.sleep(quiet_s)
        if processor_s(pids) - before < 0.1 * quiet_s:
            return


def _everyone() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def _sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(one.readlink()))
    return found


def _kib(path: Path, label: str) -> int:
    return sum(
        int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith(label)
    )
