"""How long ten standard requests take: a smoke test, no benchmark.

Each is asked some rounds, one after another on one connection. The times are no verdict, unless a
TOML file says how long they may be:

    ["search for studies"]
    p50_ms = 100
    p95_ms = 400
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from conformance.known import Known, Place
from conformance.model import Timed
from conformance.verdicts import Failed, Undecided
from conformance.wire.answer import Answer
from conformance.wire.server import DICOM_JSON, Server, ServerGone

default_rounds: Final = 20
_FILES: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_FRAMES: Final = 'multipart/related; type="application/octet-stream"'


@dataclass(frozen=True, slots=True)
class Request:
    """One of the ten: what is asked of a place."""

    name: str
    path: Callable[[Place], str]
    accept: str
    query: Callable[[Place], Mapping[str, str]] = lambda _: {}


REQUESTS: Final = (
    Request("search for studies", lambda _: "/studies", DICOM_JSON, lambda _: {"limit": "25"}),
    Request(
        "search for one study",
        lambda _: "/studies",
        DICOM_JSON,
        lambda p: {"StudyInstanceUID": p.study_uid},
    ),
    Request("series of a study", lambda p: f"{p.study}/series", DICOM_JSON),
    Request("instances of a series", lambda p: f"{p.series}/instances", DICOM_JSON),
    Request("metadata of a study", lambda p: f"{p.study}/metadata", DICOM_JSON),
    Request("metadata of an instance", lambda p: f"{p.instance}/metadata", DICOM_JSON),
    Request("an instance", lambda p: p.instance, _FILES),
    Request("a frame", lambda p: f"{p.instance}/frames/1", _FRAMES),
    Request("a rendered frame", lambda p: f"{p.instance}/frames/1/rendered", "image/jpeg"),
    Request("a thumbnail", lambda p: f"{p.instance}/thumbnail", "image/jpeg"),
)


class ThresholdsError(ValueError):
    """A file of thresholds is written wrongly."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """How long a request may take; infinitely where nothing is said."""

    p50_ms: float = float("inf")
    p95_ms: float = float("inf")


def read_thresholds(path: Path) -> dict[str, Threshold]:
    """Thresholds by the request's name.

    Raises
    ------
    ThresholdsError
        The file cannot be read, or names what is no request or no number.
    """
    try:
        rows = tomllib.loads(path.read_text("utf-8"))
        found = {name: Threshold(**row) for name, row in rows.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise ThresholdsError(f"{path} holds no thresholds: {error}") from error
    names = {one.name for one in REQUESTS}
    if unknown := found.keys() - names:
        raise ThresholdsError(f"{path} names {min(unknown)!r}; requests are {sorted(names)}")
    for name, one in found.items():
        if not all(isinstance(ms, int | float) for ms in (one.p50_ms, one.p95_ms)):
            raise ThresholdsError(f"{path}: p50_ms and p95_ms of {name!r} are numbers")
    return found


def timings(
    server: Server, known: Known, rounds: int, thresholds: Mapping[str, Threshold]
) -> tuple[Timed, ...]:
    """Ask all of them.

    Parameters
    ----------
    rounds
        How often each is asked; the slowest of the first twenty is their 95th percentile.
    """
    try:
        place = known.place()
    except Undecided as reason:
        return tuple(Timed(one.name, 0, 0.0, 0.0, 0, str(reason)) for one in REQUESTS)
    found = [_timed(server, one, place, rounds) for one in REQUESTS]
    return tuple(judged(one, thresholds.get(one.name, Threshold())) for one in found)


def _timed(server: Server, one: Request, place: Place, rounds: int) -> Timed:
    times: list[float] = []
    answer: Answer | None = None
    for _ in range(rounds):
        server.begin()
        try:
            answer = server.get(one.path(place), one.query(place), accept=one.accept)
        except (Failed, ServerGone) as error:
            trouble = server.redaction.text(str(error))
            return Timed(one.name, len(times), 0.0, 0.0, 0, trouble)
        if not answer.is_success:
            return Timed(one.name, len(times), 0.0, 0.0, 0, f"it was answered {answer.status}")
        times.append(answer.elapsed_s * 1000)
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    return Timed(one.name, len(times), p50, p95, len(answer.body) if answer else 0)


def percentile(times: Sequence[float], part: float) -> float:
    """The smallest of the times that this part of them does not exceed; 0 of none."""
    if not times:
        return 0.0
    ordered = sorted(times)
    rank = -(-len(ordered) * part // 1)
    return round(ordered[max(int(rank), 1) - 1], 2)


def judged(one: Timed, threshold: Threshold) -> Timed:
    """The timing with what of its thresholds it does not keep.

    What could not be measured keeps no threshold; without one nothing is too slow.
    """
    has_any = threshold != Threshold()
    if one.trouble or not one.rounds:
        return replace(one, is_too_slow=has_any)
    over = [
        f"{name} took {came:.1f} ms, allowed are {allowed:g}"
        for name, came, allowed in (
            ("p50", one.p50_ms, threshold.p50_ms),
            ("p95", one.p95_ms, threshold.p95_ms),
        )
        if came > allowed
    ]
    return replace(one, trouble="; ".join(over), is_too_slow=bool(over))
