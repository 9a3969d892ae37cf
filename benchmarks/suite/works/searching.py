"""Searches (QIDO-RS), whose number of matches is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.suite.client import Client, WrongError
from benchmarks.suite.data.corpus import Corpus
from benchmarks.suite.data.small import INSTANCES, PREFIX, SERIES
from benchmarks.suite.load import Measured, waits
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.work import DICOM_JSON, Scene

_PAGE = 25
_MORE = "&includefield=00081030&includefield=00080060&includefield=00201206"
_MONTH = ("20180301", "20180331")


@dataclass(frozen=True)
class Search:
    """A question, and how many rows answer it."""

    path: Callable[[Corpus], str]
    matches: Callable[[Corpus], int]


def _named(corpus: Corpus, begins: str = "", holds: str = "") -> int:
    return sum(one.name.startswith(begins) and holds in one.name for one in corpus.studies)


def _offset(corpus: Corpus) -> int:
    return min(1000, len(corpus.studies) // 2)


SEARCHES = {
    "patient ID": Search(
        lambda corpus: f"/studies?PatientID={corpus.studies[len(corpus.studies) // 3].patient_id}",
        lambda _: 1,
    ),
    "date range": Search(
        lambda _: f"/studies?StudyDate={'-'.join(_MONTH)}&PatientID={PREFIX}*&limit=1000",
        lambda corpus: sum(_MONTH[0] <= one.day <= _MONTH[1] for one in corpus.studies),
    ),
    "name, wildcard": Search(
        lambda _: "/studies?PatientName=SMITH*&limit=1000",
        lambda corpus: _named(corpus, begins="SMITH"),
    ),
    "name, infix": Search(
        lambda _: "/studies?PatientName=*ANNA*&limit=1000",
        lambda corpus: _named(corpus, holds="ANNA"),
    ),
    "page at offset 1,000": Search(
        lambda corpus: (
            f"/studies?PatientID={PREFIX}*&limit={_PAGE}&offset={_offset(corpus)}{_MORE}"
        ),
        lambda corpus: min(_PAGE, len(corpus.studies) - _offset(corpus)),
    ),
    "series of a study": Search(
        lambda corpus: f"/studies/{corpus.studies[len(corpus.studies) // 4].study}/series",
        lambda _: SERIES,
    ),
    "instances of a series": Search(
        lambda corpus: _series_path(corpus) + "/instances",
        lambda _: INSTANCES,
    ),
}


def _series_path(corpus: Corpus) -> str:
    one = corpus.studies[len(corpus.studies) // 4]
    return f"/studies/{one.study}/series/{one.series}"


def search(name: str) -> Callable[[Server, Scene], Measured]:
    """One who waits for the answer of a search of `SEARCHES`."""
    asked = SEARCHES[name]

    def run(server: Server, scene: Scene) -> Measured:
        client, path = Client(server), asked.path(scene.corpus)
        found, expected = _found(client, path), asked.matches(scene.corpus)
        if found != expected:
            raise WrongError(f"{found} matches, not {expected}")
        return waits(lambda _: _ask(client, path), scene.seconds / 3)

    return run


def _ask(client: Client, path: str) -> bytes:
    """The rows; no matches may be said without any."""
    return client.send("GET", path, {"Accept": DICOM_JSON, "Accept-Encoding": "identity"}).body


def _found(client: Client, path: str) -> int:
    body = _ask(client, path)
    rows = json.loads(body) if body else []
    if not isinstance(rows, list):
        raise WrongError(f"no list of matches: {body[:120]!r}")
    return len(rows)
