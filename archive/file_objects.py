"""Objects as files in a folder, durable before they are acknowledged.

A file is written in the store's spool folder, renamed to its place, and forced
to disk there, with the folder that holds the name. Nobody asks for a new key
before `adopt` returned: what a power cut leaves under one earlier, whole or
not, no row names.
Files of one batch are forced together by a small pool of threads, because the
disk serves many flushes at once for little more than the price of one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from archive.errors import ObjectMissing, StoreUnavailable
from archive.objects import CHUNK_BYTES, Range, SpoolFile, checked, spooled_path, sweep_directory

_FLUSH_THREADS = 8


class FileObjects:
    """An object store in a folder of the local file system.

    Parameters
    ----------
    root : Path
        Gets ``spool/`` and ``objects/``; both must be on one volume.
    """

    reads_at_once = 1

    def __init__(self, root: Path) -> None:
        self._spool = root / "spool"
        self._objects = root / "objects"
        self._below = f"{self._objects}/"
        self._prefix = f"{self._objects}/"
        self._spool.mkdir(parents=True, exist_ok=True)
        self._objects.mkdir(parents=True, exist_ok=True)
        self._folders = _Folders(self._objects)
        self._flusher = _Flusher()

    def spool(self) -> SpoolFile:
        """See `archive.objects.ObjectStore`; the same holds below."""
        try:
            return SpoolFile(self._spool)
        except OSError as exc:
            raise StoreUnavailable("the spool folder cannot be written") from exc

    def adopt(self, files: Sequence[tuple[SpoolFile | Path, str]]) -> None:
        try:
            pairs = [(spooled_path(file), self._objects / checked(key)) for file, key in files]
            folders = {target.parent for _, target in pairs}
            for folder in folders:
                self._folders.make(folder)
            # What has a key already must stay whole until all of the new one is there.
            self._flusher.flush(path for path, target in pairs if target.exists())
            for path, target in pairs:
                path.rename(target)
            # All at once: a journalling file system writes names and files in one go.
            self._flusher.flush([*(target for _, target in pairs), *folders])
        except OSError as exc:
            raise StoreUnavailable("the object folder cannot be written") from exc

    def put(self, key: str, data: bytes) -> None:
        with self.spool() as file:
            file.write(data)
            self.adopt([(file, key)])

    def size(self, key: str) -> int:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError as exc:
            raise ObjectMissing("no such object") from exc

    def read(self, key: str, offset: int, length: int) -> bytes:
        descriptor = self._descriptor(key)
        try:
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def read_all(self, ranges: Sequence[Range]) -> list[bytes]:
        return [self.read(*one) for one in ranges]

    def stream(
        self, key: str, offset: int = 0, length: int | None = None, chunk: int = CHUNK_BYTES
    ) -> Iterator[bytes]:
        file = self.open(key)
        file.seek(offset)
        return _pieces(file, length, chunk)

    def open(self, key: str, size: int | None = None, ahead: int = CHUNK_BYTES) -> BinaryIO:
        return os.fdopen(self._descriptor(key), "rb")

    def delete(self, *keys: str) -> None:
        paths = [self._path(key) for key in keys]
        try:
            for path in paths:
                path.unlink(missing_ok=True)
            self._flusher.flush({path.parent for path in paths if path.parent.is_dir()})
        except OSError as exc:
            raise StoreUnavailable("the object folder cannot be written") from exc

    def keys(self, prefix: str = "") -> Iterator[str]:
        for folder, _, names in os.walk(self._objects):
            for name in names:
                key = Path(folder, name).relative_to(self._objects).as_posix()
                if key.startswith(prefix):
                    yield key

    def sweep_spool(self, older_than_s: float) -> int:
        return sweep_directory(self._spool, older_than_s)

    def check(self) -> None:
        with self.spool() as file:
            file.write(b"ready?")

    def _path(self, key: str) -> Path:
        return self._objects / checked(key)

    def _descriptor(self, key: str) -> int:
        try:
            return os.open(self._prefix + checked(key), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as exc:
            raise ObjectMissing("no such object") from exc


def _pieces(file: BinaryIO, length: int | None, chunk: int) -> Iterator[bytes]:
    left = length
    with file:
        while left is None or left > 0:
            piece = file.read(chunk if left is None else min(chunk, left))
            if not piece:
                return
            if left is not None:
                left -= len(piece)
            yield piece


def _force(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Flusher:
    """Forces many paths to disk at once; its threads belong to one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def flush(self, paths: Iterable[Path]) -> None:
        every = list(paths)
        if not every:
            return
        others = self._threads().map(_force, every[1:]) if every[1:] else ()
        _force(every[0])
        for _ in others:
            pass  # raises what a flush raised

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None or self._process != os.getpid():
                self._pool = ThreadPoolExecutor(_FLUSH_THREADS, thread_name_prefix="flush")
                self._process = os.getpid()
            return self._pool


class _Folders:
    """Makes folders whose own names survive a power cut.

    Another process may have made a folder and not yet forced its parent, so
    what this process has not itself forced once counts as not durable.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._durable: set[Path] = {root}

    def make(self, folder: Path) -> None:
        if folder in self._durable:
            return
        self.make(folder.parent)
        folder.mkdir(exist_ok=True)
        _force(folder.parent)
        self._durable.add(folder)
