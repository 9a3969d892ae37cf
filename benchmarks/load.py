"""Requests that come when they come, whether or not the last were answered: an open-loop load.

May live here: when requests are sent, over which connections, and what came back. May not: what is
asked for. A closed loop slows down with the server and never overloads it; people and modalities
do not know how busy it is. Connections are kept and used again, the last first; a new one is opened
when none is free, so that as many are open as requests are under way.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

max_waiting: Final = 4_000
"""Requests under way at once; what would be more is not sent, and told."""
timeout_s: Final = 30.0
BROKEN, LATE, NOT_SENT = 0, -1, -2
"""Instead of a status: the connection broke, there was no answer in time, we had too many."""

_PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes
    ----------
    digest
        SHA-256 of the body that has to come; None where it is not looked at.
    length
        Its length; None where any will do.
    acknowledges
        What the server has for good once it says 200.
    """

    kind: str
    head: bytes
    body: bytes = b""
    digest: bytes | None = None
    length: int | None = None
    acknowledges: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request.

    Attributes
    ----------
    status
        Of HTTP, or one of the words of this module.
    seconds
        From when it was due until the last byte of its answer.
    says_when
        A refusal has a Retry-After.
    """

    kind: str
    status: int
    seconds: float
    says_when: bool = False
    is_wrong: bool = False


@dataclass
class Tally:
    """All answers of a phase, and what was acknowledged in it.

    Attributes
    ----------
    lateness
        Seconds by which requests were sent later than they were due: of ours, not the server's.
    """

    answers: list[Answered] = field(default_factory=list)
    acknowledged: list[tuple[str, bytes]] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, *statuses: int) -> int:
        """How many answers had one of these statuses."""
        return sum(one.status in statuses for one in self.answers)

    def latencies(self, status: int = 200) -> list[float]:
        """Seconds of the answers with a status, the shortest first."""
        return sorted(one.seconds for one in self.answers if one.status == status)


class _Line(asyncio.BufferedProtocol):
    """A connection: one request at a time. What is read is counted, not kept."""

    def __init__(self) -> None:
        self._room = memoryview(bytearray(_PIECE))
        self.transport: asyncio.Transport | None = None
        self._reading: _Reading | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(1 << 24)
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        if self._reading is not None and self._reading.feed(self._room[:nbytes]):
            self._reading = None

    def connection_lost(self, exc: Exception | None) -> None:
        reading, self._reading, self.transport = self._reading, None, None
        if reading is not None and not reading.answer.done():
            reading.answer.set_exception(exc or EOFError("the connection ended"))

    def ask(self, asked: Asked) -> asyncio.Future[_Said]:
        """Send a request; the answer comes when all of it was read."""
        if self.transport is None:
            raise EOFError("the connection ended")
        self._reading = _Reading(asked.digest is not None)
        self.transport.writelines([asked.head, asked.body])
        return self._reading.answer


@dataclass(frozen=True, slots=True)
class _Said:
    status: int
    headers: Mapping[bytes, bytes]
    size: int
    digest: bytes


class _Reading:
    """An answer on its way in."""

    def __init__(self, digests: bool) -> None:
        self.answer: asyncio.Future[_Said] = asyncio.get_running_loop().create_future()
        self._head = b""
        self._headers: dict[bytes, bytes] | None = None
        self._left: int | None = 0
        self._chunks = bytearray()
        self._size = 0
        self._digest = hashlib.sha256() if digests else None

    def feed(self, data: memoryview) -> bool:
        """Take bytes; whether the answer is whole."""
        if self._headers is None:
            self._head += data
            head, found, rest = self._head.partition(b"\r\n\r\n")
            if not found:
                return False
            if head[9:12] == b"100":
                self._head = b""
                return self.feed(memoryview(rest)) if rest else False
            self._begin(head)
            data = memoryview(rest)
        if self._left is None:
            self._chunks += data
            if not self._chunks.endswith(b"0\r\n\r\n") or not self._unchunk():
                return False
        else:
            self._left -= len(data)
            self._take(data)
            if self._left > 0:
                return False
        self._finish()
        return True

    def _begin(self, head: bytes) -> None:
        lines = head.split(b"\r\n")[1:]
        self._headers = {k.lower(): v for k, _, v in (one.partition(b": ") for one in lines)}
        is_chunked = self._headers.get(b"transfer-encoding", b"").lower() == b"chunked"
        self._left = None if is_chunked else int(self._headers.get(b"content-length", b"0"))

    def _take(self, data: memoryview) -> None:
        self._size += len(data)
        if self._digest is not None:
            self._digest.update(data)

    def _unchunk(self) -> bool:
        """Take apart what came in chunks, if that is all of it."""
        found, at = [], 0
        while at < len(self._chunks):
            end = self._chunks.find(b"\r\n", at)
            size = int(self._chunks[at:end], 16)
            found.append((end + 2, size))
            at = end + 2 + size + 2
            if size == 0:
                break
        if not found or found[-1][1] or at != len(self._chunks):
            return False
        whole = memoryview(self._chunks)
        for start, size in found:
            self._take(whole[start : start + size])
        return True

    def _finish(self) -> None:
        if not self.answer.done():
            digest = self._digest.digest() if self._digest is not None else b""
            status = int(self._head[9:12])
            self.answer.set_result(_Said(status, self._headers or {}, self._size, digest))


class Peer:
    """A server, and the connections to it that are free."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: list[_Line] = []

    async def ask(self, asked: Asked, due: float, tally: Tally) -> None:
        """Send a request and note what came of it."""
        try:
            async with asyncio.timeout(timeout_s):
                answered = await self._exchange(asked, due)
        except TimeoutError:
            answered = Answered(asked.kind, LATE, timeout_s)
        except (OSError, EOFError, ValueError):
            answered = Answered(asked.kind, BROKEN, time.perf_counter() - due)
        tally.answers.append(answered)
        if answered.status == 200:
            tally.acknowledged.extend(asked.acknowledges)

    async def _exchange(self, asked: Asked, due: float) -> Answered:
        line = self._free.pop() if self._free else await self._connect()
        try:
            said = await line.ask(asked)
        except BaseException:
            if line.transport is not None:
                line.transport.abort()
            raise
        is_over = said.headers.get(b"connection", b"").lower() == b"close"
        # A server that refuses an upload without reading it ends the connection.
        if is_over or (asked.body and said.status != 200):
            if line.transport is not None:
                line.transport.close()
        else:
            self._free.append(line)
        is_wrong = said.status == 200 and (
            asked.length not in (None, said.size) or asked.digest not in (None, said.digest)
        )
        took = time.perf_counter() - due
        says_when = said.headers.get(b"retry-after", b"").isdigit()
        return Answered(asked.kind, said.status, took, says_when, is_wrong)

    async def _connect(self) -> _Line:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, self._host, self._port)
        return line

    def close(self) -> None:
        """Close the connections that are free."""
        for line in self._free:
            if line.transport is not None:
                line.transport.close()
        self._free.clear()


