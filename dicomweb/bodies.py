"""A request's body as chunks, with a limit on its size and on the sender's silence.

The server's `wsgi.input` blocks for as long as a sender is silent and knows no deadline, so one
thread a process watches the reads that are under way and hangs up on a sender who says nothing
for too long (`sockets`). Where that cannot be done, a silent sender keeps one of `max_uploads`
places until it leaves, never one that a reader of the archive needs. What the bytes mean is no
business of this module.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from dicomweb.errors import Refusal
from dicomweb.proxies import peer_of
from dicomweb.settings import DoorSettings
from dicomweb.sockets import Silence, hang_up
from dicomweb.watch import Watch

CHUNK_BYTES = 256 * 1024
"""The server fills a whole chunk before it hands one out, so this over `max_stall_s` is also the
slowest sender that is waited for (8 kB/s with the defaults)."""

max_drained_bytes = 4 * 1024 * 1024
"""An unread rest up to this size is read and thrown away, so that the sender reads our answer
instead of a reset, and may go on using the connection."""


class Readable(Protocol):
    """What `wsgi.input` is to us."""

    def read(self, size: int, /) -> bytes: ...


class Bodies:
    """Reads the bodies of one process.

    Parameters
    ----------
    settings
        How many at once, and how long a sender may be silent.
    max_bytes
        The longest body that is taken.
    end
        Ends a silent connection and returns how many it found.
    """

    def __init__(
        self, settings: DoorSettings, max_bytes: int, end: Callable[[Silence], int] = hang_up
    ) -> None:
        self._places = threading.BoundedSemaphore(settings.max_uploads)
        self._watch = Watch("silent-senders", settings.max_stall_s)
        self._max_stall_s = settings.max_stall_s
        self._end = end
        self._max_bytes = max_bytes

    def open(self, environ: Mapping[str, Any]) -> Body:
        """Begin to read the body of a request.

        Raises
        ------
        Refusal
            413 when the announced length is past the limit, 503 when too many are being read.
        """
        announced = _announced_length(environ)
        if announced is not None and announced > self._max_bytes:
            raise Refusal.too_large(self._max_bytes)
        if not self._places.acquire(blocking=False):
            raise Refusal.busy("too many uploads at once")
        body = Body(environ, announced, self._max_bytes, self._places.release, self._hang_up_on)
        self._watch.add(body)
        return body

    def _hang_up_on(self, body: Body) -> None:
        self._end(Silence(body.peer, self._max_stall_s, body.taken))


class Body:
    """One body; a context manager that leaves the connection usable where it can.

    Attributes
    ----------
    waiting_since
        When the read that is under way began, on the monotonic clock; None between reads.
    given_up
        The watch hung up.
    """

    def __init__(
        self,
        environ: Mapping[str, Any],
        announced: int | None,
        max_bytes: int,
        release: Callable[[], None],
        hang_up_on: Callable[[Body], None],
    ) -> None:
        self._stream: Readable = environ["wsgi.input"]
        self._left = announced
        self._max_bytes = max_bytes
        self._release = release
        self._hang_up_on = hang_up_on
        self._ended = announced == 0
        self.peer = peer_of(environ)
        self.taken = 0
        self.waiting_since: float | None = None
        self.given_up = False
        self.closed = False

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._drain()
        finally:
            self.closed = True
            self._release()

    def give_up(self) -> None:
        """End the connection, whose sender is silent: the read that is under way returns."""
        self.given_up = True
        self._hang_up_on(self)

    def chunks(self) -> Iterator[bytes]:
        """Yield the body.

        Raises
        ------
        Refusal
            413 past the limit, 408 when the sender was silent for too long, 400 when the
            connection broke.
        """
        while chunk := self._next():
            if self.taken > self._max_bytes:
                raise Refusal.too_large(self._max_bytes)
            yield chunk

    def _next(self) -> bytes:
        if self._ended:
            return b""
        size = CHUNK_BYTES if self._left is None else min(CHUNK_BYTES, self._left)
        self.waiting_since = began = time.monotonic()
        try:
            chunk = self._stream.read(size)
        except Exception as exc:  # whatever a server raises about a broken connection
            self._ended = True
            raise Refusal.cut_off() from exc
        finally:
            self.waiting_since = None
        self._account(chunk)
        if self.given_up:
            self._ended = True
            raise Refusal.stalled(time.monotonic() - began)
        return chunk

    def _account(self, chunk: bytes) -> None:
        self.taken += len(chunk)
        if self._left is not None:
            self._left -= len(chunk)
        self._ended = not chunk or self._left == 0

    def _drain(self) -> None:
        drained = 0
        try:
            while drained < max_drained_bytes and (chunk := self._next()):
                drained += len(chunk)
        except Refusal:
            return  # the answer stands already, and the connection is of no more use


def _announced_length(environ: Mapping[str, Any]) -> int | None:
    """The length that the sender announced; None for a chunked body."""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text = environ.get("CONTENT_LENGTH") or "0"
    if not text.isascii() or not text.isdigit():
        raise Refusal.bad_request("the Content-Length is no number")
    return int(text)
