"""One retrieved thing as bytes: an instance, a bulk value, a document; frames are `frame_bytes`.

What was chosen (`negotiation`) and where things lie (`archive.retrieve`) come in, pieces of bytes
go out; requests and headers of the answer are none of this module's business. Long pieces
are never joined: the server writes them one after the other.

References
----------
PS3.18 sections 8.6 and 8.7 (payloads and media types), annex F, PS3.19 annex A.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import orjson
from flask import Response

from archive.archive import Archive
from archive.objects import CHUNK_BYTES
from archive.retrieve import StoredInstance, open_instance
from dicomweb.frame_bytes import Codec
from dicomweb.multipart import PART_TAIL, MultipartWriter
from dicomweb.negotiation import Coding, Representation
from dicomweb.stored_bytes import inflated_pieces
from imaging.byte_order import WORD_LENGTHS, swap_words
from imaging.data_set import Bulk
from imaging.errors import LimitExceeded
from imaging.native_xml import to_xml
from imaging.part10 import read_header
from imaging.rewrite import explicit_little_endian, transcoded
from imaging.rewrite_pixels import split_fragments
from imaging.uids import transfer_syntax

Pieces = Iterable[bytes]

_VERSION = "1"
"""Of how instances are made anew: raised when the same bytes come to be made otherwise."""

_LEAST_PIECE_BYTES = 256 * 1024

max_kept_source_bytes = 16 * 1024 * 1024
"""Of an instance that is kept in other transfer syntaxes, once it was given so."""

max_icon_bytes = 16 * 1024 * 1024
"""Of a compressed image inside a sequence item, which is read as a whole."""


def document(
    model: Mapping[str, Any] | Sequence[Mapping[str, Any]], chosen: Representation
) -> Response:
    """Answer with one object of the DICOM JSON model, or a list, in JSON or native XML."""
    if chosen.coding is not Coding.XML:
        return Response(orjson.dumps(model), content_type=chosen.media_type)
    if isinstance(model, Mapping) and not chosen.multipart:
        return Response(to_xml(dict(model)), content_type=chosen.media_type)
    models = [model] if isinstance(model, Mapping) else model
    writer = MultipartWriter()
    body = xml_parts(writer, (to_xml(dict(one)) for one in models))
    return Response(b"".join(body), content_type=writer.content_type(chosen.media_type))


def xml_parts(writer: MultipartWriter, documents: Iterable[bytes]) -> Iterator[bytes]:
    """A multipart message of native XML documents."""
    for xml in documents:
        yield writer.head("application/dicom+xml")
        yield xml
        yield PART_TAIL
    yield writer.closing


def instance_pieces(
    archive: Archive,
    instance: StoredInstance,
    chosen: Representation,
    codec: Codec,
    first: int = 0,
    count: int | None = None,
) -> Iterator[bytes]:
    """The Part 10 file of an instance, as stored or in another transfer syntax.

    Parameters
    ----------
    codec
        Makes frames anew, where that is needed.
    first, count
        The range of bytes wanted, of an instance as stored.
    """
    if chosen.coding is Coding.AS_STORED:
        return archive.objects.stream(instance.key, first, count)

    def make() -> Iterator[bytes]:
        return _made_pieces(archive, instance, chosen, codec)

    if instance.size > max_kept_source_bytes:
        return make()
    way = f"instance {_VERSION} {chosen.coding} {chosen.transfer_syntax}"
    return archive.renditions.pieces(instance.key, way, make)


def _made_pieces(
    archive: Archive, instance: StoredInstance, chosen: Representation, codec: Codec
) -> Iterator[bytes]:
    with closing(open_instance(archive, instance)) as stream:
        header = read_header(stream)
        if chosen.coding is Coding.TRANSCODED:
            target = str(chosen.transfer_syntax)
            yield from _gathered(transcoded(stream, header, target, codec.transcode))
        else:
            yield from _gathered(explicit_little_endian(stream, header, codec))


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: elements are short, and each piece has a price."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _LEAST_PIECE_BYTES:
            yield b"".join(held)
            held.clear()
            size = 0
    if held:
        yield b"".join(held)


class BulkValue:
    """A long value of an instance, in little endian order."""

    def __init__(self, archive: Archive, instance: StoredInstance, bulk: Bulk, vr: str) -> None:
        self._archive = archive
        self._instance = instance
        self._bulk = bulk
        syntax = transfer_syntax(instance.transfer_syntax_uid)
        self._deflated = syntax.deflated
        self._word_length = 1 if syntax.little_endian else WORD_LENGTHS.get(vr, 1)

    @property
    def ranged(self) -> bool:
        """Whether parts of it can be had without making the whole."""
        return not self._deflated and self._word_length == 1

    def pieces(self, first: int = 0, count: int | None = None) -> Iterator[bytes]:
        """The value, or `count` bytes of it from byte `first` on when it is `ranged`."""
        length = self._bulk.length - first if count is None else count
        at = self._bulk.offset + first
        if self._deflated:
            return inflated_pieces(self._archive, self._instance, at, length)
        if self._word_length == 1:
            return self._archive.objects.stream(self._instance.key, at, length)
        return self._swapped(at, at + length)

    def _swapped(self, at: int, end: int) -> Iterator[bytes]:
        # No word of 2, 4 or 8 bytes lies across two pieces of this length.
        for offset in range(at, end, CHUNK_BYTES):
            count = min(CHUNK_BYTES, end - offset)
            piece = self._archive.objects.read(self._instance.key, offset, count)
            yield swap_words(piece, self._word_length)


def fragments_joined(archive: Archive, instance: StoredInstance, bulk: Bulk) -> Iterator[bytes]:
    """The one compressed image of a sequence item, such as an icon, without its item heads.

    Raises
    ------
    LimitExceeded
        It is longer than an icon should be.
    """
    if bulk.length > max_icon_bytes:
        raise LimitExceeded(f"an icon has more than {max_icon_bytes} bytes")
    value = archive.objects.read(instance.key, bulk.offset, bulk.length)
    yield b"".join(split_fragments(value)[1:])
