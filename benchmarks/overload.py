"""What does a server do that is asked for twice what it can? Requests that do not wait for answers.

    python -m benchmarks.overload [--seconds 20] [--shares 0.5,1,2,0.5] [--rough 48]
                                  [--workers 2] [--database URL] [--docs FOLDER]

Starts a server of its own with accounts and full durability, finds what it can do, and offers half
of it, all, twice as much, and half again; then it has company that reads nothing, goes away, or
stops in the middle. Everything that was acknowledged is read back. Writes the measured part of
docs/overload.md, and ends with 1 when something was lost, refused without saying when to come
again, or answered wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.marked import replace_part
from benchmarks.overload_page import lines
from benchmarks.overload_phases import Plan, Run, Watched, run
from benchmarks.overload_work import Place
from ops.kernel import allow_many_files

if TYPE_CHECKING:
    from tests.product import Product

FOLDER = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run, write, judge."""
    sys.path.insert(0, str(FOLDER))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each phase")
    parser.add_argument("--rough", type=int, default=48, help="rough peers of a kind")
    parser.add_argument("--shares", default="0.5,1,2,0.5", help="of what it can do, in turn")
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--database", help="of an empty database (default: SQLite)")
    parser.add_argument("--docs", type=Path, default=FOLDER / "docs")
    wish = parser.parse_args()
    allow_many_files()
    plan = Plan(wish.seconds, wish.rough, tuple(map(float, wish.shares.split(","))))
    with (
        tempfile.TemporaryDirectory(prefix="dicomtube-overload-") as folder,
        started(Path(folder), wish.database, wish.workers) as (product, token),
    ):
        place = Place("127.0.0.1", product.http_port, token)
        done = asyncio.run(run(place, _watched(product), plan))
    text = "\n".join(lines(done, f"{os.cpu_count()} cores, {wish.workers} web processes"))
    print(text)
    replace_part(wish.docs / "overload.md", "measured", text)
    return int(not is_well(done))


@contextmanager
def started(home: Path, database: str | None, workers: int = 2) -> Iterator[tuple[Product, str]]:
    """Start the whole product with accounts, and make a token for its archive."""
    from tests.product import Product

    environment = {"DICOMTUBE_ACCESS": "accounts", "DICOMTUBE_WEB_WORKERS": str(workers)}
    if database:
        environment["DICOMTUBE_DATABASE_URL"] = database
    product = Product(home, environment)
    _after_us(lambda: product.start(echo=False))
    try:
        said = product.command("token", "create", "load", "--grant", "archive:read,write,delete")
        yield product, said.split()[-1]
    finally:
        product.stop()


def _after_us(start: Callable[[], None]) -> None:
    """Start what comes after us where both want a processor: a late load would be none.

    Niceness is a thread's on Linux, and inherited by what it starts.
    """

    def run() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        start()

    with ThreadPoolExecutor(1) as one:
        one.submit(run).result()


def _watched(product: Product) -> Watched:
    url = product.environment.get("DICOMTUBE_DATABASE_URL")
    database = url or f"sqlite:///{product.home / 'dicomtube.sqlite'}"
    return Watched(product.home, database, lambda: product.pids("web"))


def is_well(done: Run) -> bool:
    """Whether nothing was lost, and everything was answered as it should be."""
    answers = [one for phase in done.phases for one in phase.tally.answers]
    return not done.lost and all(
        (one.status in (200, 204) and not one.is_wrong) or (one.status == 503 and one.says_when)
        for one in answers
    )


if __name__ == "__main__":
    sys.exit(main())
