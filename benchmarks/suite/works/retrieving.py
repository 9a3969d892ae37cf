"""Whole instances, as they are stored and in another transfer syntax, and decoded frames."""

from __future__ import annotations

import itertools
import time

from benchmarks.suite.client import Client, NotOfferedError, WrongError
from benchmarks.suite.data.corpus import JPEG_LS, RAW, digest
from benchmarks.suite.load import Measured, waits
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.work import PART_10, Scene

_LOOKED_AT = 5
_TAIL = 512 * 512 * 2
_turns = itertools.count()


def series(server: Server, scene: Scene) -> Measured:
    """The CT series in one answer, megabytes a second."""
    held = scene.corpus.ct
    client = Client(server)
    begun = time.perf_counter()
    answer = client.get(held[0].series_path, PART_10)
    took = time.perf_counter() - begun
    parts = answer.parts()
    if len(parts) != len(held):
        raise WrongError(f"{len(parts)} instances, not {len(held)}")
    sent = {one.frames[0] for one in held}
    for part in parts[:: max(1, len(parts) // _LOOKED_AT)]:
        if digest(part[len(part) - _TAIL :]) not in sent:
            raise WrongError("the pixels of an instance differ")
    return Measured(len(answer.body) / 1e6 / took, len(held))


def to_jpeg_ls(server: Server, scene: Scene) -> Measured:
    """A slice that is stored without compression, compressed without loss."""
    accept = f'multipart/related; type="application/dicom"; transfer-syntax={JPEG_LS}'
    client, held = Client(server), scene.corpus.ct
    (part,) = client.get(held[0].path, accept).parts()
    if JPEG_LS.encode() not in bytes(part[132:600]):
        raise NotOfferedError("answers in another transfer syntax")
    return waits(
        lambda _: client.get(held[next(_turns) % len(held)].path, accept), scene.seconds / 2
    )


def decoded_frames(server: Server, scene: Scene) -> Measured:
    """One frame of the compressed multi-frame, decoded."""
    accept = f'multipart/related; type="application/octet-stream"; transfer-syntax={RAW}'
    (one,), client = scene.corpus.multi, Client(server)
    number = 1 + next(_turns) % len(one.decoded)
    (part,) = client.get(f"{one.path}/frames/{number}", accept).parts()
    if digest(part) != one.decoded[number - 1]:
        raise WrongError(f"decoded frame {number} differs")

    def ask(_: int) -> object:
        frame = 1 + next(_turns) % len(one.decoded)
        return client.get(f"{one.path}/frames/{frame}", accept)

    return waits(ask, scene.seconds / 3, least=2)
