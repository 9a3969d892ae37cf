"""`python -m benchmarks.deidentification`: how fast studies are de-identified and published.

Studies of 16-bit slices with a patient's data lie in a quarantine, and one or two processes work on
them as the worker does, from reading to erasing the originals. The rows differ in the policy and in
whether the slices are many studies or one. Writes docs/deidentification-throughput.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.policies import DEFAULT_OPTIONS
from benchmarks.quarantine_runs import SIDE, Measured, Task, arithmetic, run
from imaging.deidentify.files import HTJ2K_RPCL
from imaging.deidentify.profile import Option, Profile

ROOT = Path(__file__).resolve().parent.parent

_HEADERS = Profile(
    DEFAULT_OPTIONS - {Option.CLEAN_PIXEL_DATA, Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES}
)
_PIXELS = Profile(DEFAULT_OPTIONS)
# What is measured; slow rows have fewer slices, so that all of it takes a few minutes.
ROWS = {
    "headers and second pass": Task(_HEADERS, None, 16, 16),
    "and transcoded to HTJ2K": Task(_HEADERS, HTJ2K_RPCL, 16, 8),
    "and pixels searched": Task(_PIXELS, None, 16, 4),
    "pixels searched and transcoded": Task(_PIXELS, HTJ2K_RPCL, 16, 4),
    "one study, headers and second pass": Task(_HEADERS, None, 1, 256),
    "one study, pixels searched and transcoded": Task(_PIXELS, HTJ2K_RPCL, 1, 64),
}
_PROCESSES = (1, 2)


@dataclass
class Row:
    """The runs of a row, by processes."""

    runs: dict[int, list[Measured]] = field(default_factory=lambda: {1: [], 2: []})

    def gains(self) -> list[float]:
        """How much faster two processes were than one, in each round."""
        return [two.rate / one.rate for one, two in zip(*self.runs.values(), strict=True)]


def main() -> int:
    """Run every row with one and two processes, in turn, and write a table."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the slices of each study")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    rows = {name: Row() for name in ROWS if options.only in name}
    machine: list[float] = []
    for turn in range(options.rounds):
        machine.append(arithmetic(2) / arithmetic(1))
        for name, row in rows.items():
            task = replace(ROWS[name], slices=max(1, round(ROWS[name].slices * options.scale)))
            # Every second round begins with two processes: both meet the same weather.
            for processes in _PROCESSES if turn % 2 == 0 else reversed(_PROCESSES):
                made = run(task, processes)
                row.runs[processes].append(made)
                print(f"{name}, {processes}: {made.rate:.1f}/s", file=sys.stderr)
    text = report(rows, machine)
    print(text)
    (options.docs / "deidentification-throughput.md").write_text(text, "utf-8")
    return 0


def report(rows: dict[str, Row], machine: list[float]) -> str:
    """Spell the page."""
    lines = [
        "# How fast studies are de-identified",
        "",
        "Made by `python -m benchmarks.deidentification`; do not edit. Slices of",
        f"{SIDE}×{SIDE} pixels of 16 bits go the worker's way from the quarantine to publication:",
        "gathered, cleaned, searched again, stored, published in one transaction, the originals",
        "erased. SQLite and a folder, on one disk. The medians of the rounds, "
        f"{len(machine)} of them,",
        "in which one and two processes took turns.",
        "",
        f"The machine: {_processor()}, {os.cpu_count()} cores. Plain arithmetic gains "
        f"{_spread(machine)} from a second process there: more nobody can.",
        "",
        "| what is done | processes | instances/s | MB/s | instances a second of a core "
        "| MB a second of a core | cores in use | two to one, median (least to most) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        for processes, runs in row.runs.items():
            gain = _spread(row.gains()) if processes == 2 else ""
            lines.append(f"| {name} | {processes} | {_figures(runs)} | {gain} |")
    lines += [
        "",
        "A core's second counts the processes and the codec processes that they start. The first",
        "four rows are many studies, each worked on by one process; the last two are one study",
        "that the processes share.",
        "",
    ]
    return "\n".join(lines)


def _figures(runs: list[Measured]) -> str:
    middle = statistics.median
    return " | ".join(
        (
            f"{middle(one.rate for one in runs):.1f}",
            f"{middle(one.size / one.seconds for one in runs) / 1e6:.1f}",
            f"{middle(one.instances / one.cpu_s for one in runs):.1f}",
            f"{middle(one.size / one.cpu_s for one in runs) / 1e6:.1f}",
            f"{middle(one.cpu_s / one.seconds for one in runs):.2f}",
        )
    )


def _spread(ratios: list[float]) -> str:
    return f"×{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
