"""A server that is asked for more than it can do: it refuses in words, and loses nothing.

Small and without limits of time: what a machine can do is no property of the code. The full run is
`python -m benchmarks.overload`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import requests

from benchmarks.leftovers import held
from benchmarks.load import BROKEN, LATE, Asked, Peer, Tally, saturate
from benchmarks.overload_phases import read_back
from benchmarks.overload_work import MIX, Mix, Place, upload, whole_study
from benchmarks.rough_peers import crowd, read_nothing, stop_reading, stop_sending
from benchmarks.templates import Template
from tests.product import Product, wait_processed
from tests.services import wait_until

FEW_THREADS = {
    "DICOMTUBE_WEB_WORKERS": "1",
    "DICOMTUBE_WEB_THREADS": "16",
    "DICOMTUBE_MAX_UPLOADS": "4",
    "DICOMTUBE_MAX_STREAMS": "4",
    "DICOMTUBE_MAX_DECODES": "2",
    "DICOMTUBE_MAX_STALL_S": "2",
    "DICOMTUBE_MAX_UNREAD_S": "2",
}
"""Eight requests are worked on at once: a hundred clients are too many on any machine."""
ROUGH = 6


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("overload"), FEW_THREADS)
    product.start(echo=False)
    yield product
    product.stop()


@pytest.fixture(scope="module")
def mix(product: Product) -> Mix:
    mix = Mix(Place("127.0.0.1", product.http_port), side=64, sent_side=32)
    mix.load()
    return mix


@pytest.fixture(scope="module")
def overloaded(mix: Mix) -> Tally:
    """What a hundred clients were answered who ask without a pause."""

    async def run() -> Tally:
        peer = Peer(mix.place.host, mix.place.port)
        tally = await saturate(peer, mix.next, 100, 5)
        peer.close()
        return tally

    return asyncio.run(run())


def test_who_is_refused_is_told_when_to_come_again(overloaded: Tally) -> None:
    refused = [one for one in overloaded.answers if one.status == 503]
    assert refused, "there was no overload"
    assert all(one.says_when for one in refused)


def test_everybody_else_is_served_what_they_asked_for(overloaded: Tally) -> None:
    others = [one for one in overloaded.answers if one.status != 503]
    assert [one for one in others if one.status not in (200, 204) or one.is_wrong] == []
    assert {one.kind for one in others} == set(MIX)
    assert overloaded.count(BROKEN, LATE) == 0


def test_nothing_that_was_acknowledged_is_lost(mix: Mix, overloaded: Tally) -> None:
    assert overloaded.acknowledged
    assert asyncio.run(read_back(mix.place, overloaded.acknowledged)) == []


def test_refusals_are_counted(product: Product, overloaded: Tally) -> None:
    text = requests.get(f"{product.url}/metrics", timeout=10).text
    line = next(one for one in text.splitlines() if one.startswith("dicomtube_refused_requests"))
    # Uploads that find no place among uploads are refused, too, and not counted here.
    assert 0 < float(line.split()[-1]) <= overloaded.count(503)


def test_afterwards_everybody_is_served_again(mix: Mix, overloaded: Tally) -> None:
    async def run() -> Tally:
        peer = Peer(mix.place.host, mix.place.port)
        await asyncio.sleep(1.5)
        tally = await saturate(peer, mix.next, 2, 1)
        peer.close()
        return tally

    tally = asyncio.run(run())
    assert tally.count(200, 204) == len(tally.answers)


@pytest.mark.parametrize("behave", [read_nothing, stop_reading, stop_sending])
def test_rough_company_leaves_nothing(product: Product, mix: Mix, behave: object) -> None:
    address = mix.place.host, mix.place.port
    database = f"sqlite:///{product.home / 'dicomtube.sqlite'}"

    def now() -> tuple[int, int, int]:
        found = held(product.home, database, product.pids("web"))
        return found.spooled, found.loose, found.instances

    def asked() -> Asked:
        if behave is stop_sending:  # of several, those that came whole would be kept
            return upload(mix.place, Template(64).series(1))
        return whole_study(mix.place, mix.study)

    wait_processed(product)
    wait_until(lambda: now()[0] == 0, "the uploads before to end")
    before = now()
    asyncio.run(crowd(ROUGH, behave, address, asked, 1.0))  # type: ignore[arg-type] # one of its kind
    wait_until(lambda: now() == before, "everything to be as it was")
    served = [mix.place.ask(whole_study(mix.place, mix.study)) for _ in range(ROUGH)]
    assert len({len(one) for one in served}) == 1
