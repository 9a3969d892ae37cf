"""One child process of the supervisor: started in a session of its own, stopped with all its own.

May live here: starting, signalling and describing one child. When to do so is decided in
`ops.supervisor`.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ops import kernel

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 15.0
_STEADY_S = 5.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.

    Parameters
    ----------
    name : str
        Names the log file and the lines on the terminal.
    command : tuple of str
        Program and arguments; no shell is involved.
    environment : mapping
        The child's whole environment.
    foundation : bool
        Others need it: it stops after they have stopped.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    foundation: bool = False


@dataclass
class Child:
    """A program and the process that runs it now, if any."""

    program: Program
    log: Path | None  # None: our own stderr
    pid: int = 0
    started_at: float = 0.0
    deaths: int = 0
    start_again_at: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether a process runs that was not reaped yet."""
        return self.pid != 0

    def start(self, now: float) -> None:
        """Run the program in a new session, with its output in the log."""
        supervisor = os.getpid()
        output = self.log.open("ab") if self.log else None
        try:
            process = subprocess.Popen(  # noqa: S603 — an argument list of our own, no shell
                self.program.command,
                env=dict(self.program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=lambda: kernel.die_with(supervisor),  # the supervisor has no threads
            )
        finally:
            if output:
                output.close()
        process.returncode = 0  # reaped by the supervisor's waitpid, never by subprocess
        self.pid, self.started_at = process.pid, now

    def died(self, now: float) -> float:
        """Take note of the end of the process; return the seconds until the next start.

        What its session still holds is killed: a server that lost its main process would
        keep the port.
        """
        self.signal_session(signal.SIGKILL)
        self.deaths = 1 if now - self.started_at > _STEADY_S else self.deaths + 1
        wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (self.deaths - 1))
        self.pid, self.start_again_at = 0, now + wait
        return wait

    def terminate(self) -> None:
        """Ask the main process to stop; it stops its own children."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def signal_session(self, number: signal.Signals) -> None:
        """Send a signal to the process and everything that it started."""
        if self.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def last_lines(self, count: int = 12) -> list[str]:
        """Return the end of the log, for the operator who has to know why it died."""
        if self.log is None or not self.log.exists():
            return []
        with self.log.open("rb") as stream:
            stream.seek(max(0, self.log.stat().st_size - 8192))
            return stream.read().decode("utf-8", "replace").splitlines()[-count:]
