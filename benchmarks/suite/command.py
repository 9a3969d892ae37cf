"""`python -m benchmarks`: the promises, measured on servers that this command starts."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from pathlib import Path

from benchmarks.suite import processes, report, rounds
from benchmarks.suite.data.corpus import Corpus, Sizes, corpus
from benchmarks.suite.results import Verdict, outcomes
from benchmarks.suite.servers.server import Server
from benchmarks.suite.servers.set_up import Wanted, started
from benchmarks.suite.works.storing import load
from benchmarks.suite.works.table import IMAGES_ALONE, LIMIT, WORKS
from benchmarks.suite.works.work import Scene

ROOT = Path(__file__).resolve().parent.parent.parent
QUICK = Sizes(slices=100, stored=50, frames=20, mr_slices=5, big=400, studies=100, tiny=200)
SMALLEST = Sizes(slices=6, stored=4, frames=3, mr_slices=2, big=8, studies=4, tiny=10)


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 1 if a promise is not held."""
    options = _parser().parse_args(arguments)
    works = [work for work in WORKS if re.search(options.only, work.name)]
    if not works:
        print(f"No work's name matches {options.only!r}.", file=sys.stderr)
        return 2
    columns = frozenset(options.columns.split(",")) if options.columns else None
    with contextlib.ExitStack() as stack:
        kept = tempfile.TemporaryDirectory(prefix="dicomtube-bench-", dir=options.folder)
        home = Path(stack.enter_context(kept))
        data = corpus(home / "data", _sizes(options))
        wanted = Wanted(works, columns, options.against, tuple(options.against_header))
        servers = stack.enter_context(started(wanted, home, data))
        begun = time.monotonic()
        fill(servers, data)
        _say(f"Prepared in {time.monotonic() - begun:.0f} s.")
        scene = Scene(data, options.seconds or (1.0 if options.quick else 3.0))
        record = rounds.run(works, servers, scene, options.rounds or (3 if options.quick else 7))
        report.write(record, servers, data.sizes, options.docs, options.json)
    held = {Verdict.HELD, Verdict.REACHED}
    return 0 if all(one.verdict in held for one in outcomes(record)) else 1


def fill(servers: Mapping[str, Server], data: Corpus) -> None:
    """Have every server hold the data, and wait until all have done what they do later."""
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(_fill, servers, servers.values(), repeat(data)):
            pass
    for server in servers.values():
        processes.settle(server.all_processes())


def _fill(column: str, server: Server, data: Corpus) -> None:
    if column == LIMIT:
        return
    load(server, data.images(), 2)
    if column not in IMAGES_ALONE:
        load(server, data.big_instances(), 2)
        load(server, data.small_instances(), 4)
    _say(f"{server.name} holds the data.")


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = QUICK if options.quick else Sizes()
    return replace(sizes, studies=options.studies) if options.studies else sizes


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, help="how often all of it is done (7; quick: 3)")
    add("--seconds", type=float, help="how long a rate is measured (3; quick: 1)")
    add("--only", default="", help="works whose name matches this regular expression")
    add("--columns", help="of ours, peer, postgres, s3, edge, limit; separated by commas (all)")
    add("--against", help="another DICOMweb root, in the place of Orthanc; it is sent the data")
    add("--against-header", action="append", default=[], metavar="NAME:VALUE")
    add("--studies", type=int, help="small studies of 50 instances each (2,000)")
    add("--quick", action="store_true", help="a twentieth of the data; for trying things out")
    add("--folder", type=Path, help="where data and servers lie meanwhile (where /tmp is)")
    add("--docs", type=Path, default=ROOT / "docs", help="where performance.md and its plot go")
    add("--json", type=Path, help="where every turn is written as JSON")
    return parser
