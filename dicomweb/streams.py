"""Long answers: counted, watched, and broken off where they fail.

A long answer holds one of the server's threads for as long as its reader likes. So one process
gives only so many at once, ends those that nobody reads, and breaks the connection of one that
fails on the way: the server would end it as if it were whole. What the bytes are is no business
of this module.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings
from dicomweb.sockets import Delivery, Unread, break_off, hang_up
from dicomweb.watch import Watch
from telemetry.logs import get_logger

log = get_logger(__name__)


class Streams:
    """The long answers that one process is giving.

    Parameters
    ----------
    settings
        How many at once, and for how long a reader may take nothing.
    end
        Ends the connections of readers who take nothing.
    cut
        Ends the connection of an answer that fails; told for how long its reader is waited for.
    """

    def __init__(
        self,
        settings: DoorSettings,
        end: Callable[[Unread], int] = hang_up,
        cut: Callable[[Delivery, float], bool] = break_off,
    ) -> None:
        self._places = threading.BoundedSemaphore(settings.max_streams)
        self._max_unread_s = settings.max_unread_s
        self._watch = Watch("silent-readers", settings.max_unread_s)
        self._end = end
        self._cut = cut

    def hold(self, pieces: Iterable[bytes], peer: str, *, length_is_known: bool) -> Stream:
        """Give an answer inside one of the places.

        Parameters
        ----------
        peer
            Address of the reader.
        length_is_known
            Then an answer that breaks off is shorter than it said, which the server and the
            reader see by themselves.

        Raises
        ------
        Refusal
            503 when no place is free: at once, not when the first piece is taken.
        """
        if not self._places.acquire(blocking=False):
            raise Refusal.busy("too many long answers at once")
        delivery = None if length_is_known else Delivery.begun(peer)
        stream = Stream(pieces, delivery, self._places.release, self._fail, self._stop(peer))
        self._watch.add(stream)
        return stream

    def _fail(self, delivery: Delivery) -> None:
        self._cut(delivery, self._max_unread_s)

    def _stop(self, peer: str) -> Callable[[], int]:
        return lambda: self._end(Unread(peer, self._max_unread_s))


class Stream(Iterator[bytes]):
    """One answer: an iterator that gives its place back exactly once, also if it never began.

    Attributes
    ----------
    waiting_since
        When the server was given the last piece, on the monotonic clock, while it has not asked
        for the next one.
    closed
        It is over.
    """

    def __init__(
        self,
        pieces: Iterable[bytes],
        delivery: Delivery | None,
        release: Callable[[], None],
        fail: Callable[[Delivery], None],
        stop: Callable[[], int],
    ) -> None:
        self._pieces = iter(pieces)
        self._delivery = delivery
        self._release: Callable[[], None] | None = release
        self._fail = fail
        self._stop = stop
        self.waiting_since: float | None = None
        self.closed = False

    def __next__(self) -> bytes:
        self.waiting_since = None
        try:
            piece = next(self._pieces)
        except StopIteration:
            self.close()
            raise
        except BaseException:
            self._break_off()
            raise
        if self._delivery is not None:
            self._delivery.handed += len(piece)
            self._delivery.pieces += 1
        self.waiting_since = time.monotonic()
        return piece

    def _break_off(self) -> None:
        log.exception("an answer broke off")
        try:
            if self._delivery is not None:
                self._fail(self._delivery)
        finally:
            self.close()

    def give_up(self) -> None:
        """End the connection, whose reader takes nothing; the server closes the stream then."""
        self._stop()

    def close(self) -> None:
        """End the iteration; called by the server however the answer ended."""
        self.waiting_since, self.closed = None, True
        release, self._release = self._release, None
        if release is not None:
            close = getattr(self._pieces, "close", None)
            try:
                if close is not None:
                    close()
            finally:
                release()

    __del__ = close
