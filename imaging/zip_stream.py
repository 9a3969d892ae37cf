"""A zip archive as pieces of bytes, made as it is sent: wire format only.

What goes into an archive is its caller's. Memory holds one directory entry a file and one piece.

Files are written as *stored blocks* of the deflate method, not with the stored method: lengths and
checksums are known only after the bytes here, and a stored file whose length comes after it cannot
be read front to back (Java's ZipInputStream refuses it; viewers open downloads with that).

References
----------
ISO/IEC 21320-1 (document container: stored or deflated, no encryption), PS3.18 section 8.6.1.3.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_GATHERED_BYTES = 256 * 1024
_PRESSED, _NOT_PRESSED = 6, 0
_MAX_SHORT_BYTES = 0xF0000000


@dataclass(frozen=True, slots=True)
class File:
    """One file of an archive.

    Attributes
    ----------
    name
        With ``/`` between folders.
    pieces
        Its bytes, taken when its turn comes.
    size
        In bytes where that is known: then the longer zip64 form is used only if it must be.
    press
        Whether it gets shorter by deflating: text does, pixels do not.
    """

    name: str
    pieces: Iterable[bytes]
    size: int | None = None
    press: bool = False


def zip_pieces(files: Iterable[File]) -> Iterator[bytes]:
    """Give an archive of files, piece by piece; the same files make the same bytes."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.compresslevel = _PRESSED if file.press else _NOT_PRESSED
            long = file.size is None or file.size > _MAX_SHORT_BYTES
            # Opened by its name alone, it is dated 1980: when it was made is nobody's business.
            with archive.open(file.name, "w", force_zip64=long) as target:
                for piece in file.pieces:
                    target.write(piece)
                    if sink.held >= _GATHERED_BYTES:
                        yield from sink.taken()
    yield from sink.taken()


class _Sink(io.RawIOBase):
    """Where the library writes: a stream that cannot be wound back, emptied as it fills."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.held = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        piece = bytes(data)
        self._pieces.append(piece)
        self.held += len(piece)
        return len(piece)

    def taken(self) -> Iterator[bytes]:
        """What was written since the last time, in one piece."""
        if self._pieces:
            piece = b"".join(self._pieces)
            self._pieces, self.held = [], 0
            yield piece
