"""The object store port: what an archive asks of the thing that keeps bytes.

The port and the spool file live here; the two real stores are
`archive.file_objects` and `archive.s3_objects`, and `archive.object_stores`
chooses between them. A store knows keys and bytes and nothing of DICOM or of
the index.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Protocol, Self

from archive.errors import ArchiveError

CHUNK_BYTES = 1 << 20
_KEY = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9]+)*)+")


class SpoolFile:
    """A file on its way in, on the store's own volume where there is one.

    Used as a context manager it leaves nothing behind: what was not adopted
    by then is removed.

    Attributes
    ----------
    path : Path
        Where the bytes are, for as long as nobody adopted them.
    size : int
        Bytes written so far.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / f"{secrets.token_hex(16)}.part"
        self.size = 0
        self._file: BinaryIO | None = self.path.open("xb", buffering=256 * 1024)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes."""
        if self._file is None:
            raise ValueError("the spool file is closed")
        self._file.write(data)
        self.size += len(data)

    def close(self) -> None:
        """Hand the bytes to the operating system; they may still be read and adopted."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def discard(self) -> None:
        """Remove the file, if nobody adopted it."""
        with suppress(OSError):  # a full disk refuses what is still buffered, and nobody wants it
            self.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()


class Range(NamedTuple):
    """Some bytes of an object."""

    key: str
    offset: int
    length: int


class ObjectStore(Protocol):
    """What both stores do. Every key was made by `archive.keys`.

    A missing key raises `archive.errors.ObjectMissing`, a store that cannot
    be reached `archive.errors.StoreUnavailable`.

    Attributes
    ----------
    reads_at_once : int
        How many short reads take hardly longer than one.
    """

    reads_at_once: int

    def spool(self) -> SpoolFile:
        """Open a new file for bytes that arrive."""

    def adopt(self, files: Sequence[tuple[SpoolFile | Path, str]]) -> None:
        """Keep each file under its key; durable when this returns."""

    def put(self, key: str, data: bytes) -> None:
        """Keep small bytes under a key; durable when this returns."""

    def size(self, key: str) -> int:
        """Length of an object in bytes."""

    def read(self, key: str, offset: int, length: int) -> bytes:
        """One range; shorter than `length` only at the object's end."""

    def read_all(self, ranges: Sequence[Range]) -> list[bytes]:
        """Several ranges, each as `read` gives it; all of them are in memory together."""

    def stream(
        self, key: str, offset: int = 0, length: int | None = None, chunk: int = CHUNK_BYTES
    ) -> Iterator[bytes]:
        """A range in pieces of at most `chunk` bytes; the first read happens at once."""

    def open(self, key: str, size: int | None = None, ahead: int = CHUNK_BYTES) -> BinaryIO:
        """A seekable stream over the object.

        Parameters
        ----------
        size
            Of the object, for who knows it: nobody has to ask the store then.
        ahead
            How much a store that is far away gives at once, at least.
        """

    def delete(self, *keys: str) -> None:
        """Forget objects, durably when this returns; a missing one is no error."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that begins with `prefix`."""

    def sweep_spool(self, older_than_s: float) -> int:
        """Remove spool files that a dead process left; returns how many."""

    def check(self) -> None:
        """Raise `StoreUnavailable` unless the store can take and give bytes."""


def checked(key: str) -> str:
    """The key, if it is one of ours: no way out of the store's folder."""
    if _KEY.fullmatch(key) is None:
        raise ArchiveError("not an object key")
    return key


def spooled_path(file: SpoolFile | Path) -> Path:
    """Where the bytes are, closed and ready to be adopted."""
    if isinstance(file, SpoolFile):
        file.close()
        return file.path
    return file


def sweep_directory(directory: Path, older_than_s: float) -> int:
    """Remove the spool files in `directory` that nobody wrote to for a while."""
    newest_kept = time.time() - older_than_s
    removed = 0
    for path in directory.glob("*.part"):
        try:
            if path.stat().st_mtime < newest_kept:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # adopted or discarded while we looked
    return removed
