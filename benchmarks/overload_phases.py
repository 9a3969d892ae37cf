"""One overload run: how much the server can do, then less, as much and twice as much, and after it.

May live here: the order of things and what is noted. May not: how a request is spelled (`load`,
`overload_work`), and how the result reads (`overload_page`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.leftovers import Held, held, peak_bytes, resident_bytes
from benchmarks.load import Asked, Peer, Tally, offer, saturate
from benchmarks.overload_work import Mix, Place, reading_back, whole_study
from benchmarks.rough_peers import crowd, read_nothing, stop_reading, stop_sending

_CONNECTIONS: Final = 32
_READERS: Final = 8
_AFTER_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done.

    Attributes
    ----------
    seconds
        Of each phase.
    rough
        Rough peers of a kind at once.
    shares
        Of what the server can do, phase by phase; after the last it should have recovered.
    """

    seconds: float = 20.0
    rough: int = 48
    shares: tuple[float, ...] = (0.5, 1.0, 2.0, 0.5)


@dataclass(frozen=True)
class Watched:
    """A server of ours, whose insides can be looked at."""

    home: Path
    database: str
    pids: Callable[[], Sequence[int]]

    def held(self) -> Held:
        """What it holds now."""
        return held(self.home, self.database, self.pids())


@dataclass(frozen=True)
class Phase:
    """What came of one phase.

    Attributes
    ----------
    offered
        Requests a second.
    largest
        Bytes: the most that was seen resident, all web processes together.
    """

    name: str
    offered: float
    tally: Tally
    largest: int


@dataclass
class Run:
    """What came of a run."""

    capacity: float = 0.0
    phases: list[Phase] = field(default_factory=list)
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    rough: list[tuple[str, Phase]] = field(default_factory=list)
    before: Held | None = None
    after: Held | None = None
    peak: int = 0


async def run(place: Place, watched: Watched, plan: Plan) -> Run:
    """Go through all of it."""
    done, mix, seconds = Run(), Mix(place), plan.seconds
    await asyncio.to_thread(mix.load)
    peer = Peer(place.host, place.port)
    await saturate(peer, mix.next, _CONNECTIONS, seconds / 4)  # what is made once, is made
    full = await saturate(peer, mix.next, _CONNECTIONS, seconds / 2)
    done.capacity = full.count(200) / full.seconds
    kept = list(full.acknowledged)
    for share in plan.shares:
        phase = await _phase(f"{share:g} ×", place, mix, watched, done.capacity * share, seconds)
        done.phases.append(phase)
        kept += phase.tally.acknowledged
    done.before = await asyncio.to_thread(watched.held)
    for name, gang in _gangs(place, mix, plan.rough, seconds / 2):
        quiet = done.capacity * 0.25
        phase, _ = await asyncio.gather(
            _phase(name, place, mix, watched, quiet, seconds / 2), gang()
        )
        done.rough.append((name, phase))
        kept += phase.tally.acknowledged
    peer.close()
    await asyncio.sleep(_AFTER_S)
    done.after = await asyncio.to_thread(watched.held)
    done.acknowledged, done.lost = len(kept), await read_back(place, kept)
    done.peak = peak_bytes(watched.pids())
    return done


async def _phase(
    name: str, place: Place, mix: Mix, watched: Watched, rate: float, seconds: float
) -> Phase:
    peer, seen = Peer(place.host, place.port), [0]
    watch = asyncio.create_task(_watch(watched, seen))
    tally = await offer(peer, mix.next, rate, seconds)
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    peer.close()
    return Phase(name, len(tally.answers) / tally.seconds, tally, max(seen))


async def _watch(watched: Watched, seen: list[int]) -> None:
    # Looking for processes takes long on a busy machine, and the load must not wait for it.
    pids = await asyncio.to_thread(watched.pids)
    while True:
        seen.append(await asyncio.to_thread(resident_bytes, pids))
        await asyncio.sleep(0.5)


def _gangs(
    place: Place, mix: Mix, count: int, seconds: float
) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
    address = place.host, place.port

    def study() -> Asked:
        return whole_study(place, mix.study)

    return [
        (f"{count} readers of a study who read nothing",
         lambda: crowd(count, read_nothing, address, study, seconds)),
        (f"{count} readers of a study who go away",
         lambda: crowd(count, stop_reading, address, study, seconds)),
        (f"{count} senders who stop halfway and go away",
         lambda: crowd(count, stop_sending, address, mix.upload, seconds)),
    ]  # fmt: skip


async def read_back(place: Place, kept: Sequence[tuple[str, bytes]]) -> list[str]:
    """Paths of what was acknowledged and is not there, or is not what was sent."""
    peer, left, lost = Peer(place.host, place.port), list(kept), []

    async def one() -> None:
        while left:
            path, digest = left.pop()
            for _ in range(5):
                tally = Tally()
                asked = reading_back(place, path, digest)
                await peer.ask(asked, asyncio.get_running_loop().time(), tally)
                if tally.answers[0].status != 503:
                    break
                await asyncio.sleep(2)
            if tally.answers[0].status != 200 or tally.answers[0].is_wrong:
                lost.append(path)

    await asyncio.gather(*(one() for _ in range(_READERS)))
    peer.close()
    return lost
