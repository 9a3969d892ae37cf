"""Bodies: whole, too long, silent, cut off; and never more threads than there are places."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dicomweb.bodies import CHUNK_BYTES, Bodies, max_drained_bytes
from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings


def environ(stream: Any, length: int | None) -> dict[str, Any]:
    if length is None:
        return {"wsgi.input": stream, "HTTP_TRANSFER_ENCODING": "chunked"}
    return {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}


def bodies(max_bytes: int = 1 << 30, max_stall_s: int = 5, max_uploads: int = 2) -> Bodies:
    return Bodies(DoorSettings(max_stall_s=max_stall_s, max_uploads=max_uploads), max_bytes)


class Silent:
    """A sender who stops after the first bytes, until it is let go."""

    def __init__(self, first: bytes = b"") -> None:
        self._first = first
        self.released = threading.Event()

    def read(self, _size: int) -> bytes:
        first, self._first = self._first, b""
        if not first:
            self.released.wait(30)
        return first


@pytest.fixture
def silent() -> Iterator[Silent]:
    sender = Silent(b"begun")
    yield sender
    sender.released.set()


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


def test_a_silent_sender_is_given_up(silent: Silent) -> None:
    door = bodies(max_stall_s=0)
    with door.open(environ(silent, None)) as body, pytest.raises(Refusal) as refusal:
        list(body.chunks())
    assert refusal.value.status == 408


def test_a_silent_sender_keeps_one_place_and_no_more(silent: Silent) -> None:
    door = bodies(max_stall_s=0, max_uploads=1)
    with door.open(environ(silent, None)) as body, pytest.raises(Refusal):
        list(body.chunks())
    with pytest.raises(Refusal) as refusal:
        door.open(environ(io.BytesIO(b"x"), 1))
    assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (503, "5")


def test_places_come_back() -> None:
    door = bodies(max_uploads=1)
    for _ in range(50):
        with door.open(environ(io.BytesIO(b"x"), 1)) as body:
            assert list(body.chunks()) == [b"x"]
        _wait_for_readers()


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


def _wait_for_readers() -> None:
    for thread in threading.enumerate():
        if thread.name == "request-body":
            thread.join(5)
