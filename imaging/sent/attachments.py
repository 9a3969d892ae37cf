"""Values that came beside a data set, each in a file of its own, and how an element holds them.

What was sent for a BulkDataURI, as values, may live here; what is made of it is `assembly`.

References
----------
PS3.18 section 10.5.1.4 (metadata and bulk data in one request).
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imaging.data_set import Bulk
from imaging.errors import Malformed
from imaging.uids import OCTET_STREAM

_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that was sent.

    Parameters
    ----------
    media_type
        As the sender says.
    transfer_syntax_uid
        As the sender says, or None.
    """

    path: Path
    size: int
    media_type: str = OCTET_STREAM
    transfer_syntax_uid: str | None = None

    def pieces(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Its bytes, or a range of them."""
        left = self.size - offset if length is None else length
        with self.path.open("rb") as file:
            file.seek(offset)
            while left > 0 and (piece := file.read(min(left, _CHUNK))):
                left -= len(piece)
                yield piece

    def head(self, length: int) -> bytes:
        """Its first bytes."""
        with self.path.open("rb") as file:
            return file.read(length)

    @contextmanager
    def mapped(self) -> Iterator[mmap.mmap]:
        """All of it as memory that is read when it is looked at."""
        if not self.size:
            raise Malformed("a part is empty")
        with (
            self.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            yield data


@dataclass(frozen=True, slots=True)
class Attached(Bulk):
    """A value that stands in attachments: one, or the frames of pixel data in their order."""

    attachments: tuple[Attachment, ...] = ()

    @classmethod
    def of(cls, attachments: "tuple[Attachment, ...]") -> "Attached":
        """A value of so many bytes as all attachments together."""
        return cls(0, sum(one.size for one in attachments), attachments=attachments)

    def pieces(self) -> Iterator[bytes]:
        """The bytes of all attachments, one after the other."""
        for attachment in self.attachments:
            yield from attachment.pieces()
