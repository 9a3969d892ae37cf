"""The kinds of work, each a function from a server and the corpus to one sample."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.client import Client
from benchmarks.corpus import DICOM_JSON, FRAME, Corpus, store

SECONDS = 2.0


@dataclass(frozen=True)
class Sample:
    rate: float
    """Pieces of work in a second."""
    seconds: list[float]
    """How long each took."""


Work = Callable[[Client, Corpus], Sample]


def repeat(work: Callable[[int], object], connections: int) -> Sample:
    """Do `work` over and over for `SECONDS`, on so many connections at once."""
    numbers, seconds = itertools.count(), []
    begun = time.perf_counter()

    def loop() -> None:
        while time.perf_counter() - begun < SECONDS:
            start = time.perf_counter()
            work(next(numbers))
            seconds.append(time.perf_counter() - start)

    threads = [threading.Thread(target=loop) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Sample(len(seconds) / (time.perf_counter() - begun), seconds)


def frames(connections: int) -> Work:
    def run(client: Client, corpus: Corpus) -> Sample:
        def one(number: int) -> None:
            sop, _ = corpus.instances[number % len(corpus.instances)]
            client.request("GET", f"{corpus.path(sop)}/frames/1", FRAME)

        return repeat(one, connections)

    return run


def get(path: Callable[[Corpus], str], connections: int, gzip: bool = False) -> Work:
    headers = {**DICOM_JSON, "Accept-Encoding": "gzip" if gzip else "identity"}

    def run(client: Client, corpus: Corpus) -> Sample:
        return repeat(lambda _: client.request("GET", path(corpus), headers), connections)

    return run


def ingest(batch: int) -> Work:
    """New instances, `batch` a request; the rate is in instances."""

    def run(client: Client, corpus: Corpus) -> Sample:
        fresh = [data for _, data in Corpus.make(100).instances]
        seconds = []
        begun = time.perf_counter()
        for start in range(0, len(fresh), batch):
            before = time.perf_counter()
            store(client, fresh[start : start + batch])
            seconds.append(time.perf_counter() - before)
        return Sample(len(fresh) / (time.perf_counter() - begun), seconds)

    return run


WORK: dict[str, Work] = {
    "CT frame, 1 connection": frames(1),
    "CT frame, 8 connections": frames(8),
    "series metadata, gzip, 1": get(lambda c: f"{c.series_path}/metadata", 1, gzip=True),
    "series metadata, gzip, 8": get(lambda c: f"{c.series_path}/metadata", 8, gzip=True),
    "study metadata": get(lambda c: f"/studies/{c.study}/metadata", 1, gzip=True),
    "search by patient ID": get(lambda c: f"/studies?PatientID=B{c.study[-8:]}", 1),
    "search by name, infix": get(lambda _: "/studies?PatientName=*nch*&limit=25", 1),
    "series of a study": get(lambda c: f"/studies/{c.study}/series", 1),
    "instances of a series": get(lambda c: f"{c.series_path}/instances", 1),
    "STOW, 1 a request (instances)": ingest(1),
    "STOW, 50 a request (instances)": ingest(50),
}
