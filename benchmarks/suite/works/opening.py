"""What a viewer asks when it opens a study, without the browser.

The study, its series, and then on six connections the metadata and the first frame of each series.
"""

from __future__ import annotations

import json

from benchmarks.suite.client import Client, WrongError
from benchmarks.suite.data.corpus import RAW, digest
from benchmarks.suite.load import Measured, in_turn, waits
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.frames import accept_for
from benchmarks.suite.works.work import DICOM_JSON, Scene

_CONNECTIONS = 6


def mr_study(server: Server, scene: Scene) -> Measured:
    """One of six series."""
    held = scene.corpus.mr
    accept, study = accept_for(server, held[0], RAW), held[0].study
    first = {one.frames[0] for one in held if one.sop.endswith(".1")}
    shown: set[str] = set()

    def show(client: Client, series: str) -> None:
        path = f"/studies/{study}/series/{series}"
        rows = json.loads(client.get(f"{path}/metadata", DICOM_JSON, "gzip").content())
        row = min(rows, key=lambda one: int(one["00200013"]["Value"][0]))
        sop = row["00080018"]["Value"][0]
        (part,) = client.get(f"{path}/instances/{sop}/frames/1", accept).parts()
        shown.add(digest(part))

    def open_study(_: int) -> None:
        client = Client(server)
        client.get(f"/studies?StudyInstanceUID={study}&includefield=00081030", DICOM_JSON, "gzip")
        told = client.get(f"/studies/{study}/series?includefield=0008103E", DICOM_JSON, "gzip")
        client.close()
        series = [one["0020000E"]["Value"][0] for one in json.loads(told.content())]
        in_turn(server, series, _CONNECTIONS, show)

    measured = waits(open_study, scene.seconds / 2)
    if shown != first:
        raise WrongError("the first frames are not those that were sent")
    return measured
