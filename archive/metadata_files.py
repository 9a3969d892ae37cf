"""What lies in the object that keeps a series' metadata: its text in every coding, in a row.

First the documents with commas between them, as text; then the same, deflated, so that the
texts of several series can be joined (`imaging.gzip_joining`); then the JSON array of them as a
frame of zstd. Where each begins is reckoned from their sizes, which stand in the index.

References
----------
PS3.18 annex F.2.6 (BulkDataURI), RFC 8878 (zstd).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import zstandard

from archive.objects import CHUNK_BYTES, Range, SpoolFile
from imaging.gzip_joining import Segment

MARKED_URI = b'"BulkDataURI":"@/'
"""How every BulkDataURI of a document begins. No text value can spell this: its quotes would
be escaped."""

_ZSTD_LEVEL = 9
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Written:
    """What the index is told of a file.

    Attributes
    ----------
    etag
        Of the text.
    crc32
        Of the text, as gzip reckons it.
    """

    etag: str
    plain_size: int
    gzip_size: int
    zstd_size: int
    crc32: int


@dataclass(frozen=True, slots=True)
class KeptSeries(Written):
    """Metadata of a series, ready to send.

    Attributes
    ----------
    root_url
        What every BulkDataURI begins with.
    """

    root_url: str
    key: str

    @property
    def plain(self) -> Range:
        """The documents with commas between them."""
        return Range(self.key, 0, self.plain_size)

    @property
    def deflated(self) -> Range:
        """The same as a segment for joining."""
        return Range(self.key, self.plain_size, self.gzip_size)

    @property
    def zstd(self) -> Range:
        """The JSON array."""
        return Range(self.key, self.plain_size + self.gzip_size, self.zstd_size)


def rooted(root_url: str) -> bytes:
    """How a BulkDataURI begins below a root."""
    return b'"BulkDataURI":"' + root_url.encode("ascii") + b"/"


def write(
    whole: SpoolFile, deflated: SpoolFile, pressed: SpoolFile, documents: Iterable[bytes], root: str
) -> Written:
    """Write documents into `whole`; the other two are needed meanwhile.

    Parameters
    ----------
    documents
        As the index has them: every BulkDataURI begins with a marker.
    root
        The URL that is put there.
    """
    digest = hashlib.sha256()
    segment, zstd = Segment(), zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()
    pressed.write(zstd.compress(b"["))
    for piece in _pieces(documents, rooted(root)):
        digest.update(piece)
        whole.write(piece)
        deflated.write(segment.compress(piece))
        pressed.write(zstd.compress(piece))
    deflated.write(segment.flush())
    pressed.write(zstd.compress(b"]") + zstd.flush())
    sizes = whole.size, deflated.size, pressed.size
    for one in (deflated, pressed):
        _append(whole, one)
    return Written(digest.hexdigest()[:32], *sizes, segment.crc32)


def _pieces(documents: Iterable[bytes], uri: bytes) -> Iterator[bytes]:
    """The text in pieces that are worth a call."""
    held: list[bytes] = []
    size, is_first = 0, True
    for document in documents:
        if not is_first:
            held.append(b",")
        held.append(document.replace(MARKED_URI, uri))
        size, is_first = size + len(document), False
        if size >= _PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _append(whole: SpoolFile, part: SpoolFile) -> None:
    part.close()
    with part.path.open("rb") as source:
        while piece := source.read(CHUNK_BYTES):
            whole.write(piece)
