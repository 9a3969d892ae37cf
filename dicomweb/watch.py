"""One thread a process that looks at transfers under way and ends those that stand still.

Nothing here knows what is transferred, which way, or how it is ended.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Protocol


class Transfer(Protocol):
    """What is watched.

    Attributes
    ----------
    waiting_since
        Since when the other end is waited for, on the monotonic clock; None while it is not.
    closed
        Whether the transfer is over, and is to be forgotten.
    """

    waiting_since: float | None
    closed: bool

    def give_up(self) -> None:
        """End it: the other end was waited for too long."""


class Watch:
    """Gives up on transfers that wait for longer than `max_wait_s`."""

    def __init__(self, name: str, max_wait_s: float) -> None:
        self._name = name
        self._max_wait_s = max_wait_s
        self._transfers: set[Transfer] = set()
        self._lock = threading.Lock()
        self._process = 0

    def add(self, transfer: Transfer) -> None:
        """Watch a transfer until it is closed."""
        with self._lock:
            self._transfers.add(transfer)
            if self._process != os.getpid():  # a fork does not inherit threads
                self._process = os.getpid()
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(min(1.0, self._max_wait_s / 4))
            for transfer in self._standing_still():
                transfer.give_up()

    def _standing_still(self) -> list[Transfer]:
        before = time.monotonic() - self._max_wait_s
        with self._lock:
            self._transfers = {one for one in self._transfers if not one.closed}
            return [
                one
                for one in self._transfers
                if (since := one.waiting_since) is not None and since < before
            ]
