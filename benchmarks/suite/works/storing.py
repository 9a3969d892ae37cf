"""STOW-RS: instances under UIDs that the server has not seen, so many a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from itertools import islice

from benchmarks.suite.client import Client, NotOfferedError, WrongError
from benchmarks.suite.data.corpus import digest
from benchmarks.suite.data.uids import next_number, renewed, renewed_uid
from benchmarks.suite.load import Measured, in_turn
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.work import DICOM_JSON, PART_10, Scene

BATCH = 50
_HEADERS = {
    "Content-Type": 'multipart/related; type="application/dicom"; boundary=bench',
    "Accept": DICOM_JSON,
}


def store_slices(connections: int, batch: int) -> Callable[[Server, Scene], Measured]:
    """Slices of half a megabyte; every connection has a request at least."""

    def run(server: Server, scene: Scene) -> Measured:
        numbers = [next_number()]
        while len(numbers) * len(scene.corpus.to_store) < connections * batch:
            numbers.append(next_number())
        data = [renewed(one, number) for number in numbers for one in scene.corpus.to_store]
        took = store(server, data, connections, batch)
        check_stored(server, scene, numbers[-1])
        return Measured(len(data) / took, len(data))

    return run


def store_tiny(connections: int) -> Callable[[Server, Scene], Measured]:
    """Instances without much to write: what each costs."""

    def run(server: Server, scene: Scene) -> Measured:
        number = next_number()
        data = [renewed(one, number) for one in scene.corpus.tiny]
        return Measured(len(data) / store(server, data, connections, BATCH), len(data))

    return run


def store(server: Server, data: Sequence[bytes], connections: int, batch: int = BATCH) -> float:
    """Send all of it and return the seconds until the last answer."""
    bodies = [body(data[at : at + batch]) for at in range(0, len(data), batch)]
    return in_turn(server, bodies, connections, _post)


def load(server: Server, data: Iterable[bytes], connections: int) -> None:
    """Send what need not be in memory at once."""
    in_turn(server, _bodies(iter(data)), connections, _post)


def body(instances: Sequence[bytes]) -> bytes:
    """One request's."""
    part = b"--bench\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(part + one + b"\r\n" for one in instances) + b"--bench--\r\n"


def check_stored(server: Server, scene: Scene, number: int) -> None:
    """One of those that were sent comes back with its pixels."""
    held = scene.corpus.ct[min(37, len(scene.corpus.to_store) - 1)]
    came = retrieved_pixels(server, renewed_uid(held.path, number))
    if came != held.decoded[0]:
        raise WrongError("the pixels that come back are not those that were stored")


def retrieved_pixels(server: Server, path: str) -> str:
    """The hash of what stands at the end of a Part 10 file of native pixels."""
    (part,) = Client(server).get(path, PART_10).parts()
    return digest(part[len(part) - 512 * 512 * 2 :])


def _bodies(data: Iterator[bytes]) -> Iterator[bytes]:
    while several := list(islice(data, BATCH)):
        yield body(several)


def _post(client: Client, data: bytes) -> None:
    answer = client.send("POST", "/studies", _HEADERS, data)
    if answer.status != HTTPStatus.OK:
        raise NotOfferedError(f"{answer.status} for a STOW request: {answer.body[:160]!r}")
