"""A request's body as chunks, with a limit on its size and on the sender's silence.

The server's `wsgi.input` blocks for as long as a sender is silent and knows no deadline, so a
thread of our own reads it, one chunk ahead, and the view waits for that thread no longer than it
is told. A sender who stays silent then costs that one thread until the connection ends, never one
of the server's; `max_uploads` bounds how many. What the bytes mean is no business of this module.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings

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
    """

    def __init__(self, settings: DoorSettings, max_bytes: int) -> None:
        self._places = threading.BoundedSemaphore(settings.max_uploads)
        self._max_stall_s = settings.max_stall_s
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
        if announced == 0:
            return Body(None, self._max_bytes)
        if not self._places.acquire(blocking=False):
            raise Refusal.busy("too many uploads at once")
        reader = _Reader(environ["wsgi.input"], self._places, self._max_stall_s)
        return Body(reader, self._max_bytes)


class Body:
    """One body; a context manager that leaves the connection usable where it can."""

    def __init__(self, reader: _Reader | None, max_bytes: int) -> None:
        self._reader = reader
        self._max_bytes = max_bytes
        self._ended = reader is None

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._drain()
        finally:
            if self._reader is not None:
                self._reader.stop()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body.

        Raises
        ------
        Refusal
            413 past the limit, 408 when the sender was silent for too long.
        """
        taken = 0
        while chunk := self._next():
            taken += len(chunk)
            if taken > self._max_bytes:
                raise Refusal.too_large(self._max_bytes)
            yield chunk

    def _next(self) -> bytes:
        if self._ended or self._reader is None:
            return b""
        try:
            chunk = self._reader.next()
        except Refusal:
            self._ended = True  # nothing more can be waited for, not even to drain it
            raise
        self._ended = not chunk
        return chunk

    def _drain(self) -> None:
        drained = 0
        try:
            while drained < max_drained_bytes and (chunk := self._next()):
                drained += len(chunk)
        except Refusal:
            return  # the answer stands already; the server closes this connection


class _Reader(threading.Thread):
    """Reads chunks when asked, so that at most one lies ready."""

    def __init__(self, stream: Readable, place: threading.Semaphore, max_stall_s: float) -> None:
        super().__init__(name="request-body", daemon=True)
        self._stream = stream
        self._place = place
        self._max_stall_s = max_stall_s
        self._wanted: SimpleQueue[bool] = SimpleQueue()
        self._read: SimpleQueue[bytes | Exception] = SimpleQueue()
        self._wanted.put(True)
        try:
            self.start()
        except RuntimeError:  # no more threads on this machine
            place.release()
            raise Refusal.busy("no thread is left to read the body") from None

    def run(self) -> None:
        try:
            while self._wanted.get():
                self._read.put(self._stream.read(CHUNK_BYTES))
        except Exception as exc:  # whatever a server raises about a broken connection
            self._read.put(exc)
        finally:
            self._place.release()

    def next(self) -> bytes:
        try:
            chunk = self._read.get(timeout=self._max_stall_s)
        except Empty:
            raise Refusal.stalled(self._max_stall_s) from None
        if isinstance(chunk, Exception):
            raise Refusal.cut_off() from chunk
        self._wanted.put(True)
        return chunk

    def stop(self) -> None:
        self._wanted.put(False)


def _announced_length(environ: Mapping[str, Any]) -> int | None:
    """The length that the sender announced; None for a chunked body."""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text = environ.get("CONTENT_LENGTH") or "0"
    if not text.isascii() or not text.isdigit():
        raise Refusal.bad_request("the Content-Length is no number")
    return int(text)
