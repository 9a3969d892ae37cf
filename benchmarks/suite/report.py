"""What a run came to, for people: tables in Markdown, beside JSON and a plot.

May live here: words and numbers. May not: what a verdict is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.suite import plot
from benchmarks.suite.data.corpus import Sizes
from benchmarks.suite.data.small import INSTANCES, SERIES
from benchmarks.suite.promises import MEMORY_AIM, MEMORY_AT_LEAST, Promise
from benchmarks.suite.results import (
    Outcome,
    median,
    memory_ratio,
    memory_verdict,
    outcomes,
    processor_ms,
)
from benchmarks.suite.rounds import Record
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.table import BY_NAME, OURS

_HEAD = """# Performance

The promises, measured by `make bench` ([how](../benchmarks/README.md)); this page and its plot are
written by it. Every work is done by all servers in turn, over and over (rounds: {rounds}); a ratio
is taken within a round, and the median of them counts. Bytes are compared by their hashes. Our
server asks a token of every request and syncs what it acknowledges, as it comes.

{machine}, which the servers and the client share.
Each server holds {slices} CT slices of 512 × 512, an MR study of six series, a multi-frame of
{frames} JPEG-LS frames, a study of {big} instances, and {small:,} small instances in
{studies:,} studies (on S3 and behind nginx: the images alone).

![How many times as fast](images/performance.svg)
"""


def write(
    record: Record, servers: Mapping[str, Server], sizes: Sizes, docs: Path, into: Path | None
) -> None:
    """Write the page, the plot, and the JSON if it is wanted; print the page, too."""
    if into is not None:
        into.write_text(json.dumps(as_json(record, servers, sizes), indent=1), "utf-8")
    page = text(record, servers, sizes)
    (docs / "images").mkdir(parents=True, exist_ok=True)
    (docs / "performance.md").write_text(page, "utf-8")
    drawn = plot.svg(outcomes(record), {column: one.name for column, one in servers.items()})
    (docs / "images" / "performance.svg").write_text(drawn, "utf-8")
    print(page)


def text(record: Record, servers: Mapping[str, Server], sizes: Sizes) -> str:
    """The page."""
    names = {column: server.name for column, server in servers.items()}
    head = _HEAD.format(
        rounds=record.rounds, machine=machine(), slices=sizes.slices, frames=sizes.frames,
        big=f"{sizes.big:,}", studies=sizes.studies, small=sizes.studies * SERIES * INSTANCES,
    )  # fmt: skip
    sections = [head, _promises(record, names), _columns(record, names), _memory(record, names)]
    return "\n".join([*sections, *_failures(record, names)])


def as_json(record: Record, servers: Mapping[str, Server], sizes: Sizes) -> dict[str, object]:
    """Every turn of every round."""
    return {
        "machine": machine(),
        "rounds": record.rounds,
        "sizes": asdict(sizes),
        "servers": {column: server.name for column, server in servers.items()},
        "promises": [{**asdict(one), "verdict": one.verdict} for one in outcomes(record)],
        "works": {
            work: {
                column: {
                    "unit": BY_NAME[work].unit,
                    "rounds": {number: asdict(turn) for number, turn in turns.items()},
                }
                for column, turns in by_column.items()
            }
            for work, by_column in record.turns.items()
        },
        "failures": record.failures,
        "peak_memory_mib": {column: asdict(one) for column, one in record.peaks.items()},
    }


def machine() -> str:
    """What it ran on, in as few words as mean something to others."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"A machine of {os.cpu_count()} cores and {memory / 2**30:.0f} GiB of memory"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """In Markdown; the first column is words, the others are numbers."""
    cells = list(head)
    lines = [cells, [":--", *["--:"] * (len(cells) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def times(value: float) -> str:
    """A ratio."""
    return f"{number(value)}×"


def _promises(record: Record, names: Mapping[str, str]) -> str:
    rows = [_promised(record, one, names) for one in outcomes(record)]
    found = memory_ratio(record)
    if found is not None:
        rows.append(
            ["peak memory of what serves HTTP", "Orthanc's" if "peer" in names else "", "", "",
             times(found), times(MEMORY_AT_LEAST), times(MEMORY_AIM), memory_verdict(record)]
        )  # fmt: skip
    head = ["promise", "than", "ours", "theirs", "ratio (rounds)", "at least", "aim", "verdict"]
    return "## Promises\n\n" + table(head, rows)


def _promised(record: Record, one: Outcome, names: Mapping[str, str]) -> list[str]:
    promise, ratio = one.promise, one.ratio
    unit = BY_NAME[promise.work].unit
    return [
        promise.work + (f" ({names[promise.of]})" if promise.of != OURS else ""),
        _other(promise, names),
        f"{number(median(record, promise.work, promise.of))} {unit}",
        f"{number(median(record, promise.other_work, promise.than))}",
        f"{times(ratio.median)} ({number(ratio.low)}–{number(ratio.high)})" if ratio else "–",
        times(promise.at_least),
        times(promise.aim),
        one.verdict,
    ]


def _other(promise: Promise, names: Mapping[str, str]) -> str:
    name = names.get(promise.than, promise.than).partition(",")[0]
    return f"{name}: {promise.than_work}" if promise.than_work else name


def _columns(record: Record, names: Mapping[str, str]) -> str:
    rows = []
    for work, turns in record.turns.items():
        cells = [_cell(record, work, column) if column in turns else "" for column in names]
        rows.append([work, BY_NAME[work].unit, *cells])
    words = "Medians; in brackets what a piece of it (a request, an instance) cost the server's "
    words += "processes in milliseconds of a processor, queue and PostgreSQL included, S3 not.\n\n"
    return "## Servers\n\n" + words + table(["work", "unit", *names.values()], rows)


def _cell(record: Record, work: str, column: str) -> str:
    return f"{number(median(record, work, column))} [{number(processor_ms(record, work, column))}]"


def _memory(record: Record, names: Mapping[str, str]) -> str:
    rows = [
        [names[column], number(peak.peak), number(peak.proportional)]
        for column, peak in record.peaks.items()
        if peak.peak and column in names
    ]
    words = "Of the processes that serve HTTP and their children, in MiB: the highest resident set "
    words += (
        "of each added up, and the most that they held together with shared pages counted once.\n\n"
    )
    return "## Memory\n\n" + words + table(["server", "peaks", "together"], rows)


def _failures(record: Record, names: Mapping[str, str]) -> list[str]:
    lines = [
        f"- {names[column]}, {work}: {told}"
        for work, by_column in record.failures.items()
        for column, told in by_column.items()
    ]
    return ["## Not done\n", *lines, ""] if lines else []
