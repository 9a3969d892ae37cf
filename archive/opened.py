"""A stored instance opened to be looked at: its header, its frames one by one, its long values.

What is stored and where comes from `archive.retrieve`; decoding, rendering and reading aloud are
imaging's. Reads are bounded, since what lies there is a stranger's.
"""

from __future__ import annotations

from types import TracebackType
from typing import BinaryIO, Self

from archive.archive import Archive
from archive.errors import NotFound
from archive.retrieve import StoredInstance, frame_table, open_instance
from imaging.data_set import Bulk, DataSet
from imaging.errors import LimitExceeded
from imaging.frame_reading import read_exactly, read_frame
from imaging.frames import FrameTable
from imaging.limits import Limits
from imaging.part10 import open_data_set, read_header
from imaging.pixels import FrameDescription, describe_frame

max_frame_bytes = 256 << 20
"""Of a frame, as it is stored and once it is native."""

max_table_bytes = 8 << 20
"""Of a look-up table, an overlay or another long value that says how an image is shown."""

_USUAL = Limits()


class OpenedInstance:
    """One instance, opened; a context manager.

    Parameters
    ----------
    limits
        What of its values is read at once.
    max_frame
        Bytes of a frame beyond which none is read.

    Attributes
    ----------
    stored : StoredInstance

    Raises
    ------
    NotDicom, Malformed, LimitExceeded
        Of `imaging`, when it cannot be read.
    """

    def __init__(
        self,
        archive: Archive,
        stored: StoredInstance,
        limits: Limits = _USUAL,
        max_frame: int = max_frame_bytes,
    ) -> None:
        self.stored = stored
        self._archive = archive
        self._max_frame = max_frame
        self._stream = open_instance(archive, stored)
        self._table: FrameTable | None = None
        try:
            self._header = read_header(self._stream, limits)
        except BaseException:
            self._stream.close()
            raise
        self._source: BinaryIO = open_data_set(self._stream, self._header)

    @property
    def data_set(self) -> DataSet:
        """All of the data set but long values."""
        return self._header.data_set

    @property
    def table(self) -> FrameTable:
        """Where its frames lie; `NotFound` when it has none."""
        if self._table is None:
            self._table = frame_table(self._archive, self.stored)
        return self._table

    @property
    def description(self) -> FrameDescription:
        """How each frame that `frame` gives is to be understood."""
        described = self._described
        return described if self.data_set.little_endian else described.decoded()

    @property
    def _described(self) -> FrameDescription:
        """How each frame is stored."""
        pixels = self._header.pixel_data
        if pixels is None:
            raise NotFound("this instance has no pixel data")
        return describe_frame(
            self.data_set,
            str(self._header.transfer_syntax_uid),
            pixels.vr,
            pixels.tag,
            max_frame_bytes=self._max_frame,
        )

    def frame(self, number: int) -> bytes:
        """Read a frame as it is stored, numbered from 1; big endian words are turned."""
        if sum(length for _, length in self.table.pieces(number)) > self._max_frame:
            raise LimitExceeded(f"a stored frame has more than {self._max_frame} bytes")
        words = 1 if self.data_set.little_endian else self._described.word_bytes
        return read_frame(self._source, self.table, number, words)

    def read_bulk(self, bulk: Bulk) -> bytes:
        """Read a long value that says how an image is shown."""
        return self._read(bulk, max_table_bytes)

    def value(self, tag: int, max_bytes: int) -> bytes:
        """Read a value of bytes, however long; nothing when there is none.

        Raises
        ------
        LimitExceeded
            It is longer than `max_bytes`.
        """
        element = self.data_set.get(tag)
        if element is None:
            return b""
        if element.bulk is None:
            return element.value or b""
        return self._read(element.bulk, max_bytes)

    def _read(self, bulk: Bulk, max_bytes: int) -> bytes:
        if bulk.length > max_bytes:
            raise LimitExceeded(f"a value has more than {max_bytes} bytes")
        self._source.seek(bulk.offset)
        return read_exactly(self._source, bulk.length)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
