"""Volumes put together for requests: made once, kept for the next ones, within bounds.

A volume is a file without a name, so what is bounded is disk, and the pages of it that the kernel
holds. Only so many requests work on volumes at once; whoever comes beyond is told to come again.

References
----------
``docs/decisions/0120-volumes.md``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dicomweb.errors import Refusal
from imaging.volumes.volume import Volume

max_kept_bytes: Final = 1024 * 1024 * 1024
"""Of all volumes that one process keeps on disk; the newest is kept in any case."""

max_at_once: Final = 2
"""Requests of one process that work on a volume."""


class VolumeStore:
    """The volumes of one process.

    Parameters
    ----------
    folder
        In whose file system their files are made.
    """

    def __init__(
        self, folder: Path, max_bytes: int = max_kept_bytes, at_once: int = max_at_once
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._places = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Volume] = OrderedDict()
        self._building: dict[str, threading.Lock] = {}

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places for work on volumes.

        Raises
        ------
        Refusal
            503 when none is free: at once.
        """
        if not self._places.acquire(blocking=False):
            raise Refusal.busy("too many volumes are being rendered at once")
        try:
            yield
        finally:
            self._places.release()

    def get(self, key: str, build: Callable[[Path], Volume]) -> Volume:
        """The volume of a key, built now if it is not kept; by one request at a time."""
        with self._lock:
            of_key = self._building.setdefault(key, threading.Lock())
        try:
            with of_key:
                volume = self._known(key)
                if volume is None:
                    volume = build(self._folder)
                    self._keep(key, volume)
                return volume
        finally:
            with self._lock:
                self._building.pop(key, None)

    def _known(self, key: str) -> Volume | None:
        with self._lock:
            volume = self._kept.get(key)
            if volume is not None:
                self._kept.move_to_end(key)
            return volume

    def _keep(self, key: str, volume: Volume) -> None:
        with self._lock:
            self._kept[key] = volume
            # What is forgotten lives on until the request that uses it has ended.
            while len(self._kept) > 1 and self._size() > self._max_bytes:
                self._kept.popitem(last=False)

    def _size(self) -> int:
        return sum(volume.size for volume in self._kept.values())
