"""Which connections are ended: those of a silent peer, and no others."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dicomweb.sockets import Silence, hang_up

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
