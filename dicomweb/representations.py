"""One retrieved thing as bytes: an instance, a frame, a bulk value, a document.

What was chosen (`negotiation`) and where things lie (`archive.retrieve`) come in, pieces of bytes
go out; requests and headers of the answer are none of this module's business. Pieces are never
joined: the server writes them one after the other.

References
----------
PS3.18 sections 8.6 and 8.7 (payloads and media types), annex F, PS3.19 annex A.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, BinaryIO

import orjson
from flask import Response

from archive.archive import Archive
from archive.objects import CHUNK_BYTES
from archive.retrieve import StoredInstance, open_instance
from dicomweb.multipart import PART_TAIL, MultipartWriter
from dicomweb.negotiation import Coding, Representation
from imaging.byte_order import WORD_LENGTHS, swap_words
from imaging.data_set import Bulk
from imaging.errors import LimitExceeded
from imaging.frames import FrameTable
from imaging.native_xml import to_xml
from imaging.part10 import Header, open_data_set, read_header
from imaging.pixels import FrameDescription, describe_frame
from imaging.rewrite import FrameDecoder, explicit_little_endian
from imaging.uids import transfer_syntax

Pieces = Sequence[bytes]
Place = tuple[int, int]
"""An offset in the data set's stream, and a length."""

max_held_bytes = 8 * 1024 * 1024
"""A frame up to this length is one read; a longer one is read as it is sent."""

max_decoded_bytes = 256 * 1024 * 1024
"""Of a frame as it is stored: what is longer is not even read to be decoded."""


def document(
    model: Mapping[str, Any] | Sequence[Mapping[str, Any]], chosen: Representation
) -> Response:
    """Answer with one object of the DICOM JSON model, or a list, in JSON or native XML."""
    if chosen.coding is not Coding.XML:
        return Response(orjson.dumps(model), content_type=chosen.media_type)
    if isinstance(model, Mapping):
        return Response(to_xml(dict(model)), content_type=chosen.media_type)
    writer = MultipartWriter()
    body = xml_parts(writer, (to_xml(dict(one)) for one in model))
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
    coding: Coding,
    decode: FrameDecoder,
    first: int = 0,
    count: int | None = None,
) -> Iterator[bytes]:
    """The Part 10 file of an instance, as stored or as Explicit VR Little Endian.

    Parameters
    ----------
    decode
        Makes frames native, where that is needed.
    first, count
        The range of bytes wanted, of an instance as stored.
    """
    if coding is Coding.AS_STORED:
        return archive.objects.stream(instance.key, first, count)
    return _explicit_pieces(archive, instance, decode)


def _explicit_pieces(
    archive: Archive, instance: StoredInstance, decode: FrameDecoder
) -> Iterator[bytes]:
    with closing(open_instance(archive, instance)) as stream:
        header = read_header(stream)
        yield from explicit_little_endian(stream, header, decode)


class Frames:
    """The frames of one instance, one way.

    Parameters
    ----------
    coding
        As stored, or decoded (and put in little endian order).
    decode
        Makes frames native, where that is needed.
    """

    def __init__(
        self,
        archive: Archive,
        instance: StoredInstance,
        table: FrameTable,
        coding: Coding,
        decode: FrameDecoder,
    ) -> None:
        self._archive = archive
        self._instance = instance
        self._table = table
        self._deflated = transfer_syntax(instance.transfer_syntax_uid).deflated
        self._decoded = coding is not Coding.AS_STORED
        self._decode = decode
        self._header: Header | None = None

    def length(self, number: int) -> int | None:
        """Bytes of a frame, when that is known without reading it."""
        if self._decoded:
            return None
        if self._table.encapsulated:
            return sum(length for _, length in self._table.pieces(number))
        return (self._table.frame_bits + 7) // 8

    def pieces(self, number: int) -> Iterable[bytes]:
        """The bytes of a frame; a sequence when they are few, else an iterator.

        Raises
        ------
        ImagingError
            The frame cannot be decoded.
        """
        places = self._table.pieces(number)
        length = sum(length for _, length in places)
        if not self._decoded:
            whole = self._table.encapsulated or not self._table.frame_bits % 8
            long = whole and length > max_held_bytes
            return self._streamed(places) if long else self._stored(number)
        if length > max_decoded_bytes:
            raise LimitExceeded(f"a stored frame has more than {max_decoded_bytes} bytes")
        frame = self._decode(self._description(), b"".join(self._stored(number)))
        return (frame.data,)

    def _stored(self, number: int) -> Pieces:
        places = self._table.pieces(number)
        first, last = places[0][0], places[-1][0] + places[-1][1]
        # Fragments follow each other, so one read covers them and the item heads in between.
        covering = self._read(first, last - first)
        if len(places) > 1:
            return [covering[at - first : at - first + length] for at, length in places]
        if self._table.encapsulated or not self._table.frame_bits % 8:
            return (covering,)
        return (_aligned(covering, self._table.bit_offset(number), self._table.frame_bits),)

    def _streamed(self, places: Sequence[Place]) -> Iterator[bytes]:
        with closing(open_instance(self._archive, self._instance)) as stream:
            source = open_data_set(stream, read_header(stream)) if self._deflated else stream
            for offset, length in places:
                yield from _range(source, offset, length)

    def _read(self, offset: int, length: int) -> bytes:
        if not self._deflated:
            return self._archive.objects.read(self._instance.key, offset, length)
        return inflated(self._archive, self._instance, offset, length)

    def _description(self) -> FrameDescription:
        header = self._header
        if header is None:
            with closing(open_instance(self._archive, self._instance)) as stream:
                header = self._header = read_header(stream)
        pixels = header.pixel_data
        vr, tag = (pixels.vr, pixels.tag) if pixels else ("OW", 0x7FE00010)
        return describe_frame(header.data_set, header.transfer_syntax_uid, vr, tag)


def _aligned(covering: bytes, bit_offset: int, bits: int) -> bytes:
    """Bits that begin inside a byte, moved to begin a byte; the rest of the last byte is zero."""
    number = int.from_bytes(covering, "little") >> bit_offset & ((1 << bits) - 1)
    return number.to_bytes((bits + 7) // 8, "little")


def inflated(archive: Archive, instance: StoredInstance, offset: int, length: int) -> bytes:
    """A range of the data set of a deflated instance."""
    return b"".join(_inflated(archive, instance, offset, length))


def _inflated(
    archive: Archive, instance: StoredInstance, offset: int, length: int
) -> Iterator[bytes]:
    with closing(open_instance(archive, instance)) as stream:
        yield from _range(open_data_set(stream, read_header(stream)), offset, length)


def _range(source: BinaryIO, offset: int, length: int) -> Iterator[bytes]:
    source.seek(offset)
    while length > 0 and (piece := source.read(min(length, CHUNK_BYTES))):
        length -= len(piece)
        yield piece


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
            return _inflated(self._archive, self._instance, at, length)
        if self._word_length == 1:
            return self._archive.objects.stream(self._instance.key, at, length)
        return self._swapped(at, at + length)

    def _swapped(self, at: int, end: int) -> Iterator[bytes]:
        # No word of 2, 4 or 8 bytes lies across two pieces of this length.
        for offset in range(at, end, CHUNK_BYTES):
            count = min(CHUNK_BYTES, end - offset)
            piece = self._archive.objects.read(self._instance.key, offset, count)
            yield swap_words(piece, self._word_length)
