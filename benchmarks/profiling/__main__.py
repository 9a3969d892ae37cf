"""`python -m benchmarks.profiling`: flame graphs of the paths that the promises are about.

Starts our server as `make bench` does, keeps one path busy at a time, and samples its processes.
Writes a flame graph each and one page of tables.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.profiling import flame
from benchmarks.profiling.recording import RATE, NoRecordingError, recorded
from benchmarks.profiling.stacks import Stack, shares
from benchmarks.suite import processes
from benchmarks.suite.command import QUICK, ROOT, fill
from benchmarks.suite.data.corpus import corpus
from benchmarks.suite.report import table
from benchmarks.suite.servers.ours import ours
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.table import BY_NAME, OURS
from benchmarks.suite.works.work import Scene

_ROWS = 15


def _web(server: Server) -> set[int]:
    return server.web_processes()


def _dimse(server: Server) -> set[int]:
    assert server.dimse is not None
    return processes.family(processes.listeners(server.dimse.port))


@dataclass(frozen=True)
class Profiled:
    """What is profiled: a work, and who does it."""

    title: str
    work: str
    workers: Callable[[Server], set[int]]


PATHS = {
    "frame": Profiled("CT frames, 8 connections", "CT frame, 8 connections", _web),
    "metadata": Profiled("Series metadata", "series metadata, 8 connections", _web),
    "stow": Profiled("STOW-RS, 50 instances a request", "STOW, 4 connections", _web),
    "c-store": Profiled("C-STORE, 1 association", "C-STORE, 1 association", _dimse),
}
_HEAD = """# Profiles of the serving and ingest paths

Written by `make profile`: py-spy looks {rate} times a second at what each thread that is not
waiting does, for {seconds} s, while our server does one thing (access by a token, full durability).
A share is of all samples; *own* is in the function itself, *whole* with all that it called.
"""


def main() -> int:
    """Profile what was asked for; 1 if nothing could be sampled."""
    options = _parser().parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dicomtube-profile-") as folder:
        home = Path(folder)
        data = corpus(home / "data", QUICK)
        with ours("DicomTube", home / "ours") as server:
            fill({OURS: server}, data)
            scene = Scene(data, options.seconds)
            try:
                sections = [
                    _section(name, one, server, scene, options)
                    for name, one in PATHS.items()
                    if options.only in name
                ]
            except NoRecordingError as exc:
                print(f"Nothing was sampled: {exc}", file=sys.stderr)
                return 1
    head = _HEAD.format(rate=RATE, seconds=options.seconds)
    (options.out / "README.md").write_text("\n".join([head, *sections]), "utf-8")
    return 0


def _section(
    name: str, one: Profiled, server: Server, scene: Scene, options: argparse.Namespace
) -> str:
    stacks = _profile(one, server, scene, options.seconds)
    (options.out / f"{name}.svg").write_text(flame.svg(one.title, stacks), "utf-8")
    rows = [
        [f"`{share.function}`", f"{share.own:.1f} %", f"{share.whole:.1f} %"]
        for share in shares(stacks, _ROWS)
    ]
    print(f"{one.title}: {stacks.total()} samples.", file=sys.stderr)
    picture = f"![Flame graph]({name}.svg)\n"
    return "\n".join([f"## {one.title}\n", picture, table(["function", "own", "whole"], rows)])


def _profile(one: Profiled, server: Server, scene: Scene, seconds: int) -> Counter[Stack]:
    work = BY_NAME[one.work]
    work.run(server, scene)
    with recorded(one.workers(server), seconds) as stacks:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            work.run(server, scene)
    return stacks


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling", description=__doc__)
    parser.add_argument("--only", default="", help=f"one of {', '.join(PATHS)}, or a part of it")
    parser.add_argument("--seconds", type=int, default=10, help="how long each is sampled")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "profiles")
    return parser


if __name__ == "__main__":
    sys.exit(main())
