"""A deflate stream as a file that one reads forward, never larger in memory than one chunk.

Deflated Explicit VR Little Endian (PS3.5 section A.5) may live here, and nothing about elements.
"""

import io
import zlib
from typing import BinaryIO

from imaging.errors import LimitExceeded, Malformed

_CHUNK = 64 * 1024


class InflatingReader(io.RawIOBase):
    """The inflated bytes of a deflated data set.

    Positions count from the first inflated byte. Seeking forward inflates and forgets; seeking
    back starts again from the first byte.

    Parameters
    ----------
    stream
        The file.
    offset
        Position in the file of the first deflated byte.
    max_inflated_bytes
        Reading past so many bytes raises `LimitExceeded`.
    """

    def __init__(self, stream: BinaryIO, offset: int, max_inflated_bytes: int) -> None:
        super().__init__()
        self._stream = stream
        self._offset = offset
        self._max = max_inflated_bytes
        self._restart()

    def _restart(self) -> None:
        self._stream.seek(self._offset)
        self._inflater = zlib.decompressobj(_window_bits(self._stream.read(2)))
        self._stream.seek(self._offset)
        self._buffer = b""
        self._used = 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, or as far as the data reach; the end itself cannot be sought."""
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence != io.SEEK_SET:
            raise io.UnsupportedOperation("the end of a deflate stream is found by reading")
        if offset < self._position:
            self._restart()
        while self._position < offset and self._take(min(offset - self._position, _CHUNK)):
            pass
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, fewer only at the end."""
        if size < 0:
            size = self._max + 1
        pieces = []
        while size > 0 and (piece := self._take(min(size, _CHUNK))):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type] # io gives a writable buffer
        piece = self.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def _take(self, count: int) -> bytes:
        if self._used == len(self._buffer):
            self._buffer, self._used = self._inflate(), 0
        piece = self._buffer[self._used : self._used + count]
        self._used += len(piece)
        self._position += len(piece)
        if self._position > self._max:
            raise LimitExceeded("the deflated data set inflates to more than is allowed")
        return piece

    def _inflate(self) -> bytes:
        """Inflate the next chunk; empty at the end of the deflate stream."""
        inflater = self._inflater
        while not inflater.eof:
            deflated = inflater.unconsumed_tail or self._stream.read(_CHUNK)
            try:
                inflated = inflater.decompress(deflated, _CHUNK)
            except zlib.error as exc:
                raise Malformed("the deflated data set is damaged") from exc
            if inflated:
                return inflated
            if not deflated:
                raise Malformed("the deflated data set breaks off")
        return b""


def _window_bits(head: bytes) -> int:
    # PS3.5 section A.5 asks for a bare deflate stream; some writers add the header of RFC 1950.
    wrapped = len(head) == 2 and head[0] == 0x78 and not (head[0] << 8 | head[1]) % 31
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
