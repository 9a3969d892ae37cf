"""Runs of the tools that `deidentifiers` compares, and how fast they are.

Each run is a process of its own. Tools take turns, so that all meet the same weather, and what is
told is the median of rounds: the ratio of one round is believed, not its seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.validation import ROOT

PROCESSORS = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Tool:
    """A row of the table.

    Attributes
    ----------
    recipe
        A file for deid, options for ours.
    """

    title: str
    name: str
    recipe: str = ""


@dataclass
class Speed:
    """Files written in a second, by rounds, and what they cost."""

    one: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)
    written: int = 0


def run(tool: Tool, python: Path, source: Path, target: Path, jobs: int = 1) -> dict[str, Any]:
    """Run a tool over a folder in a process of its own, or in several."""
    script = ROOT / "benchmarks" / "deidentifier_tools.py"
    interpreter = sys.executable if tool.name == "ours" else str(python)
    words = [interpreter, str(script), tool.name, str(source), str(target), tool.recipe, str(jobs)]
    done = subprocess.run(words, capture_output=True, check=True, cwd=source)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def speeds(
    tools: Sequence[Tool], python: Path, source: Path, folder: Path, rounds: int
) -> list[Speed]:
    """Let all tools take turns over the same files."""
    found = [Speed() for _ in tools]
    for _ in range(rounds):
        for tool, speed in zip(tools, found, strict=True):
            for jobs, rates in ((1, speed.one), (PROCESSORS, speed.all)):
                target = folder / "speed"
                target.mkdir()
                made = run(tool, python, source, target, jobs)
                speed.written = sum(path.is_file() for path in target.rglob("*"))
                rates.append(speed.written / made["seconds"])
                if jobs == 1:
                    speed.processor_ms.append(1000 * made["processor_s"] / speed.written)
                shutil.rmtree(target)
    return found


def speed_section(
    tools: Sequence[Tool], measured: Sequence[tuple[str, Sequence[Speed]]], beside: str
) -> list[str]:
    """The section of the page: a table for each set of files.

    Parameters
    ----------
    measured
        What the files are, and how fast each tool was.
    beside
        Name of the tool that the others are compared with, round by round.
    """
    rounds = len(measured[0][1][0].one)
    lines = [
        "## Speed",
        "",
        f"Each tool as it comes, ours with its second pass. Tools took turns, {rounds} rounds;",
        "rates are medians, ratios those of the same round with their span (above 1 is faster).",
        "Starting and importing is counted for nobody; all other processor time is, that of child",
        "processes too: ours starts one for RLE frames, a third of its time over few files.",
        "The other tools have no option for several processes: they were given processes and files",
        "by us.",
        "",
    ]
    for files, found in measured:
        lines += [f"Over {files}:", "", *_table(tools, found, beside), ""]
    return lines


def _table(tools: Sequence[Tool], found: Sequence[Speed], beside: str) -> list[str]:
    reference = next(speed for tool, speed in zip(tools, found, strict=True) if tool.name == beside)
    title = next(tool.title for tool in tools if tool.name == beside)
    lines = [
        f"| tool | files/s, one process | ms of processor a file | files/s, {PROCESSORS} processes "
        f"| one process beside {title} | {PROCESSORS} processes beside it |",
        "|---|---|---|---|---|---|",
    ]
    for tool, speed in zip(tools, found, strict=True):
        lines.append(
            f"| {tool.title} | {median(speed.one):.1f} | {median(speed.processor_ms):.1f} "
            f"| {median(speed.all):.1f} | {_ratio(speed.one, reference.one)} "
            f"| {_ratio(speed.all, reference.all)} |"
        )
    return lines


def _ratio(rates: Sequence[float], others: Sequence[float]) -> str:
    ratios = sorted(one / other for one, other in zip(rates, others, strict=True))
    return f"**{median(ratios):.2f}** ({ratios[0]:.2f} to {ratios[-1]:.2f})"
