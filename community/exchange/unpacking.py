"""Which files of a zip archive are a case's words, and which may be its images.

How an archive is read within bounds is `community.uploading.unpacking`'s. A name in an archive says
what a file is at most; it never becomes a path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from community.exchange.bundled import Bundled
from community.exchange.case_json import from_document
from community.exchange.errors import BadBundle
from community.exchange.export import CASE_JSON, PICTURES
from community.exchange.mirc_reading import from_mirc, is_mirc, max_document_bytes
from community.uploading.unpacking import Bounds, is_zip, named_files_of

_NOT_IMAGES: Final = (".xml", ".json", ".txt", ".md", ".jpg", ".jpeg", ".png", ".gif", ".html")
_DIRECTORY: Final = "DICOMDIR"
_OUR_DOCUMENT: Final = "KO000001"
_NO_CASE: Final = (
    "there is no case in this file: send a ZIP archive with case.json or a MIRCdocument, "
    "or a MIRCdocument by itself"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A file of an archive that may be an instance."""

    name: str
    pieces: Iterator[bytes]


def words_of(stream: IO[bytes], bounds: Bounds) -> Bundled:
    """The words of a case, from an archive or from a file by itself.

    Of an archive with both, our own document counts: it says more.

    Raises
    ------
    BadBundle, BadArchive
        There are none, or the file cannot be read.
    """
    stream.seek(0)
    if not is_zip(stream):
        data = stream.read(max_document_bytes + 1)
        stream.seek(0)
        if not is_mirc(data):
            raise BadBundle(_NO_CASE)
        return from_mirc(data)
    found: bytes | None = None
    for name, pieces in named_files_of(stream, bounds):
        base = name.rpartition("/")[2]
        if base == CASE_JSON:
            return from_document(_whole(pieces))
        if found is None and base.lower().endswith(".xml"):
            data = _whole(pieces)
            found = data if is_mirc(data) else None
    if found is None:
        raise BadBundle(_NO_CASE)
    return from_mirc(found)


def images_of(stream: IO[bytes], bounds: Bounds, *, left_out: frozenset[str]) -> Iterator[Named]:
    """The files of an archive that may be instances.

    Parameters
    ----------
    left_out
        Folders of studies that are here already.
    """
    stream.seek(0)
    if not is_zip(stream):
        return
    for name, pieces in named_files_of(stream, bounds):
        base = name.rpartition("/")[2]
        is_other = base.lower().endswith(_NOT_IMAGES) or base in (_DIRECTORY, _OUR_DOCUMENT)
        if is_other or name.startswith(f"{PICTURES}/"):
            continue
        if any(name.startswith(f"{folder}/") for folder in left_out):
            continue
        yield Named(name, pieces)


def _whole(pieces: Iterator[bytes]) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > max_document_bytes:
            raise BadBundle(f"a document of a case has at most {max_document_bytes} bytes")
    return bytes(data)
