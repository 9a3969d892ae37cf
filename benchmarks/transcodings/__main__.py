"""`python -m benchmarks.transcodings > docs/transcoding-table.md`, a few minutes."""

from __future__ import annotations

import csv
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from benchmarks.transcodings.cells import WRONG, Cell, cells_of, open_source
from benchmarks.transcodings.table import page

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DICOMTUBE_TEST_DATA", ROOT.parent / "shared" / "data"))


def all_cells() -> Iterator[Cell]:
    with (DATA / "MANIFEST.tsv").open(newline="", encoding="utf-8") as manifest:
        names = [row["path"] for row in csv.DictReader(manifest, delimiter="\t")]
    for done, name in enumerate(names, 1):
        source = open_source(name, DATA / name)
        if source is not None:
            yield from cells_of(source)
            source.stream.close()
        if done % 50 == 0:
            print(f"{done} of {len(names)} files", file=sys.stderr)


def main() -> int:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    cells = list(all_cells())
    print(page(cells), end="")
    return 1 if any(cell.outcome == WRONG for cell in cells) else 0


if __name__ == "__main__":
    sys.exit(main())
