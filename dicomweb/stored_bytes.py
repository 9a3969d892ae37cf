"""Ranges of a stored data set, wherever its bytes lie: in the object, or in what it inflates to.

Shared by `frame_bytes` and `representations`; what the bytes mean is their business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

from archive.archive import Archive
from archive.objects import CHUNK_BYTES
from archive.retrieve import StoredInstance, open_instance
from imaging.part10 import open_data_set, read_header

Place = tuple[int, int]
"""An offset in the data set's stream, and a length."""


def inflated(archive: Archive, instance: StoredInstance, offset: int, length: int) -> bytes:
    """A range of the data set of a deflated instance."""
    return b"".join(inflated_pieces(archive, instance, offset, length))


def inflated_pieces(
    archive: Archive, instance: StoredInstance, offset: int, length: int
) -> Iterator[bytes]:
    with closing(open_instance(archive, instance)) as stream:
        yield from ranges(open_data_set(stream, read_header(stream)), offset, length)


def ranges(source: BinaryIO, offset: int, length: int) -> Iterator[bytes]:
    source.seek(offset)
    while length > 0 and (piece := source.read(min(length, CHUNK_BYTES))):
        length -= len(piece)
        yield piece
