"""Objects in an S3 bucket, through obstore.

The only module that names obstore: its errors are translated here. Reads are
ranged requests of bounded size, so a slow reader holds no connection open and
a big object never lies in memory; large files go up in parts.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from archive.errors import ObjectMissing, StoreUnavailable
from archive.objects import CHUNK_BYTES, Range, SpoolFile, checked, spooled_path, sweep_directory

_UPLOADS_AT_ONCE = 8
_PART_BYTES = 8 << 20
_CLIENT = {"timeout": "60s", "connect_timeout": "5s", "pool_max_idle_per_host": "32"}
_RETRIES = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=30),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=5),
        "base": 2,
    },
}


class S3Objects:
    """An object store in a bucket.

    Parameters
    ----------
    bucket, prefix : str
        Where the objects lie.
    spool_directory : Path
        A local folder for bytes that arrive, before they go up.
    endpoint : str or None
        Another server than Amazon's. Credentials come from ``AWS_*``.
    allow_http : bool
        Whether `endpoint` may be plain http; the settings decide.
    """

    reads_at_once = 4

    def __init__(
        self,
        bucket: str,
        prefix: str,
        spool_directory: Path,
        endpoint: str | None = None,
        allow_http: bool = False,
    ) -> None:
        spool_directory.mkdir(parents=True, exist_ok=True)
        self._spool = spool_directory
        self._address = (bucket, prefix, endpoint, allow_http)
        self._lock = threading.Lock()
        self._opened: S3Store | None = None

    def spool(self) -> SpoolFile:
        """See `archive.objects.ObjectStore`; the same holds below."""
        try:
            return SpoolFile(self._spool)
        except OSError as exc:
            raise StoreUnavailable("the spool folder cannot be written") from exc

    def adopt(self, files: Sequence[tuple[SpoolFile | Path, str]]) -> None:
        pairs = [(spooled_path(file), checked(key)) for file, key in files]
        if len(pairs) == 1:
            self._upload(pairs[0])
            return
        with ThreadPoolExecutor(min(len(pairs), _UPLOADS_AT_ONCE)) as pool:
            for _ in pool.map(self._upload, pairs):
                pass  # raises what an upload raised

    def put(self, key: str, data: bytes) -> None:
        with _translated():
            obstore.put(self._store, checked(key), data)

    def size(self, key: str) -> int:
        with _translated():
            return int(obstore.head(self._store, checked(key))["size"])

    def read(self, key: str, offset: int, length: int) -> bytes:
        if length <= 0:
            return b""
        with _translated():
            found = obstore.get_range(self._store, checked(key), start=offset, length=length)
            return bytes(found)

    def read_all(self, ranges: Sequence[Range]) -> list[bytes]:
        if len(ranges) < 2:
            return [self.read(*one) for one in ranges]
        with ThreadPoolExecutor(min(len(ranges), self.reads_at_once)) as pool:
            return list(pool.map(lambda one: self.read(*one), ranges))

    def stream(
        self, key: str, offset: int = 0, length: int | None = None, chunk: int = CHUNK_BYTES
    ) -> Iterator[bytes]:
        size = self.size(key)
        end = size if length is None else min(size, offset + length)
        return self._pieces(key, offset, end, chunk)

    def open(self, key: str, size: int | None = None, ahead: int = CHUNK_BYTES) -> BinaryIO:
        reader = _RangedReader(self, key, self.size(key) if size is None else size)
        return cast(BinaryIO, io.BufferedReader(reader, buffer_size=ahead))

    def delete(self, *keys: str) -> None:
        for key in keys:
            with suppress(ObjectMissing), _translated():
                obstore.delete(self._store, checked(key))

    def keys(self, prefix: str = "") -> Iterator[str]:
        # S3 lists by whole path segments here, so a longer prefix is filtered.
        folder = prefix.rpartition("/")[0]
        with _translated():
            for batch in obstore.list(self._store, prefix=folder or None):
                yield from (
                    key for key in (str(entry["path"]) for entry in batch) if key.startswith(prefix)
                )

    def sweep_spool(self, older_than_s: float) -> int:
        return sweep_directory(self._spool, older_than_s)

    def check(self) -> None:
        with _translated():
            for _ in obstore.list(self._store, prefix="ready", chunk_size=1):
                return

    @property
    def _store(self) -> S3Store:
        # Made at first use: a client's threads do not survive a fork.
        with self._lock:
            if self._opened is None:
                self._opened = _client(*self._address)
            return self._opened

    def _upload(self, pair: tuple[Path, str]) -> None:
        path, key = pair
        with _translated():
            obstore.put(self._store, key, path, chunk_size=_PART_BYTES, max_concurrency=4)
        path.unlink(missing_ok=True)

    def _pieces(self, key: str, start: int, end: int, chunk: int) -> Iterator[bytes]:
        for offset in range(start, end, chunk):
            yield self.read(key, offset, min(chunk, end - offset))


class _RangedReader(io.RawIOBase):
    """A seekable stream whose every read is one ranged request."""

    def __init__(self, store: S3Objects, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        # typeshed's WriteableBuffer is private to stubs; these two are what io passes.
        length = min(len(buffer), self._size - self._position)
        if length <= 0:
            return 0
        data = self._store.read(self._key, self._position, length)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _client(bucket: str, prefix: str, endpoint: str | None, allow_http: bool) -> S3Store:
    options = {**_CLIENT, "allow_http": allow_http}
    place = (
        {} if endpoint is None else {"endpoint": endpoint, "virtual_hosted_style_request": False}
    )
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options=options,
        retry_config=_RETRIES,
        **place,
    )


@contextmanager
def _translated() -> Iterator[None]:
    """obstore's errors as ours."""
    try:
        yield
    except FileNotFoundError as exc:
        raise ObjectMissing("no such object") from exc
    except (BaseError, OSError) as exc:
        raise StoreUnavailable("the object store cannot be reached") from exc
