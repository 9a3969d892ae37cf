"""The files of a ZIP archive that a stranger sent, read one by one within bounds.

Names in an archive are never used as paths; what it says of lengths is not believed. Whoever wants
many files, a file that grows beyond measure or one that is locked is refused with a sentence.

References
----------
PKWARE APPNOTE.TXT sections 4.3.14 to 4.3.16 (end of central directory), 4.4.4 (encryption).
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from archive.errors import ArchiveError
from community.look.words import N_

max_entries: Final = 5_000
max_directory_bytes: Final = 4 * 1024 * 1024
max_unpacked_bytes: Final = 2 * 1024**3
"""Of all files of one archive together."""
max_growth: Final = 200
"""How many times longer than in the archive a file may be, beyond `usual_file_bytes`."""
usual_file_bytes: Final = 16 * 1024 * 1024

_PIECE: Final = 1024 * 1024
_END: Final = b"PK\5\6"
_END_BYTES: Final = 22
_MAX_COMMENT: Final = 0xFFFF
_LOCATOR_64: Final = b"PK\6\7"
_END_64: Final = b"PK\6\6"
_LOCKED: Final = 1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the library raises when an archive is not as it says.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_BROKEN: Final = N_("The ZIP archive is broken. Make it anew, or send the files themselves.")


class BadArchive(ArchiveError):  # noqa: N818 - reads as the fact it states
    """A ZIP archive that is not opened, or not read on; the message says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of an archive is read."""

    entries: int
    directory_bytes: int
    unpacked_bytes: int


@dataclass
class _Room:
    """How much may still be unpacked."""

    left: int


def is_zip(stream: IO[bytes]) -> bool:
    """Whether a file begins as an archive does; it is wound back."""
    mark = stream.read(4)
    stream.seek(0)
    return mark in (b"PK\3\4", _END)


def files_of(stream: IO[bytes]) -> Iterator[Iterator[bytes]]:
    """Give each file of an archive as pieces; a file is read before the next is asked for.

    Raises
    ------
    BadArchive
        Of the whole when it is opened; of a file while its pieces are read.
    """
    bounds = Bounds(max_entries, max_directory_bytes, max_unpacked_bytes)
    return (pieces for _, pieces in named_files_of(stream, bounds))


def named_files_of(stream: IO[bytes], bounds: Bounds) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The same with the name that each has in the archive, within bounds of the caller's."""
    _check_directory(stream, bounds)
    room = _Room(bounds.unpacked_bytes)
    try:
        with zipfile.ZipFile(stream) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and not _is_clutter(entry.filename):
                    yield entry.filename, _pieces(archive, entry, room)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise BadArchive(_BROKEN) from error


def _is_clutter(name: str) -> bool:
    """What desktops put beside files."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: _Room) -> Iterator[bytes]:
    if entry.flag_bits & _LOCKED:
        raise BadArchive(N_("The ZIP archive is locked with a password. Make one without."))
    if entry.compress_type not in _METHODS:
        raise BadArchive(N_("The ZIP archive is compressed in an unusual way. Make a plain one."))
    limit = max(usual_file_bytes, entry.compress_size * max_growth)
    taken = 0
    try:
        with archive.open(entry) as file:
            while piece := file.read(_PIECE):
                taken += len(piece)
                room.left -= len(piece)
                if taken > limit or room.left < 0:
                    raise BadArchive(N_("The ZIP archive grows too long when it is unpacked."))
                yield piece
    except _DAMAGE as error:
        raise BadArchive(_BROKEN) from error


def _check_directory(stream: IO[bytes], bounds: Bounds) -> None:
    """Refuse a long table of contents before a library reads it into memory."""
    length = stream.seek(0, 2)
    start = max(0, length - _END_BYTES - _MAX_COMMENT - 20)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise BadArchive(_BROKEN)
    count, size = struct.unpack_from("<HL", tail, at + 10)
    if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR_64:
        count, size = _long_numbers(stream, *struct.unpack_from("<Q", tail, at - 12))
    stream.seek(0)
    if count > bounds.entries or size > bounds.directory_bytes:
        raise BadArchive(N_("The ZIP archive has too many files. Make several smaller ones."))


def _long_numbers(stream: IO[bytes], place: int) -> tuple[int, int]:
    stream.seek(min(place, 2**62))
    record = stream.read(56)
    if len(record) < 56 or record[:4] != _END_64:
        raise BadArchive(_BROKEN)
    count, size = struct.unpack_from("<QQ", record, 32)
    return count, size
