"""Whether the load reads answers as they come, in any pieces, and knows when they are whole."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable

import pytest

from benchmarks.load import BROKEN, Asked, Peer, Tally, offer, percentile, saturate

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"7\r\nab0\r\n\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"
)
"""A chunk that looks like the end of all chunks."""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 3\r\n\r\n"


def answered(pieces: Iterable[bytes], asked: Asked, ends: bool = False) -> Tally:
    """Ask a server that answers anything with these pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)
            if ends:
                break
        writer.close()

    async def run() -> Tally:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        peer = Peer(*server.sockets[0].getsockname()[:2])
        tally = Tally()
        for _ in range(2):  # the second one on the same connection
            await peer.ask(asked, 0.0, tally)
        peer.close()
        server.close()
        return tally

    return asyncio.run(run())


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(("whole", "body"), [(PLAIN, b"0123456789"), (CHUNKED, b"ab0\r\n\r\nxyz")])
def test_an_answer_in_any_pieces_is_read_whole(whole: bytes, body: bytes, size: int) -> None:
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    digest = hashlib.sha256(body).digest()
    asked = Asked("x", b"GET / HTTP/1.1\r\n\r\n", digest=digest, length=len(body))
    tally = answered(pieces, asked)
    assert [(one.status, one.is_wrong) for one in tally.answers] == [(200, False)] * 2


def test_other_bytes_are_a_wrong_answer() -> None:
    asked = Asked("x", b"GET / HTTP/1.1\r\n\r\n", digest=hashlib.sha256(b"other").digest())
    assert all(one.is_wrong for one in answered([PLAIN], asked).answers)


def test_a_refusal_acknowledges_nothing_and_says_when() -> None:
    asked = Asked("x", b"POST / HTTP/1.1\r\n\r\n", acknowledges=(("/a", b""),))
    tally = answered([BUSY], asked)
    assert tally.acknowledged == []
    assert all(one.status == 503 and one.says_when for one in tally.answers)


def test_an_answer_that_breaks_off_is_broken() -> None:
    asked = Asked("x", b"GET / HTTP/1.1\r\n\r\n")
    assert answered([PLAIN[:-3]], asked, ends=True).answers[0].status == BROKEN


def test_a_load_does_not_wait_for_answers() -> None:
    """A server that never answers is sent as many requests as one that does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        await asyncio.sleep(0.3)
        writer.close()

    async def run(closed: bool) -> Tally:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        peer = Peer(*server.sockets[0].getsockname()[:2])
        asked = Asked("x", b"GET / HTTP/1.1\r\n\r\n")
        if closed:
            tally = await saturate(peer, lambda: asked, 1, 0.5)
        else:
            tally = await offer(peer, lambda: asked, 100, 0.5)
        server.close()
        return tally

    assert len(asyncio.run(run(closed=False)).answers) > 20
    assert len(asyncio.run(run(closed=True)).answers) <= 3


def test_percentiles_are_of_the_sorted() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert percentile([1.0, 2.0], 0.99) == 2.0
