"""Long answers: only so many, none that nobody reads, and none that fails and looks whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings
from dicomweb.sockets import Delivery, Unread
from dicomweb.streams import Streams
from tests.services import wait_until


class Ends:
    """Notes whose connections were ended."""

    def __init__(self) -> None:
        self.unread: list[Unread] = []
        self.cut: list[Delivery] = []

    def streams(self, max_streams: int = 4) -> Streams:
        def end(unread: Unread) -> int:
            self.unread.append(unread)
            return 1

        def cut(delivery: Delivery, _patience_s: float) -> bool:
            self.cut.append(delivery)
            return True

        return Streams(DoorSettings(max_streams=max_streams, max_unread_s=1), end, cut)


def failing() -> Iterator[bytes]:
    yield b"12345"
    raise OSError("the disk is gone")


def test_a_place_comes_back_however_the_answer_ends() -> None:
    streams = Ends().streams(max_streams=1)
    for taken in range(3):
        stream = streams.hold([b"a", b"b"], "127.0.77.7", length_is_known=True)
        with pytest.raises(Refusal):
            streams.hold([], "127.0.77.7", length_is_known=True)
        assert [next(stream) for _ in range(taken)] == [b"a", b"b"][:taken]
        stream.close()
        stream.close()


def test_an_answer_that_fails_has_its_connection_ended() -> None:
    ends = Ends()
    stream = ends.streams(max_streams=1).hold(failing(), "127.0.77.7", length_is_known=False)
    assert next(stream) == b"12345"
    with pytest.raises(OSError, match="disk"):
        next(stream)
    assert [(one.peer, one.handed, one.pieces) for one in ends.cut] == [("127.0.77.7", 5, 1)]


def test_an_answer_that_said_its_length_is_left_to_the_server() -> None:
    ends = Ends()
    stream = ends.streams().hold(failing(), "127.0.77.7", length_is_known=True)
    with pytest.raises(OSError, match="disk"):
        list(stream)
    assert ends.cut == []


def test_a_whole_answer_is_not_cut() -> None:
    ends = Ends()
    stream = ends.streams().hold([b"a", b"b"], "127.0.77.7", length_is_known=False)
    assert list(stream) == [b"a", b"b"]
    assert ends.cut == []


def test_a_reader_who_does_not_come_back_for_more_is_given_up() -> None:
    ends = Ends()
    stream = ends.streams().hold([b"a", b"b"], "127.0.77.7", length_is_known=True)
    next(stream)
    wait_until(lambda: ends.unread, "the watch to act", 10)
    assert ends.unread[0] == Unread("127.0.77.7", 1)
    stream.close()
