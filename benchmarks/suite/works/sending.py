"""C-STORE by DCMTK's storescu, so many associations side by side."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.suite.client import NotOfferedError
from benchmarks.suite.data.uids import next_number, renewed
from benchmarks.suite.load import Measured
from benchmarks.suite.servers.ours import CALLER
from benchmarks.suite.servers.server import DimseAddress, Server
from benchmarks.suite.works.storing import check_stored
from benchmarks.suite.works.work import Scene


def send_slices(associations: int) -> Callable[[Server, Scene], Measured]:
    """The slices that are stored, under UIDs of its own in every association."""

    def run(server: Server, scene: Scene) -> Measured:
        if server.dimse is None:
            raise NotOfferedError("has no DIMSE address")
        with tempfile.TemporaryDirectory(dir=scene.corpus.folder, prefix="send-") as folder:
            numbers = [next_number() for _ in range(associations)]
            folders = [_written(Path(folder), scene, number) for number in numbers]
            os.sync()
            took = _send(server.dimse, folders)
        check_stored(server, scene, numbers[-1])
        count = associations * len(scene.corpus.to_store)
        return Measured(count / took, count)

    return run


def _written(folder: Path, scene: Scene, number: int) -> Path:
    place = folder / str(number)
    place.mkdir()
    for at, data in enumerate(scene.corpus.to_store):
        (place / f"{at:04d}.dcm").write_bytes(renewed(data, number))
    return place


def _send(to: DimseAddress, folders: list[Path]) -> float:
    # Without TCP_NODELAY a sender of DCMTK waits some 40 ms at each instance, for nothing.
    environment = {**os.environ, "TCP_NODELAY": "1"}
    command = ["storescu", "-aet", CALLER, "-aec", to.title, "-xe", "-pdu", "131072"]
    command += [to.host, str(to.port), "+sd"]
    begun = time.perf_counter()
    senders = [
        subprocess.Popen(
            [*command, str(folder)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for folder in folders
    ]  # fmt: skip
    told = [sender.communicate()[1] for sender in senders]
    took = time.perf_counter() - begun
    if any(sender.returncode for sender in senders):
        raise NotOfferedError(f"storescu: {' '.join(told)[:200]}")
    return took
