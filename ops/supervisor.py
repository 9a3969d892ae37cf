"""Keeping a handful of processes running until somebody says stop, and then leaving none behind.

One thread, one loop: it sleeps until a signal comes or something is due. A child that dies is
started again after a pause that grows; logs that grow too long are cut.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ops import kernel
from ops.children import Child, Program
from ops.errors import OperatorError

max_log_bytes = 32 * 1024 * 1024
max_deaths_before_ready = 3
grace_s = 25.0

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Supervisor:
    """Runs programs and looks after them.

    Parameters
    ----------
    home : Path
        `logs/<name>.log` and `run/<name>.pid` are written below it.
    say : callable
        Told what an operator wants to know, one line at a time.
    logs_to_terminal : bool
        The children write to our own stderr instead of files.
    """

    home: Path
    say: Callable[[str], None]
    logs_to_terminal: bool = False
    children: list[Child] = field(default_factory=list)
    ready: bool = False
    stopped_by: str = ""
    _stops: int = 0
    _leaving: bool = False
    _wakeups: socket.socket | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Handle signals inside, and stop every child on the way out."""
        kernel.adopt_orphans()
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        self._wakeups = reader
        heard = [number for number in _STOPPING if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._stop) for number in heard}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            self._leaving = True
            self._stop_all()
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            reader.close()
            writer.close()

    @property
    def stopping(self) -> bool:
        """Whether somebody asked us to stop."""
        return self._stops > 0

    def start(self, programs: Sequence[Program]) -> None:
        """Start the programs and look after them from now on."""
        for program in programs:
            if self.stopping:
                return
            child = Child(program, self._log_of(program))
            self.children.append(child)
            self._start(child)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the children until `until` holds or we are asked to stop.

        Raises
        ------
        OperatorError
            A child died again and again before the product was ready.
        """
        while not self.stopping and not until():
            self._sleep(0.2 if not self.ready else 1.0)
            self._reap()
            self._start_what_is_due()
            self._cut_long_logs()

    def _start(self, child: Child) -> None:
        try:
            child.start(time.monotonic())
        except OSError as exc:
            raise OperatorError(f"{child.program.name} cannot be started: {exc.strerror}") from exc
        pid_file = self.home / "run" / f"{child.program.name}.pid"
        pid_file.parent.mkdir(parents=True, exist_ok=True)
        pid_file.write_text(f"{child.pid}\n")

    def _log_of(self, program: Program) -> Path | None:
        if self.logs_to_terminal:
            return None
        folder = self.home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{program.name}.log"

    def _stop(self, number: int, _: object) -> None:
        self._stops += 1
        self.stopped_by = signal.Signals(number).name
        if self._stops > 1:  # the operator insists
            for child in self.children:
                child.signal_session(signal.SIGKILL)

    def _sleep(self, seconds: float) -> None:
        if self._wakeups is None:
            raise RuntimeError("only inside `running`")
        if select.select([self._wakeups], [], [], seconds)[0]:
            self._wakeups.recv(4096)

    def _reap(self) -> None:
        now = time.monotonic()
        for pid, status in _ended():
            child = next((child for child in self.children if child.pid == pid), None)
            if child is None:
                continue  # a grandchild whose parent died before it
            wait = child.died(now)
            if not (self.stopping or self._leaving):
                self._report(child, status, wait)

    def _report(self, child: Child, status: int, wait: float) -> None:
        name, where = child.program.name, f" (see {child.log})" if child.log else ""
        if not self.ready and child.deaths >= max_deaths_before_ready:
            lines = "\n".join(f"  {line}" for line in child.last_lines())
            raise OperatorError(f"{name} does not start{where}:\n{lines}")
        self.say(f"{name} ended {_how(status)}; starting it again in {wait:.1f} s{where}")

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if not child.alive and child.start_again_at <= now and not self.stopping:
                self._start(child)

    def _cut_long_logs(self) -> None:
        for child in self.children:
            log = child.log
            if log and log.exists() and log.stat().st_size > max_log_bytes:
                # The child appends (O_APPEND), so it goes on at the new end.
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    def _stop_all(self) -> None:
        """Stop everything at once, except that foundations wait for what stands on them."""
        deadline = time.monotonic() + grace_s
        for foundation in (False, True):
            layer = [child for child in self.children if child.program.foundation is foundation]
            for child in layer:
                child.terminate()
            self._wait_for(layer, deadline)
            for child in layer:
                child.signal_session(signal.SIGKILL)
        for child in self.children:
            (self.home / "run" / f"{child.program.name}.pid").unlink(missing_ok=True)
        self.children.clear()

    def _wait_for(self, layer: Sequence[Child], deadline: float) -> None:
        self._reap()
        while any(child.alive for child in layer) and time.monotonic() < deadline:
            self._sleep(0.1)
            self._reap()


def _ended() -> Iterator[tuple[int, int]]:
    """Yield the processes that ended since the last call, with their wait status."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"with exit code {code}" if code >= 0 else f"by signal {-code}"
