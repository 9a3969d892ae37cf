"""A frame from the transfer syntax it is stored in to native pixels.

Codecs are C code and the bytes are a stranger's, so decoding happens in child processes with
bounds on memory and time (`codec_child`); a few are started when first needed, used again, and
replaced when they end. What decodes what is the table in `codecs`. Native pixels need no child.

The children are started as fresh interpreters, not forked, so that this works under threads, in
processes that a server or a worker forked, and where daemonic processes may have no children of
multiprocessing's.
"""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from imaging.byte_order import swap_words
from imaging.codec_child import receive, send
from imaging.codecs import CODECS
from imaging.errors import DecodeFailed, LimitExceeded, Unsupported
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.uids import transfer_syntax

_MIB: Final = 1024 * 1024
# What a child needs of our environment; database addresses and secrets are none of it.
_ENVIRONMENT: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
_ONE_THREAD: Final = dict.fromkeys(
    ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)


@dataclass(frozen=True, slots=True)
class CodecLimits:
    """Bounds of decoding one frame.

    Parameters
    ----------
    max_frame_bytes
        Of the decoded frame; what is larger is refused before anything is decoded.
    max_memory_bytes
        Address space that a child may take beyond what it starts with.
    max_seconds
        Processor time for one frame; the time on the clock may be `max_wait_s`.
    max_wait_s
        How long a caller waits for a free child, and then for its answer.
    max_idle_s
        After this long without a frame a child ends and gives its memory back.
    """

    max_frame_bytes: int = 256 * _MIB
    max_memory_bytes: int = 1024 * _MIB
    max_seconds: int = 20
    max_wait_s: float = 30.0
    max_idle_s: float = 300.0


class _Gone(Exception):  # noqa: N818 - a state of the child, not a fault of ours
    """The child ended before it answered."""


def can_decode(transfer_syntax_uid: str) -> bool:
    """Whether frames of this transfer syntax can be made native."""
    uid = str(transfer_syntax_uid)
    return uid in CODECS or _is_native(uid)


def decode_frame(description: FrameDescription, encoded: bytes) -> DecodedFrame:
    """Decode one frame, in one of this process's codec children.

    Parameters
    ----------
    description
        Of the frame as it is stored, with its transfer syntax.
    encoded
        All fragments of the frame, joined.

    Raises
    ------
    Unsupported
        When there is no codec for the transfer syntax.
    LimitExceeded
        When the frame, or what it declares, is larger than `CodecLimits` allow.
    DecodeFailed
        When the codec refuses the frame, crashes over it or takes too long.
    """
    return _pool.decode(description, encoded)


def _is_native(uid: str) -> bool:
    syntax = transfer_syntax(uid)
    # JPIP syntaxes are "not encapsulated" and hold no pixels at all.
    return not syntax.encapsulated and not uid.startswith("1.2.840.10008.1.2.4.")


def _native(description: FrameDescription, data: bytes) -> DecodedFrame:
    if len(data) < description.native_bytes:
        raise DecodeFailed("the frame is shorter than the data set says")
    if not transfer_syntax(description.transfer_syntax_uid).little_endian:
        data = swap_words(data, description.word_bytes)
    return DecodedFrame(data[: description.native_bytes], description.decoded())


