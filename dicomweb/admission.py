"""More requests than can be served: the surplus is refused at once, and what is taken is served.

A WSGI layer around everything else, which counts and decides; it never looks at what is asked.
The server puts requests that find no thread into a line that nobody bounds. A short line does no
harm: a browser that opens a study asks for a hundred things at a time, and all are served within
a second. A line that does not end means that more is asked for than can be done; everybody would
wait for longer and longer, and most for answers that they no longer want. So when more threads
are working than ought to, and were all through a second, newcomers are told to come again later,
each at another time, until there is room.

Long answers are given outside of a call and have places of their own (`streams`); uploads and
frames to decode are inside of one, and have theirs, too (`bodies`, `decoders`).

References
----------
RFC 9110 sections 10.2.3 (Retry-After) and 15.6.4 (503). Standing queues are told from bursts as
RFC 8289 (CoDel) does, by time and not by length.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from dicomweb.proxies import Application, Environ
from telemetry.logs import get_logger
from telemetry.metrics import count_refused

log = get_logger(__name__)

patience_s: Final = 1.0
"""For how long there may be too many, and for how long there may not until that is forgotten."""
WATCHED: Final = frozenset({"/healthz", "/healthz/live", "/metrics"})
"""Whoever watches over us learns that we are busy, not that we are dead."""

_AGAIN_S: Final = (2, 8)
_STATUS: Final = "503 Service Unavailable"
_BODY: Final = (
    b'{"error":"service-unavailable",'
    b'"message":"more is asked for at the moment than can be served; try again later"}'
)


class Crowd:
    """How many are being served, and since when that is too many.

    Parameters
    ----------
    most
        So many may be served at once at any time, and more for a moment.
    clock
        Seconds, of which only differences matter.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = 0
        self._crowded_since = self._last_crowded = float("-inf")

    def enter(self) -> bool:
        """Whether there is room for one more; then `leave` has to be called."""
        with self._lock:
            if self._inside >= self._most and self._is_standing():
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """One was served."""
        with self._lock:
            self._inside -= 1

    def _is_standing(self) -> bool:
        now = self._clock()
        if now - self._last_crowded > patience_s:
            self._crowded_since = now
        self._last_crowded = now
        return now - self._crowded_since > patience_s


class Admission:
    """The layer around a WSGI application.

    Parameters
    ----------
    max_working
        Requests that are worked on at once; a second of more is borne.
    """

    def __init__(self, application: Application, max_working: int) -> None:
        self._application = application
        self._crowd = Crowd(max_working)
        self._told_at = float("-inf")

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Serve a request, or say that it has to wait."""
        if environ.get("PATH_INFO") in WATCHED:
            return self._application(environ, start_response)
        if not self._crowd.enter():
            return self._refuse(start_response)
        try:
            return self._application(environ, start_response)
        finally:
            self._crowd.leave()

    def _refuse(self, start_response: Any) -> Iterable[bytes]:
        count_refused()
        if (now := time.monotonic()) - self._told_at > 60:
            self._told_at = now
            log.warning("more requests than can be served: newcomers are refused")
        start_response(
            _STATUS,
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(_BODY))),
                ("Cache-Control", "no-store"),
                # Not all of them at the same time; nobody gains by guessing it.
                ("Retry-After", str(random.randint(*_AGAIN_S))),  # noqa: S311
            ],
        )
        return (_BODY,)
