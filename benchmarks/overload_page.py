"""The result of an overload run, in words.

Pure: it is given values and returns lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.load import BROKEN, LATE, NOT_SENT, Tally, percentile
from benchmarks.overload_phases import Phase, Run
from benchmarks.overload_work import MIX

_HEAD = (
    "| offered, of what it can do | offered/s | served/s | refused/s | of these without "
    "Retry-After | other answers | broken or late | served: p50, ms | p95 | p99 "
    "| refused: p50, ms | p99 | largest seen, MB | sent late, p99, ms |"
)


def lines(run: Run, machine: str) -> Iterator[str]:
    """The measured part of the page."""
    mix = ", ".join(f"{share} % {kind}" for kind, share in MIX.items())
    yield (
        f"{machine}; the load came from the same machine. Of the requests, {mix}; an upload "
        f"is four instances of 132 kB. In a closed loop of 32 connections the server answered "
        f"{run.capacity:.0f} requests a second: that is what it can do."
    )
    yield from ("", _HEAD, "|---|" + "---:|" * 13)
    for phase in run.phases:
        yield _row(phase)
    yield ""
    yield (
        f"Of {run.acknowledged:,} instances that were acknowledged in all of this, "
        f"**{len(run.lost)} were lost**: each was read back and its SHA-256 compared. The peak "
        f"resident set of all web processes, each at its highest, was {run.peak / 1e6:.0f} MB."
    )
    yield ""
    yield "With a quarter of what it can do, and rough company:"
    yield from ("", _HEAD.replace("offered, of what it can do", "company"), "|---|" + "---:|" * 13)
    for _, phase in run.rough:
        yield _row(phase)
    yield ""
    if run.before and run.after:
        yield "| left | before the rough company | 8 s after it |"
        yield "|---|---:|---:|"
        for label, name in _LEFT.items():
            yield f"| {label} | {getattr(run.before, name)} | {getattr(run.after, name)} |"


_LEFT = {
    "spooled files": "spooled",
    "objects that no row names": "loose",
    "open sockets": "connections",
    "threads": "threads",
}


def _row(phase: Phase) -> str:
    tally = phase.tally
    served, refused = tally.latencies(200), tally.latencies(503)
    mute = sum(one.status == 503 and not one.says_when for one in tally.answers)
    cells = [
        f"{phase.offered:.0f}",
        f"{_rate(tally, 200, 204):.0f}",
        f"{_rate(tally, 503):.0f}",
        str(mute),
        str(_others(tally)),
        str(tally.count(BROKEN, LATE, NOT_SENT)),
        *(f"{1e3 * percentile(served, share):.0f}" for share in (0.5, 0.95, 0.99)),
        *(f"{1e3 * percentile(refused, share):.0f}" if refused else "–" for share in (0.5, 0.99)),
        f"{phase.largest / 1e6:.0f}",
        f"{1e3 * percentile(sorted(tally.lateness), 0.99):.0f}",
    ]
    return f"| {phase.name} | {' | '.join(cells)} |"


def _rate(tally: Tally, *statuses: int) -> float:
    return tally.count(*statuses) / max(tally.seconds, 1e-9)


def _others(tally: Tally) -> int:
    known = {200, 204, 503, BROKEN, LATE, NOT_SENT}
    return sum(one.is_wrong or one.status not in known for one in tally.answers)
