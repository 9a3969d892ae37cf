"""Which connections are ended: those of a silent peer, and no others."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dicomweb.sockets import Delivery, Silence, Unread, break_off, hang_up
from tests.services import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux about its sockets")

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def connection() -> Iterator[Pair]:
    """Our end, and that of a sender at an address that nobody else uses."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        theirs = socket.create_connection(listener.getsockname(), source_address=("127.0.77.7", 0))
        ours, _ = listener.accept()
        with closing(ours), closing(theirs):
            theirs.settimeout(5)
            theirs.sendall(b"begun")
            assert ours.recv(5) == b"begun"
            yield ours, theirs


def is_ended(theirs: socket.socket) -> bool:
    theirs.settimeout(0.2)
    try:
        return theirs.recv(1) == b""
    except TimeoutError:
        return False


def test_a_silent_connection_is_ended(connection: Pair) -> None:
    time.sleep(0.2)
    assert hang_up(Silence("127.0.77.7", 0.6, 5)) == 1
    assert is_ended(connection[1])


@pytest.mark.parametrize(
    "silence",
    [
        Silence("127.0.77.8", 0.0, 5),
        Silence("127.0.77.7", 60.0, 5),
        Silence("127.0.77.7", 0.0, 6),
    ],
    ids=["another peer", "not silent for so long", "fewer bytes than came"],
)
def test_other_connections_stay(connection: Pair, silence: Silence) -> None:
    assert hang_up(silence) == 0
    assert not is_ended(connection[1])


def test_looking_for_connections_touches_no_file(tmp_path: Path, connection: Pair) -> None:
    with (tmp_path / "locked").open("w"):
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are all that is wanted
        hang_up(Silence("127.0.77.8", 60.0, 5))
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def fill(ours: socket.socket) -> None:
    ours.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            ours.send(bytes(65536))


def test_a_reader_who_takes_nothing_is_ended(connection: Pair) -> None:
    ours, theirs = connection
    fill(ours)
    wait_until(lambda: hang_up(Unread("127.0.77.7", 0.8)) == 1, "the reader to be given up", 10)
    theirs.settimeout(5)
    with suppress(ConnectionError):
        while theirs.recv(1 << 20):
            pass


@pytest.mark.parametrize("seconds", [0.5, 60.0])
def test_readers_stay_who_have_taken_all_or_took_some_lately(
    connection: Pair, seconds: float
) -> None:
    ours, _ = connection
    if seconds > 1:
        fill(ours)
    time.sleep(0.1)
    assert hang_up(Unread("127.0.77.7", seconds)) == 0


def test_an_answer_that_fails_is_broken_off_once_it_arrived(connection: Pair) -> None:
    ours, theirs = connection
    ours.sendall(b"an earlier answer")
    assert theirs.recv(100)
    delivery = Delivery.begun("127.0.77.7")
    ours.sendall(bytes(1000))
    delivery.handed, delivery.pieces = 1000 - 12, 1
    assert break_off(delivery, 5)
    assert len(theirs.recv(2000)) == 1000
    assert is_ended(theirs)


@pytest.mark.parametrize("handed", [0, 1000, 200_000], ids=["none", "fewer", "more"])
def test_connections_with_another_count_of_bytes_stay(connection: Pair, handed: int) -> None:
    ours, _ = connection
    delivery = Delivery.begun("127.0.77.7")
    ours.sendall(bytes(50_000 if handed else 0))
    delivery.handed, delivery.pieces = handed, 1
    time.sleep(0.1)
    assert not break_off(delivery, 0.2)
