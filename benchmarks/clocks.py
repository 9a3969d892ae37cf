"""Time on the processor: what a busy machine can still measure.

May live here: clocks. May not: what is timed. A clock counts this process and, where the index is
PostgreSQL on this machine, the server's processes for our connections.

References
----------
proc(5): /proc/<pid>/schedstat, nanoseconds on the processor first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from archive.archive import Archive

Clock = Callable[[], float]

_BACKENDS = text(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend'"
)


def processor_clock(archive: Archive) -> Clock:
    """Seconds on the processor; for the connections that are open when it is made."""
    if archive.engine.dialect.name == "sqlite":
        return time.process_time
    with archive.engine.connect() as connection:
        schedules = [Path(f"/proc/{pid}/schedstat") for pid in connection.scalars(_BACKENDS)]

    def now() -> float:
        spent = sum(int(one.read_text().split()[0]) for one in schedules if one.exists())
        return time.process_time() + spent / 1e9

    return now
