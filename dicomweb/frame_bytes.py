"""Frames of one instance as bytes: as stored, native, or in another transfer syntax.

What was chosen (`negotiation`) and where frames lie (`archive.retrieve`) come in, pieces of bytes
go out. Pieces are never joined: the server writes them one after the other.

References
----------
PS3.18 section 8.7.3.3 (bulk data media types), PS3.5 section 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Protocol

from archive.archive import Archive
from archive.retrieve import StoredInstance, open_instance
from dicomweb.answers import Coding, Representation
from dicomweb.stored_bytes import Place, inflated, ranges
from imaging.errors import LimitExceeded
from imaging.frame_reading import turned_frame
from imaging.frames import FrameTable
from imaging.part10 import Header, open_data_set, read_header
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription, describe_frame
from imaging.rendering.chroma import as_described
from imaging.rewrite_pixels import BitJoiner
from imaging.uids import EXPLICIT_VR_BIG_ENDIAN, transfer_syntax

Pieces = Sequence[bytes]

max_held_bytes = 8 * 1024 * 1024
"""A frame up to this length is one read; a longer one is read as it is sent."""

max_decoded_bytes = 256 * 1024 * 1024
"""Of a frame as it is stored: what is longer is not even read to be decoded."""


class Codec(Protocol):
    """What makes frames anew; each call may take long."""

    def __call__(self, description: FrameDescription, encoded: bytes, /) -> DecodedFrame: ...

    def transcode(
        self, description: FrameDescription, encoded: bytes, target_uid: str, /
    ) -> EncodedFrame: ...


class Frames:
    """The frames of one instance, one way.

    Parameters
    ----------
    chosen
        As stored, native (and in little endian order), or in which transfer syntax.
    codec
        Makes frames anew, where that is needed.
    """

    def __init__(
        self,
        archive: Archive,
        instance: StoredInstance,
        table: FrameTable,
        chosen: Representation,
        codec: Codec,
    ) -> None:
        self._archive = archive
        self._instance = instance
        self._table = table
        self._deflated = transfer_syntax(instance.transfer_syntax_uid).deflated
        self._target = chosen.transfer_syntax if chosen.coding is Coding.TRANSCODED else None
        self._made = chosen.coding is not Coding.AS_STORED
        self._codec = codec
        self._header: Header | None = None

    @property
    def is_public(self) -> bool | None:
        """Whether anybody may read them; None where that is not known yet."""
        return self._instance.is_public

    def length(self, number: int) -> int | None:
        """Bytes of a frame, when that is known without reading it."""
        if self._made:
            return None
        if self._table.encapsulated:
            return sum(length for _, length in self._table.pieces(number))
        return (self._table.frame_bits + 7) // 8

    def pieces(self, number: int) -> Iterable[bytes]:
        """The bytes of a frame; a sequence when they are few, else an iterator.

        Raises
        ------
        ImagingError
            The frame cannot be decoded or encoded.
        """
        places = self._table.pieces(number)
        length = sum(length for _, length in places)
        if not self._made:
            whole = self._table.encapsulated or not self._table.frame_bits % 8
            long = whole and length > max_held_bytes
            return self._streamed(places) if long else self._stored(number)
        if length > max_decoded_bytes:
            raise LimitExceeded(f"a stored frame has more than {max_decoded_bytes} bytes")
        return (self._remade(number),)

    def part(self, number: int, first: int, count: int | None) -> Iterable[bytes]:
        """The frame from byte `first` on, `count` bytes of it; of one that `is_ranged`."""
        if first == 0 and count is None:
            return self.pieces(number)
        [(offset, length)] = self._table.pieces(number)
        wanted = length - first if count is None else count
        return self._archive.objects.stream(self._instance.key, offset + first, wanted)

    def is_ranged(self, number: int) -> bool:
        """Whether parts of a frame can be had: its bytes lie in the object, side by side."""
        aligned = self._table.encapsulated or not self._table.frame_bits % 8
        in_place = not self._made and not self._deflated and aligned
        return in_place and len(self._table.pieces(number)) == 1

    def joined(self) -> Iterator[bytes]:
        """All frames, native, as the one value that they are when Pixel Data is not compressed."""
        join = BitJoiner(self._description().native_bits)
        for number in range(1, self._table.count + 1):
            yield join(b"".join(self.pieces(number)))
        yield join.rest()

    def _remade(self, number: int) -> bytes:
        described = self._description()
        if described.transfer_syntax_uid == EXPLICIT_VR_BIG_ENDIAN and not self._table.encapsulated:
            # Frames may begin inside a word, so they are turned before they are taken apart.
            stored = turned_frame(self._read, self._table, number, described.word_bytes)
            described = described.decoded()
        else:
            stored = b"".join(self._stored(number))
        if self._target is not None:
            return self._codec.transcode(described, stored, self._target).data
        return as_described(self._codec(described, stored), described)

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
                yield from ranges(source, offset, length)

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
