"""Bytes that are changed where they lie: in memory, or, of long streams, in a file without a name.

A file without a name is gone with the process that has it open, however that ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from mmap import mmap
from tempfile import TemporaryFile
from typing import Final

Buffer = bytearray | mmap

max_bytes_in_memory: Final = 32 << 20


@contextmanager
def buffer_of(pieces: Iterable[bytes], length: int) -> Iterator[Buffer]:
    """Put pieces of this length together one after the other."""
    if length <= max_bytes_in_memory:
        yield bytearray().join(pieces)
        return
    with TemporaryFile() as file:
        file.writelines(pieces)
        file.flush()
        with mmap(file.fileno(), length) as mapped:
            yield mapped


def blank(data: Buffer, begin: int, end: int, byte: bytes = b"\0") -> None:
    """Put the same byte everywhere between two places; nothing where there is nothing."""
    end = min(end, len(data))
    if begin < end:
        data[begin:end] = byte * (end - begin)
