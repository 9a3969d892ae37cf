"""Does the archive stay as fast while it grows? Ingest, searches, metadata, frames, at each size.

    python -m benchmarks.growth [--studies 10000,100000,1000000] [--leaves 10] [--repeat 40]
                                [--database URL] [--backup] [--docs FOLDER]

A study has two series of `--leaves` instances, so 1,000,000 studies are 20 million instances. Rows
are copied in bulk into PostgreSQL (one of its own in a temporary folder, or `--database`, an empty
one); at each size studies are stored through the whole web process, asked for, and erased.
`--backup` also times a dump of the index. Writes docs/scaling-measured.md, with the figures as JSON
and the plot beside its images; takes an hour and about 25 GB at 20 million instances.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from archive.archive import Archive
from benchmarks.filling import SERIES, fill
from benchmarks.growth_page import Size, write
from benchmarks.growth_site import opened
from benchmarks.growth_work import measure

FOLDER = Path(__file__).resolve().parent.parent


def main() -> int:
    """Fill, measure, write; what was found of a size is kept before the next begins."""
    sys.path.insert(0, str(FOLDER))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", default="10000,100000,1000000")
    parser.add_argument("--leaves", type=int, default=10, help="instances of a series")
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--database", help="of an empty database (default: PostgreSQL of our own)")
    parser.add_argument("--backup", action="store_true")
    parser.add_argument("--docs", type=Path, default=FOLDER / "docs")
    wish = parser.parse_args()
    found: list[Size] = []
    with (
        tempfile.TemporaryDirectory(prefix="dicomtube-growth-") as folder,
        _database(Path(folder), wish.database) as url,
        opened(Path(folder), url) as site,
    ):
        for size in map(int, wish.studies.split(",")):
            filled = fill(site.archive, size, wish.leaves)
            costs = measure(site, wish.repeat, _say)
            backup = _dump(url) if wish.backup else None
            instances = size * SERIES * wish.leaves
            found.append(Size(size, instances, filled, costs, _tables(site.archive), backup))
            write(found, wish.docs)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _database(folder: Path, given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    from tests.services import PostgresServer

    (folder / "postgres").mkdir()
    server = PostgresServer(folder / "postgres")
    try:
        yield server.new_database()
    finally:
        server.stop()


def _tables(archive: Archive) -> dict[str, int]:
    """Bytes on disk of what grows."""
    if archive.engine.dialect.name == "sqlite":
        path = Path(str(archive.engine.url.database))
        return {"the whole file": path.stat().st_size}
    query = text(
        "SELECT relname, pg_total_relation_size(oid), pg_indexes_size(oid) FROM pg_class "
        "WHERE relname IN ('study', 'series', 'instance', 'instance_document')"
    )
    with archive.engine.connect() as connection:
        rows = connection.execute(query).all()
    tables = {str(name): int(whole) for name, whole, _ in sorted(rows)}
    return {**tables, "indexes": sum(int(indexes) for _, _, indexes in rows)}


def _dump(url: str) -> float | None:
    """Seconds that a dump of the index takes; None where there is no program for it."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    program = _pg_dump()
    if program is None or not address.startswith("postgresql"):
        return None
    start = time.monotonic()
    command = [program, "--format=custom", "--compress=0", "--dbname", address]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def _pg_dump() -> str | None:
    import pgserver

    program = Path(pgserver.__file__).parent / "pginstall" / "bin" / "pg_dump"
    return str(program) if program.exists() else None


if __name__ == "__main__":
    sys.exit(main())
