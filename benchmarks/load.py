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
from contextlib import suppress
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
    """All answers of a phase, and what was acknowledged in it."""

    answers: list[Answered] = field(default_factory=list)
    acknowledged: list[tuple[str, bytes]] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, *statuses: int) -> int:
        """How many answers had one of these statuses."""
        return sum(one.status in statuses for one in self.answers)

    def latencies(self, status: int = 200) -> list[float]:
        """Seconds of the answers with a status, the shortest first."""
        return sorted(one.seconds for one in self.answers if one.status == status)


Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


class Peer:
    """A server, and the connections to it that are free."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: list[tuple[Reader, Writer]] = []

    async def ask(self, asked: Asked, due: float, tally: Tally) -> None:
        """Send a request and note what came of it."""
        try:
            answered = await asyncio.wait_for(self._exchange(asked, due), timeout_s)
        except TimeoutError:
            answered = Answered(asked.kind, LATE, timeout_s)
        except (OSError, EOFError, ValueError):
            answered = Answered(asked.kind, BROKEN, time.perf_counter() - due)
        tally.answers.append(answered)
        if answered.status == 200:
            tally.acknowledged.extend(asked.acknowledges)

    async def _exchange(self, asked: Asked, due: float) -> Answered:
        reader, writer = self._free.pop() if self._free else await self._connect()
        try:
            status, headers, digest, size = await _talk(reader, writer, asked)
        except BaseException:
            writer.transport.abort()
            raise
        if headers.get(b"connection", b"").lower() == b"close" or (asked.body and status != 200):
            writer.close()
        else:
            self._free.append((reader, writer))
        is_wrong = status == 200 and (
            (asked.length is not None and size != asked.length)
            or (asked.digest is not None and digest != asked.digest)
        )
        took = time.perf_counter() - due
        return Answered(asked.kind, status, took, headers.get(b"retry-after", b"").isdigit(),
                        is_wrong)  # fmt: skip

    async def _connect(self) -> tuple[Reader, Writer]:
        return await asyncio.open_connection(self._host, self._port, limit=2 * _PIECE)

    def close(self) -> None:
        """Close the connections that are free."""
        for _, writer in self._free:
            with suppress(OSError, RuntimeError):
                writer.close()
        self._free.clear()


async def _talk(
    reader: Reader, writer: Writer, asked: Asked
) -> tuple[int, dict[bytes, bytes], bytes, int]:
    writer.write(asked.head)
    if asked.body:
        writer.write(asked.body)
    with suppress(ConnectionError):  # a refusal may come before all was sent
        await writer.drain()
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        if status != 100:
            break
    lines = head.split(b"\r\n")[1:-2]
    headers = {k.lower(): v for k, _, v in (line.partition(b": ") for line in lines)}
    digest, size = hashlib.sha256(), 0
    async for piece in _pieces(reader, headers):
        size += len(piece)
        if asked.digest is not None:
            digest.update(piece)
    return status, headers, digest.digest(), size


async def _pieces(reader: Reader, headers: Mapping[bytes, bytes]):  # type: ignore[no-untyped-def]
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            yield (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return
    left = int(headers.get(b"content-length", b"0"))
    while left:
        piece = await reader.read(min(left, _PIECE))
        if not piece:
            raise EOFError("the answer broke off")
        left -= len(piece)
        yield piece


async def offer(
    peer: Peer, next_one: Callable[[], Asked], rate: float, seconds: float, seed: int = 1
) -> Tally:
    """Send so many requests a second, at times that know nothing of each other."""
    tally, chance = Tally(), random.Random(seed)
    waiting: set[asyncio.Task[None]] = set()
    start = due = time.perf_counter()
    while due - start < seconds:
        due += chance.expovariate(rate)
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
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