class CodecPool:
    """A few child processes that decode frames.

    Parameters
    ----------
    size
        How many frames are decoded at once; further callers wait.
    """

    def __init__(self, size: int | None = None, limits: CodecLimits | None = None) -> None:
        self._size = size or min(4, os.cpu_count() or 1)
        self._limits = limits or CodecLimits()
        self._forget()

    def _forget(self) -> None:
        """Begin anew; after a fork the children and locks belong to the other process."""
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(self._size)
        self._idle: list[_Child] = []

    def decode(self, description: FrameDescription, encoded: bytes) -> DecodedFrame:
        """Decode one frame; see `decode_frame`."""
        if description.native_bytes > self._limits.max_frame_bytes:
            raise LimitExceeded(f"a frame has more than {self._limits.max_frame_bytes} bytes")
        if description.transfer_syntax_uid not in CODECS:
            if not _is_native(description.transfer_syntax_uid):
                raise Unsupported("there is no codec for the transfer syntax")
            return _native(description, encoded)
        if len(encoded) > self._limits.max_frame_bytes:
            raise LimitExceeded(f"a frame has more than {self._limits.max_frame_bytes} bytes")
        return self._in_child(description, encoded)

    def _in_child(self, description: FrameDescription, encoded: bytes) -> DecodedFrame:
        free = self._free
        if not free.acquire(timeout=self._limits.max_wait_s):
            raise DecodeFailed("all codec processes are busy")
        try:
            if (child := self._take()) is not None:
                # It may have ended of idleness just now, so its silence proves nothing.
                with contextlib.suppress(_Gone):
                    return self._ask(child, description, encoded)
            try:
                return self._ask(_Child(self._limits), description, encoded)
            except _Gone as error:
                raise DecodeFailed("the codec ended over the frame") from error
        finally:
            free.release()

    def _take(self) -> "_Child | None":
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _ask(self, child: "_Child", description: FrameDescription, encoded: bytes) -> DecodedFrame:
        try:
            head, data = child.ask(description, encoded)
        except BaseException:
            child.end()
            raise
        with self._lock:
            self._idle.append(child)
        return _answer(head, data, description)

    def close(self) -> None:
        """End the idle children; those at work end with this process."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()


def _answer(head: dict[str, object], data: bytes, asked: FrameDescription) -> DecodedFrame:
    if (kind := head.get("error")) is not None:
        raised = LimitExceeded if kind == "LimitExceeded" else DecodeFailed
        raise raised(str(head.get("message"))[:200])
    said = head.get("description")
    photometric = said.get("photometric_interpretation") if isinstance(said, dict) else None
    bits = said.get("bits_allocated") if isinstance(said, dict) else None
    if not isinstance(photometric, str) or bits not in (asked.bits_allocated, 8, 16, 32):
        raise DecodeFailed("the codec process gave no description")
    description = asked.decoded(photometric_interpretation=photometric[:16], bits_allocated=bits)
    if len(data) != description.native_bytes:
        raise DecodeFailed("the frame has another length than the data set says")
    return DecodedFrame(data, description)


class _Child:
    """One child process and the socket to it; used by one thread at a time."""

    def __init__(self, limits: CodecLimits) -> None:
        self._limits = limits
        self._connection, theirs = socket.socketpair()
        arguments = (limits.max_memory_bytes, limits.max_seconds, limits.max_idle_s)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, fixed arguments
                [sys.executable, "-m", "imaging.codec_child", *map(str, arguments)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                close_fds=True,
            )
        except OSError as error:
            self._connection.close()
            raise DecodeFailed("no codec process could be started") from error
        finally:
            theirs.close()

    def ask(self, description: FrameDescription, encoded: bytes) -> tuple[dict[str, object], bytes]:
        """Let it decode one frame."""
        deadline = time.monotonic() + self._limits.max_wait_s
        self._connection.settimeout(self._limits.max_wait_s)
        try:
            send(self._connection, {"description": asdict(description)}, encoded)
            self._connection.settimeout(max(0.01, deadline - time.monotonic()))
            return receive(self._connection, self._limits.max_frame_bytes)
        except TimeoutError as error:
            raise DecodeFailed("decoding the frame takes too long") from error
        except (EOFError, OSError) as error:
            raise _Gone from error
        except (ValueError, TypeError) as error:
            raise DecodeFailed("the codec process answers nonsense") from error

    def end(self) -> None:
        """End the process now."""
        self._connection.close()
        self._process.kill()
        self._process.wait()


def _environment() -> dict[str, str]:
    ours = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {**ours, **_ONE_THREAD, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}


_pool = CodecPool()
os.register_at_fork(after_in_child=_pool._forget)
atexit.register(_pool.close)
