"""Pictures of slices, large and small; the slices take turns, as somebody's who looks through."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from benchmarks.suite.client import Client, WrongError
from benchmarks.suite.load import Measured, waits
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.work import Scene

_JPEG = "image/jpeg"
_BEGINS = b"\xff\xd8"
_turns = itertools.count()


def jpeg(resource: str) -> Callable[[Server, Scene], Measured]:
    """One who waits for `rendered` or `thumbnail` of an instance."""

    def run(server: Server, scene: Scene) -> Measured:
        client, held = Client(server), scene.corpus.ct
        if not client.get(f"{held[0].path}/{resource}", _JPEG).body.startswith(_BEGINS):
            raise WrongError("no JPEG")
        return waits(
            lambda _: client.get(f"{held[next(_turns) % len(held)].path}/{resource}", _JPEG),
            scene.seconds / 2,
        )

    return run
