"""One listening socket, several processes that accept from it.

Python runs one thread at a time, so a second core needs a second process. The parent only
watches: it starts again what dies, passes signals on, and its own death ends the others.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from telemetry.logs import get_logger
from telemetry.processes import forget_process

log = get_logger(__name__)

Work = Callable[[threading.Event], None]
"""Serve until the event is set."""

# A child that dies young is not started again at once, or a broken set-up would spin.
RESTART_AFTER_S = 1.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(count: int, work: Work) -> None:
    """Do `work` in `count` processes until SIGTERM or SIGINT."""
    if count == 1:
        work(_stop_on_signals())
    else:
        _Parent(count, work).watch()


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in SIGNALS:
        signal.signal(number, handle)
    return stop


class _Parent:
    def __init__(self, count: int, work: Work) -> None:
        self._work = work
        self._count = count
        self._children: set[int] = set()
        self._stopping = False
        # Nothing is ever written: the reading end sees the end of file when the parent dies.
        self._reader, self._writer = os.pipe()

    def watch(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._pass_on)
        for _ in range(self._count):
            self._start()
        while self._children:
            pid, status = os.waitpid(-1, 0)
            self._ended(pid, status)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _ended(self, pid: int, status: int) -> None:
        self._children.discard(pid)
        forget_process(pid)
        if self._stopping:
            return
        log.error("a process ended and is started again", status=os.waitstatus_to_exitcode(status))
        time.sleep(RESTART_AFTER_S)
        if not self._stopping:
            self._start()

    def _start(self) -> None:
        # A signal between fork and the note of the child would leave it running.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._child()
        self._children.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _child(self) -> None:
        code = 1
        try:
            os.close(self._writer)
            stop = _stop_on_signals()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            threading.Thread(target=self._await_parent, args=(stop,), daemon=True).start()
            self._work(stop)
            code = 0
        except Exception:
            log.exception("a process failed")
        finally:
            os._exit(code)

    def _await_parent(self, stop: threading.Event) -> None:
        os.read(self._reader, 1)
        stop.set()
