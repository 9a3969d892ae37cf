"""Videos of the quarantine for the reviewer: their stream as it was received, in ranges.

A browser plays them; nothing is decoded here and nothing is kept. What browsers have no player for
(MPEG-2, transport and program streams) is given as a file, to be looked at elsewhere.

References
----------
PS3.5 section 8.2.5 to 8.2.9 (videos as encapsulated Pixel Data); RFC 9110 section 14 (ranges).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from archive import review
from archive.access import Principal
from archive.archive import Archive
from archive.errors import NotFound
from archive.retrieve import frame_table
from imaging.uids import transfer_syntax

_MP4: Final = b"ftyp"
_HEAD: Final = 8
_PLAIN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Video:
    """The stream of a video.

    Attributes
    ----------
    pieces
        Where it lies in its object: offsets from the first byte, and lengths.
    plays
        Browsers have a player for its container.
    """

    key: str
    media_type: str
    pieces: tuple[tuple[int, int], ...]
    plays: bool

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(length for _, length in self.pieces)


def video_of(
    archive: Archive, principal: Principal | None, token: str, number: int
) -> Video | None:
    """The video that is asked about; None if it is none, or has no stream.

    Raises
    ------
    NotFound, NotAllowed, Unauthenticated
        There is no such question, or not for them.
    """
    stored = review.original_of(archive, principal, token, number)
    if not transfer_syntax(str(stored.transfer_syntax_uid)).video:
        return None
    try:
        table = frame_table(archive, stored)
    except NotFound:
        return None
    pieces = tuple(
        piece for frame in range(1, table.count + 1) for piece in table.pieces(frame) if piece[1]
    )
    if not pieces:
        return None
    plays = archive.objects.read(stored.key, pieces[0][0], _HEAD)[4:] == _MP4
    return Video(stored.key, "video/mp4" if plays else _PLAIN, pieces, plays)


def read(archive: Archive, video: Video, start: int, end: int) -> Iterator[bytes]:
    """The bytes of a stream from `start` on and before `end`."""
    at = 0
    for offset, length in video.pieces:
        first, last = max(start - at, 0), min(end - at, length)
        if first < last:
            yield from archive.objects.stream(video.key, offset + first, last - first)
        at += length
