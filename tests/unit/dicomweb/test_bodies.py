"""Bodies: whole, too long, silent, cut off; and never more threads than there are places."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dicomweb.bodies import CHUNK_BYTES, Bodies, max_drained_bytes
from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings
from dicomweb.sockets import Silence


def environ(stream: Any, length: int | None) -> dict[str, Any]:
    if length is None:
        return {"wsgi.input": stream, "HTTP_TRANSFER_ENCODING": "chunked"}
    return {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}


def bodies(
    max_bytes: int = 1 << 30, end: Callable[[Silence], int] = lambda _: 0, **settings: int
) -> Bodies:
    return Bodies(DoorSettings(**{"max_stall_s": 1, **settings}), max_bytes, end)


class Silent:
    """A sender who says nothing more after the first bytes, until somebody hangs up."""

    def __init__(self, first: bytes = b"") -> None:
        self._first = first
        self._ended = threading.Event()
        self.silences: list[Silence] = []

    def read(self, _size: int) -> bytes:
        first, self._first = self._first, b""
        if not first:
            assert self._ended.wait(30), "nobody hung up"
        return first

    def end(self, silence: Silence) -> int:
        self.silences.append(silence)
        self._ended.set()
        return 1


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_comes_whole(announced: bool) -> None:
    data = bytes(range(256)) * 4096
    with bodies().open(environ(io.BytesIO(data), len(data) if announced else None)) as body:
        chunks = list(body.chunks())
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= CHUNK_BYTES


def test_no_body_is_no_chunks() -> None:
    with bodies().open({"wsgi.input": None}) as body:
        assert list(body.chunks()) == []


def test_an_announced_length_past_the_limit_is_refused_unread() -> None:
    with pytest.raises(Refusal, match="limit of 10 bytes") as refusal:
        bodies(max_bytes=10).open(environ(None, 11))
    assert refusal.value.status == 413


def test_a_chunked_body_past_the_limit_is_refused() -> None:
    with bodies(max_bytes=10).open(environ(io.BytesIO(bytes(11)), None)) as body:  # noqa: SIM117
        with pytest.raises(Refusal) as refusal:
            list(body.chunks())
    assert refusal.value.status == 413


def test_the_watch_hangs_up_on_a_silent_sender() -> None:
    silent = Silent(b"begun")
    door = bodies(end=silent.end)
    asked = {**environ(silent, None), "REMOTE_ADDR": "192.0.2.7"}
    with door.open(asked) as body, pytest.raises(Refusal) as refusal:
        list(body.chunks())
    assert refusal.value.status == 408
    assert silent.silences == [Silence("192.0.2.7", 1, len(b"begun"))]


def test_a_slow_reader_of_ours_is_no_silent_sender() -> None:
    hung_up: list[Silence] = []
    door = bodies(end=lambda silence: hung_up.append(silence) or 1)
    with door.open(environ(io.BytesIO(bytes(2 * CHUNK_BYTES)), None)) as body:
        chunks = body.chunks()
        next(chunks)
        threading.Event().wait(1.6)  # storing a batch may take this long
        list(chunks)
    assert not hung_up


def test_no_more_bodies_are_read_than_there_are_places() -> None:
    door = bodies(max_uploads=1)
    with door.open(environ(io.BytesIO(b"x"), 1)), pytest.raises(Refusal) as refusal:
        door.open(environ(io.BytesIO(b"x"), 1))
    assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (503, "5")


def test_places_come_back() -> None:
    door = bodies(max_uploads=1)
    for _ in range(50):
        with door.open(environ(io.BytesIO(b"x"), 1)) as body:
            assert list(body.chunks()) == [b"x"]


def test_a_broken_connection_is_a_refusal() -> None:
    class Broken:
        def read(self, _size: int) -> bytes:
            raise OSError("reset")

    with bodies().open(environ(Broken(), 5)) as body, pytest.raises(Refusal, match="broke off"):
        list(body.chunks())


def test_what_was_not_read_is_drained_so_that_the_answer_is_read() -> None:
    stream = io.BytesIO(bytes(max_drained_bytes // 2))
    with bodies().open(environ(stream, max_drained_bytes // 2)):
        pass
    assert stream.tell() == max_drained_bytes // 2


def test_a_long_rest_is_not_drained() -> None:
    stream = io.BytesIO(bytes(2 * max_drained_bytes))
    with bodies().open(environ(stream, 2 * max_drained_bytes)):
        pass
    assert stream.tell() <= max_drained_bytes + 2 * CHUNK_BYTES
