"""Where several processes put their numbers, so that one scrape answers for all.

Nothing here imports the metrics library: it decides on its mode while it is imported, so the
directory must be named in the environment before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def fresh_directory(home: Path) -> dict[str, str]:
    """Empty the shared directory and return the environment that child processes need.

    For the one process that starts the others, before it starts them: numbers of an earlier
    run would be added to the new ones.
    """
    directory = home / "metrics"
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("*.db"):
        stale.unlink(missing_ok=True)
    return {VARIABLE: str(directory)}


def forget_process(pid: int, environ: Mapping[str, str] = os.environ) -> None:
    """Take the live gauges of a process that has ended out of the scrape."""
    if directory := environ.get(VARIABLE):
        for stale in Path(directory).glob(f"gauge_live*_{pid}.db"):
            stale.unlink(missing_ok=True)
