"""How far a run over files is, told on a terminal or in a log: nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

_EVERY_S = 0.5
_EVERY_S_IN_A_LOG = 10.0


@dataclass(slots=True)
class Progress:
    """Counts files and says so now and then; a failure is said at once."""

    out: TextIO
    total: int
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    failed: int = 0
    read_bytes: int = 0
    _began: float = field(init=False)
    _said: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self._began = self.clock()

    @property
    def is_read(self) -> bool:
        """Whether a person reads this now, and nobody keeps it."""
        return self.out.isatty()

    def step(self, size: int) -> None:
        """One more file is written."""
        self.done += 1
        self.read_bytes += size
        self._say()

    def fail(self, name: str, reason: str) -> None:
        """One more file failed."""
        self.done += 1
        self.failed += 1
        self.remark(name, reason)
        self._say()

    def remark(self, name: str, words: str) -> None:
        """Say something of a file."""
        print(f"{self._clear()}{name}: {words}", file=self.out)

    def finish(self) -> None:
        """Say how it ended."""
        self._said = float("-inf")
        self._say()
        if self.out.isatty():
            print(file=self.out)

    def _clear(self) -> str:
        return "\r\x1b[K" if self.out.isatty() else ""

    def _say(self) -> None:
        now, terminal = self.clock(), self.out.isatty()
        if now - self._said < (_EVERY_S if terminal else _EVERY_S_IN_A_LOG):
            return
        self._said = now
        seconds = max(now - self._began, 1e-3)
        line = (
            f"{self.done} of {self.total} files, {self.failed} failed, "
            f"{self.done / seconds:.1f} files/s, {self.read_bytes / seconds / 1e6:.1f} MB/s"
        )
        end = "" if terminal else "\n"
        print(self._clear() + line, end=end, file=self.out, flush=True)
