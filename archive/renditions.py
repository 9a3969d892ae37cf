"""Pictures and transcoded instances that were made once, kept in files of this machine.

They are made of one version of an instance and named by it, so they are never stale; they are gone
with its object; and nothing is lost with them: what is missing or damaged is made again. All
processes of a machine share them. What is kept, and who may ask for it, is the doors' business.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from archive.errors import ArchiveError
from archive.keys import version_of
from archive.objects import ObjectStore

log = logging.getLogger(__name__)

max_kept_bytes: Final = 4 << 20
"""Of one rendition; what is longer is made each time."""

max_age_s: Final = 24 * 3600.0
"""Of one rendition. Another machine than the one that erased an instance forgets it by this."""

_TIDY_AFTER_S: Final = 600.0
_SUM_BYTES: Final = 4


class Renditions:
    """A folder of renditions, kept within bounds.

    Parameters
    ----------
    folder
        None keeps nothing.
    objects
        Where the instances are that things are made of; they are named by its keys.
    max_bytes
        Of all of them; the oldest go first. A process looks after what it wrote a sixteenth of
        that, so for a while there may be more.
    """

    def __init__(self, folder: Path | None, objects: ObjectStore, max_bytes: int) -> None:
        self._folder = folder
        self._objects = objects
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._written = 0
        self._tidied = time.monotonic() - _TIDY_AFTER_S

    def get(self, key: str, way: str) -> bytes | None:
        """What was made of an object in a way; None when it has to be made."""
        if self._folder is None:
            return None
        try:
            data = self._path(key, way).read_bytes()
        except OSError:
            return None
        # They are written without a flush, so after a power cut a file may hold anything.
        whole = int.from_bytes(data[:_SUM_BYTES], "big") == zlib.crc32(data[_SUM_BYTES:])
        return data[_SUM_BYTES:] if whole and len(data) > _SUM_BYTES else None

    def put(self, key: str, way: str, data: bytes) -> None:
        """Keep what was made of an object; a disk that refuses costs a line in the log."""
        if self._folder is None or not 0 < len(data) <= max_kept_bytes:
            return
        path = self._path(key, way)
        unfinished = path.with_name(f"{secrets.token_hex(8)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(zlib.crc32(data).to_bytes(_SUM_BYTES, "big") + data)
            unfinished.replace(path)
        except OSError as exc:
            log.warning("a rendition could not be kept: %s", type(exc).__name__)
            with suppress(OSError):
                unfinished.unlink()
            return
        # Erasure forgets renditions after objects, so none outlives its object either way.
        if not self._is_there(key):
            self.forget([key])
        self._look_after(len(data))

    def pieces(self, key: str, way: str, make: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
        """Give what is kept, or make it, passing each piece on, and keep it when it is whole."""
        known = self.get(key, way)
        if known is not None:
            yield known
            return
        made: list[bytes] = []
        size = 0
        for piece in make():
            size += len(piece)
            if size <= max_kept_bytes:
                made.append(piece)
            else:
                made.clear()
            yield piece
        if size <= max_kept_bytes:
            self.put(key, way, b"".join(made))

    def forget(self, keys: Iterable[str]) -> None:
        """Remove all that was made of objects."""
        if self._folder is None:
            return
        for key in keys:
            shutil.rmtree(self._of(key), ignore_errors=True)

    def tidy(self) -> None:
        """Remove what is too old, and then the oldest until the rest fits."""
        if self._folder is None:
            return
        found = sorted(_files(self._folder), reverse=True)
        oldest_kept, total = time.time() - max_age_s, 0
        for made_at, size, path in found:
            total += size
            if total > self._max_bytes or made_at < oldest_kept:
                total -= size
                with suppress(OSError):
                    path.unlink()
                with suppress(OSError):  # others of the same version are there
                    path.parent.rmdir()

    def _look_after(self, written: int) -> None:
        with self._lock:
            self._written += written
            now = time.monotonic()
            due = self._written > self._max_bytes // 16 or now - self._tidied > _TIDY_AFTER_S
            if not due:
                return
            self._written, self._tidied = 0, now
        threading.Thread(target=self.tidy, name="renditions", daemon=True).start()

    def _is_there(self, key: str) -> bool:
        try:
            self._objects.size(key)
        except ArchiveError:
            return False
        return True

    def _of(self, key: str) -> Path:
        assert self._folder is not None
        version = version_of(key)
        return self._folder / version[:2] / version

    def _path(self, key: str, way: str) -> Path:
        return self._of(key) / hashlib.sha256(way.encode()).hexdigest()[:24]


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file was written, its size and its path."""
    for path in folder.glob("*/*/*"):
        with suppress(OSError):  # another process removed it just now
            state = path.stat()
            yield state.st_mtime, state.st_size, path
