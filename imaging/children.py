"""Child processes in which work over a stranger's bytes is done, within bounds.

Codecs and document libraries are C code and the bytes are hostile, so what they make of them is
made elsewhere: a few processes, started when first needed, used again, and replaced when they end.
How they are started, asked, bounded and ended may live here; what they do is the table
`codec_child.JOBS`.

The children are started as fresh interpreters, not forked, so that this works under threads, in
processes that a server or a worker forked, and where daemonic processes may have no children of
multiprocessing's.
"""

import atexit
import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imaging.codec_child import ERRORS, receive, send
from imaging.errors import CodecsBusy, DecodeFailed, LimitExceeded

_MIB: Final = 1024 * 1024
# What a child needs of our environment; database addresses and secrets are none of it.
_ENVIRONMENT: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
_ONE_THREAD: Final = dict.fromkeys(
    ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)
_MAX_MESSAGE: Final = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """Bounds of one job.

    Parameters
    ----------
    max_body_bytes
        Of what is given to a job, and of what it answers.
    max_memory_bytes
        Address space that a child may take beyond what it starts with.
    max_seconds
        Processor time for one job; the time on the clock may be `max_wait_s`.
    max_wait_s
        How long a caller waits for a free child, and then for its answer.
    max_idle_s
        After this long without a job a child ends and gives its memory back.
    """

    max_body_bytes: int = 256 * _MIB
    max_memory_bytes: int = 1024 * _MIB
    max_seconds: int = 20
    max_wait_s: float = 30.0
    max_idle_s: float = 300.0


class _Gone(Exception):  # noqa: N818 - a state of the child, not a fault of ours
    """The child ended before it answered."""


def run_job(
    job: str, head: Mapping[str, Any], body: bytes = b"", *, limits: ChildLimits | None = None
) -> tuple[dict[str, Any], bytes]:
    """Do one job in one of this process's children.

    Parameters
    ----------
    job
        Key of `codec_child.JOBS`.
    head
        What JSON can say, in less than 64 KiB.
    body
        Bytes, as long as `ChildLimits.max_body_bytes`.
    limits
        Other than the usual ones. Children are kept for every value there is, so this is a
        constant of the caller's and nothing that depends on a request.

    Raises
    ------
    LimitExceeded
        When the body is too long, or the job needs more memory than it may take.
    DecodeFailed
        When the job refuses the bytes, crashes over them or takes too long.
    ImagingError
        Of any other kind that the job raises.
    """
    return _pool_of(limits or _USUAL).run(job, head, body)


def prepare_for(job: str) -> None:
    """Start a child that will soon be asked for a job, if there is none; nobody waits for it."""
    with contextlib.suppress(CodecsBusy):
        _pool_of(_USUAL).prepare_for(job)


class ChildPool:
    """A few child processes that do jobs.

    Parameters
    ----------
    size
        How many jobs are done at once; further callers wait.
    """

    def __init__(self, size: int | None = None, limits: ChildLimits | None = None) -> None:
        self._size = size or min(4, os.cpu_count() or 1)
        self._limits = limits or ChildLimits()
        self.forget()

    def forget(self) -> None:
        """Begin anew; after a fork the children and locks belong to the other process."""
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(self._size)
        self._idle: list[_Child] = []

    def run(self, job: str, head: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Do one job; see `run_job`."""
        if len(body) > self._limits.max_body_bytes:
            raise LimitExceeded(f"there are more than {self._limits.max_body_bytes} bytes")
        free = self._free
        if not free.acquire(timeout=self._limits.max_wait_s):
            raise CodecsBusy("all codec processes are busy")
        try:
            answer, data = self._in_child({"job": job, "head": dict(head)}, body)
        finally:
            free.release()
        _raise_error(job, answer)
        return answer, data

    def prepare_for(self, job: str) -> None:
        """Start the first child before it is asked; see `prepare_for`."""
        with self._lock:
            if not self._idle:
                self._idle.append(_Child(self._limits, job))

    def _in_child(self, request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        if (child := self._take()) is not None:
            # It may have ended of idleness just now, so its silence proves nothing.
            with contextlib.suppress(_Gone):
                return self._ask(child, request, body)
        try:
            return self._ask(_Child(self._limits), request, body)
        except _Gone as error:
            raise DecodeFailed("the codec process ended over the bytes") from error

    def _take(self) -> "_Child | None":
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _ask(
        self, child: "_Child", request: dict[str, Any], body: bytes
    ) -> tuple[dict[str, Any], bytes]:
        try:
            answer = child.ask(request, body)
        except BaseException:
            child.end()
            raise
        with self._lock:
            self._idle.append(child)
        return answer

    def close(self) -> None:
        """End the idle children; those at work end with this process."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()


def _raise_error(job: str, answer: dict[str, Any]) -> None:
    if (kind := answer.get("error")) is None:
        return
    if isinstance(unexpected := answer.get("unexpected"), str):
        # A library's dislike of the bytes, or a bug of ours; the place tells which.
        _log.warning("job %s: %s", job, unexpected[:_MAX_MESSAGE])
    raised = ERRORS.get(str(kind), DecodeFailed)
    raise raised(str(answer.get("message"))[:_MAX_MESSAGE])


class _Child:
    """One child process and the socket to it; used by one thread at a time."""

    def __init__(self, limits: ChildLimits, prepared_for: str = "") -> None:
        self._limits = limits
        self._connection, theirs = socket.socketpair()
        bounds = (limits.max_memory_bytes, limits.max_seconds, limits.max_idle_s)
        arguments = (*bounds, prepared_for)
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
            raise CodecsBusy("no codec process could be started") from error
        finally:
            theirs.close()

    def ask(self, request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Let it do one job."""
        deadline = time.monotonic() + self._limits.max_wait_s
        self._connection.settimeout(self._limits.max_wait_s)
        try:
            send(self._connection, request, body)
            self._connection.settimeout(max(0.01, deadline - time.monotonic()))
            return receive(self._connection, self._limits.max_body_bytes)
        except TimeoutError as error:
            raise DecodeFailed("the codec process takes too long") from error
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


_USUAL: Final = ChildLimits()
_pools: dict[ChildLimits, ChildPool] = {}
_pools_lock = threading.Lock()


def _pool_of(limits: ChildLimits) -> ChildPool:
    with _pools_lock:
        return _pools.setdefault(limits, ChildPool(limits=limits))


def _forget_all() -> None:
    global _pools_lock
    _pools_lock = threading.Lock()
    for pool in _pools.values():
        pool.forget()


def close_all() -> None:
    """End the idle children of this process, as its end does."""
    for pool in list(_pools.values()):
        pool.close()


os.register_at_fork(after_in_child=_forget_all)
atexit.register(close_all)