async def offer(
    peer: Peer, next_one: Callable[[], Asked], rate: float, seconds: float, seed: int = 1
) -> Tally:
    """Send so many requests a second, at times that know nothing of each other."""
    tally, chance = Tally(), random.Random(seed)
    waiting: set[asyncio.Task[None]] = set()
    start = due = time.perf_counter()
    while due - start < seconds:
        due += chance.expovariate(rate)
        # Also one that is late has to let answers in.
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tally.lateness.append(time.perf_counter() - due)
        asked = next_one()
        if len(waiting) >= max_waiting:
            tally.answers.append(Answered(asked.kind, NOT_SENT, 0.0))
            continue
        task = asyncio.create_task(peer.ask(asked, due, tally))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
    tally.seconds = time.perf_counter() - start
    await asyncio.gather(*waiting)
    return tally


async def saturate(
    peer: Peer, next_one: Callable[[], Asked], connections: int, seconds: float
) -> Tally:
    """Keep so many requests under way: a closed loop, which finds what the server can do."""
    tally = Tally()
    start = time.perf_counter()

    async def one() -> None:
        while time.perf_counter() - start < seconds:
            await peer.ask(next_one(), time.perf_counter(), tally)

    await asyncio.gather(*(one() for _ in range(connections)))
    tally.seconds = time.perf_counter() - start
    return tally


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of sorted ones lies; not a number where there are none."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
