"""Frames as they are stored, one a request."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from benchmarks.suite.client import Client, NotOfferedError, WrongError
from benchmarks.suite.data.corpus import JPEG_LS, RAW, Held, digest
from benchmarks.suite.load import Measured, rate
from benchmarks.suite.servers import nginx
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.work import Scene

# What viewers send, and then what older servers understand.
_ANY = "multipart/related; type=application/octet-stream; transfer-syntax=*"
_ACCEPTS = {
    RAW: (_ANY, 'multipart/related; type="application/octet-stream"'),
    JPEG_LS: (
        _ANY,
        f'multipart/related; type="image/jls"; transfer-syntax={JPEG_LS}',
        'multipart/related; type="image/jls"',
    ),
}
_checked = itertools.count()


def ct_frames(connections: int) -> Callable[[Server, Scene], Measured]:
    """The frame of each slice of the series in turn."""

    def run(server: Server, scene: Scene) -> Measured:
        held = scene.corpus.ct
        accept = accept_for(server, held[0], RAW)
        check(server, held[next(_checked) % len(held)], 1, accept)
        paths = [f"{one.path}/frames/1" for one in held]
        return rate(server, paths, accept, connections, scene.seconds)

    return run


def multi_frames(connections: int) -> Callable[[Server, Scene], Measured]:
    """Each frame of the compressed multi-frame in turn."""

    def run(server: Server, scene: Scene) -> Measured:
        (one,) = scene.corpus.multi
        accept = accept_for(server, one, JPEG_LS)
        check(server, one, 1 + next(_checked) % len(one.frames), accept)
        paths = [f"{one.path}/frames/{number}" for number in range(1, len(one.frames) + 1)]
        return rate(server, paths, accept, connections, scene.seconds)

    return run


def files(connections: int) -> Callable[[Server, Scene], Measured]:
    """What nginx sends at most: the files that were framed before."""

    def run(server: Server, scene: Scene) -> Measured:
        count = min(nginx.FILES, len(scene.corpus.ct))
        answer = Client(server).get("/1", "*/*")
        if digest(answer.parts()[0]) != scene.corpus.ct[0].frames[0]:
            raise WrongError("the file's frame differs")
        paths = [f"/{at}" for at in range(1, count + 1)]
        return rate(server, paths, "*/*", connections, scene.seconds)

    return run


def accept_for(server: Server, one: Held, syntax: str) -> str:
    """The first way of asking with which the server gives the frame as it is stored."""
    if syntax not in server.accepted:
        told = ""
        for accept in _ACCEPTS[syntax]:
            try:
                check(server, one, 1, accept)
            except (NotOfferedError, WrongError) as exc:
                told = str(exc)
            else:
                server.accepted[syntax] = accept
                break
        else:
            raise NotOfferedError(f"gives no frame as it is stored: {told}")
    return server.accepted[syntax]


def check(server: Server, one: Held, number: int, accept: str) -> None:
    """A frame is the one that was sent; the byte that makes its length even may be there or not."""
    (part,) = Client(server).get(f"{one.path}/frames/{number}", accept).parts()
    padded = bytes(part) + b"\0" * (len(part) % 2)
    if one.frames[number - 1] not in (digest(part), digest(padded)):
        raise WrongError(f"frame {number} differs ({len(part)} bytes)")
