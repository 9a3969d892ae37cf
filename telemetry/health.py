"""Is the process ready? Checks are callables that return or raise; this runs them in bounded time.

A check that hangs is not started again while it hangs, so a dead database costs one thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

max_check_s = 2.0
max_age_s = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `error` is the kind of the exception, never its words."""

    ok: bool
    duration_ms: float
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return what the health page shows."""
        shown: dict[str, object] = {"ok": self.ok, "duration_ms": round(self.duration_ms, 1)}
        return {**shown, "error": self.error} if self.error else shown


@dataclass(frozen=True, slots=True)
class Health:
    """All findings; the process is ready when every check that it needs is well."""

    findings: Mapping[str, Finding]
    needed: frozenset[str]

    @property
    def ready(self) -> bool:
        """Whether requests can be served."""
        return all(self.findings[name].ok for name in self.needed)

    @property
    def status(self) -> str:
        """``ready``, ``degraded`` (something that we can do without is down), ``unavailable``."""
        if not self.ready:
            return "unavailable"
        return "ready" if all(found.ok for found in self.findings.values()) else "degraded"


@dataclass(slots=True)
class _Check:
    run: Callable[[], object]
    lock: threading.Lock = field(default_factory=threading.Lock)
    running: threading.Thread | None = None
    since: float = 0.0
    last: Finding | None = None
    at: float = float("-inf")

    def start(self) -> None:
        with self.lock:
            fresh = time.monotonic() - self.at < max_age_s
            if fresh or (self.running is not None and self.running.is_alive()):
                return
            self.since = time.monotonic()
            self.running = threading.Thread(target=self._work, daemon=True)
            self.running.start()

    def _work(self) -> None:
        error = None
        try:
            self.run()
        except Exception as raised:  # whatever a check raises means: not well
            error = type(raised).__name__
        now = time.monotonic()
        with self.lock:
            self.last = Finding(error is None, (now - self.since) * 1000, error)
            self.at = now

    def finish(self, deadline: float) -> Finding:
        if self.running is not None:
            self.running.join(max(0.0, deadline - time.monotonic()))
        with self.lock:
            if self.last is not None and self.at >= self.since:
                return self.last
            return Finding(False, (time.monotonic() - self.since) * 1000, "TimedOut")


class Checks:
    """The checks of one process.

    Parameters
    ----------
    checks
        By name; each returns when all is well and raises when not.
    optional
        Names of what the process can do without (the broker: ingest goes on and the sweep
        announces later).
    """

    def __init__(
        self, checks: Mapping[str, Callable[[], object]], optional: frozenset[str] = frozenset()
    ) -> None:
        self._checks = {name: _Check(run) for name, run in checks.items()}
        self._needed = frozenset(checks) - optional

    def run(self) -> Health:
        """Run every check side by side, at most `max_check_s` in all."""
        deadline = time.monotonic() + max_check_s
        for check in self._checks.values():
            check.start()
        found = {name: check.finish(deadline) for name, check in self._checks.items()}
        return Health(found, self._needed)
