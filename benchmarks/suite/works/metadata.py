"""Metadata of a series and of a study, as browsers ask for it: compressed on the way."""

from __future__ import annotations

import json
from collections.abc import Callable

from benchmarks.suite.client import Answer, Client, WrongError
from benchmarks.suite.load import Measured, rate, waits
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.work import DICOM_JSON, Scene

_NEEDED = ("00080018", "00280010", "00280100", "00200032", "00281050", "00080060")


def series_waits(server: Server, scene: Scene) -> Measured:
    """One who waits for that of the CT series."""
    return _waits(server, scene, scene.corpus.ct[0].series_path, len(scene.corpus.ct))


def study_waits(server: Server, scene: Scene) -> Measured:
    """One who waits for that of the study of many instances."""
    return _waits(server, scene, f"/studies/{scene.corpus.big_study}", scene.corpus.sizes.big)


def series_rate(connections: int) -> Callable[[Server, Scene], Measured]:
    """Several who ask for that of the CT series."""

    def run(server: Server, scene: Scene) -> Measured:
        path = f"{scene.corpus.ct[0].series_path}/metadata"
        check(Client(server).get(path, DICOM_JSON, "gzip"), len(scene.corpus.ct))
        return rate(server, [path], DICOM_JSON, connections, scene.seconds, "gzip")

    return run


def check(answer: Answer, count: int) -> None:
    """All instances are there, with what a viewer needs of each."""
    rows = json.loads(answer.content())
    if len(rows) != count:
        raise WrongError(f"metadata of {len(rows)} instances, not {count}")
    lacking = [tag for tag in _NEEDED if any(tag not in row for row in rows)]
    if lacking:
        raise WrongError(f"metadata without {', '.join(lacking)}")


def _waits(server: Server, scene: Scene, path: str, count: int) -> Measured:
    client = Client(server)
    check(client.get(f"{path}/metadata", DICOM_JSON, "gzip"), count)
    return waits(lambda _: client.get(f"{path}/metadata", DICOM_JSON, "gzip"), scene.seconds / 2)
