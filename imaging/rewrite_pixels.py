"""Pixel Data on their way to Explicit VR Little Endian: decoded, turned or passed on.

Only the value of Pixel Data and the elements that change with it live here.

References
----------
PS3.5 section 8 and annex A.4; PS3.3 section C.7.6.3.
"""

import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import accumulate
from mmap import mmap
from typing import BinaryIO, Final

from imaging.byte_order import swap_words
from imaging.data_set import Bulk, DataSet, Element, PixelData
from imaging.element_headers import ITEM, UNDEFINED
from imaging.errors import DecodeFailed, LimitExceeded, Malformed, Unsupported
from imaging.frame_reading import read_exactly, read_frame
from imaging.frames import FrameTable, locate_frames
from imaging.part10 import Header, open_data_set
from imaging.pixels import DecodedFrame, FrameDescription, describe_frame
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN
from imaging.write import SEQUENCE_DELIMITER, element_head_bytes

FrameDecoder = Callable[[FrameDescription, bytes], DecodedFrame]
FrameChange = Callable[[int, DecodedFrame], DecodedFrame]
"""Changes samples of the frame of that number, from 1; what the frame is stays as it was."""

_CHUNK: Final = 256 * 1024
_MAX_NATIVE_LENGTH: Final = 0xFFFFFFFE
_MAX_ICON_BYTES: Final = 16 * 1024 * 1024
_NUMBER_OF_FRAMES, _PHOTOMETRIC, _PLANAR, _BITS_ALLOCATED = (
    0x00280008,
    0x00280004,
    0x00280006,
    0x00280100,
)


@dataclass(frozen=True, slots=True)
class NativePixels:
    """The value of Pixel Data as it will be.

    Parameters
    ----------
    changes
        Elements that say something else now than in the file, by tag.
    frames
        Gives the value in order, from the data set's stream.
    """

    tag: int
    vr: str
    length: int
    frames: Callable[[BinaryIO], Iterator[bytes]]
    changes: dict[int, Element] = field(default_factory=dict)

    def pieces(self, source: BinaryIO) -> Iterator[bytes]:
        """The whole element."""
        yield element_head_bytes(self.tag, self.vr, self.length + self.length % 2)
        yield from self.frames(source)
        if self.length % 2:
            yield b"\0"


@dataclass(frozen=True, slots=True)
class KeptFragments:
    """Encapsulated pixels that are passed on as they lie, offset tables and all.

    Parameters
    ----------
    bare
        What each codestream becomes, of the same length.
    """

    pixels: PixelData
    fragments: Sequence[int]
    changes: dict[int, Element] = field(default_factory=dict)
    bare: "BareCodestreams | BareStream | None" = None

    def pieces(self, source: BinaryIO) -> Iterator[bytes]:
        """The whole element."""
        yield element_head_bytes(self.pixels.tag, "OB", UNDEFINED)
        source.seek(self.pixels.offset)
        if self.bare is not None:
            table = self._fragment(source, self.fragments[0]) if self.fragments else b""
            yield from _items([table if self._is_table(table) else b""])
            if isinstance(self.bare, BareStream):
                yield from self._whole(source, self.bare)
            else:
                yield from self._bare(source, self.bare)
            yield SEQUENCE_DELIMITER
            return
        left = sum(self.fragments) + 8 * len(self.fragments)
        while left:
            piece = read_exactly(source, min(left, _CHUNK))
            left -= len(piece)
            yield piece
        yield SEQUENCE_DELIMITER

    def _bare(self, source: BinaryIO, bare: "BareCodestreams") -> Iterator[bytes]:
        """Fragments in groups, of which each is one codestream; a table that is none is empty."""
        group: list[bytes] = []
        for length in self.fragments[1:]:
            fragment = self._fragment(source, length)
            if group and bare.starts(fragment):
                yield from _items(_changed(group, bare.change))
                group = []
            group.append(fragment)
        if group:
            yield from _items(_changed(group, bare.change))

    def _whole(self, source: BinaryIO, bare: "BareStream") -> Iterator[bytes]:
        """All fragments as one stream, cut where they were cut."""
        lengths, at = self.fragments[1:], 0
        with bare.change(self._chunks(source, lengths), sum(lengths)) as stream:
            for length in lengths:
                yield element_head_bytes(ITEM, "", length, explicit=False)
                for begin in range(at, at + length, _CHUNK):
                    yield bytes(stream[begin : min(begin + _CHUNK, at + length)])
                at += length

    @staticmethod
    def _chunks(source: BinaryIO, lengths: Sequence[int]) -> Iterator[bytes]:
        for length in lengths:
            read_exactly(source, 8)
            for at in range(0, length, _CHUNK):
                yield read_exactly(source, min(_CHUNK, length - at))

    def _is_table(self, value: bytes) -> bool:
        offsets = array("I", value) if not len(value) % 4 else array("I")
        if sys.byteorder == "big":
            offsets.byteswap()
        places = set(accumulate((length + 8 for length in self.fragments[1:]), initial=0))
        return not value or (bool(offsets) and places.issuperset(offsets))

    @staticmethod
    def _fragment(source: BinaryIO, length: int) -> bytes:
        read_exactly(source, 8)
        return read_exactly(source, length)


@dataclass(frozen=True, slots=True)
class BareCodestreams:
    """How codestreams are changed that are passed on otherwise.

    Parameters
    ----------
    starts
        Whether a fragment is the first of one.
    change
        Gives another one of the same length.
    """

    starts: Callable[[bytes], bool]
    change: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class BareStream:
    """How fragments are changed that are one long stream together.

    Parameters
    ----------
    change
        Takes the stream in pieces and its length, and lends another one of the same length.
    """

    change: Callable[[Iterable[bytes], int], AbstractContextManager[bytearray | mmap]]


def _changed(fragments: list[bytes], change: Callable[[bytes], bytes]) -> list[bytes]:
    whole, at, made = change(b"".join(fragments)), 0, []
    for fragment in fragments:
        made.append(whole[at : at + len(fragment)])
        at += len(fragment)
    return made


def _items(values: list[bytes]) -> Iterator[bytes]:
    for value in values:
        yield element_head_bytes(ITEM, "", len(value), explicit=False)
        yield value


def kept_fragments(
    header: Header, bare: BareCodestreams | BareStream | None = None
) -> KeptFragments:
    """Prepare encapsulated pixels to be passed on."""
    pixels = header.pixel_data
    if pixels is None or pixels.fragments is None:
        raise Unsupported("there are no fragments that could be passed on")
    return KeptFragments(pixels, pixels.fragments, bare=bare)


def native_pixels(
    stream: BinaryIO,
    header: Header,
    decode: FrameDecoder | None,
    change: FrameChange | None = None,
) -> NativePixels | None:
    """Prepare the pixels of a file; of encapsulated ones the first frame is decoded at once."""
    pixels = header.pixel_data
    if pixels is None:
        return None
    if pixels.length is not None and change is None:
        return _passed_on(header, pixels, pixels.length)
    if decode is None:
        raise Unsupported("encapsulated pixels are not decoded here")
    return _decoded(stream, header, pixels, decode, change)


def frames_of(stream: BinaryIO, header: Header) -> tuple[FrameDescription, FrameTable]:
    """What the frames are and where they lie.

    Raises
    ------
    Unsupported, Malformed
        There are none, or they cannot be told apart.
    """
    pixels = header.pixel_data
    if pixels is None:
        raise Unsupported("there are no pixels that could be encoded")
    described = describe_frame(header.data_set, header.transfer_syntax_uid, pixels.vr, pixels.tag)
    if pixels.length is not None:
        # Frames are read in little endian order, whatever the file meta information says.
        described = described.in_syntax(EXPLICIT_VR_LITTLE_ENDIAN)
    table = locate_frames(stream, header)
    announced = header.data_set.integer(_NUMBER_OF_FRAMES) or 1
    if table is None or table.count < announced:
        raise Malformed("the frames cannot be told apart, or are fewer than announced")
    return described, table


def _passed_on(header: Header, pixels: PixelData, length: int) -> NativePixels:
    words = 1
    if not header.data_set.little_endian:
        description = describe_frame(
            header.data_set, header.transfer_syntax_uid, pixels.vr, pixels.tag
        )
        words = description.word_bytes

    def frames(source: BinaryIO) -> Iterator[bytes]:
        source.seek(pixels.offset)
        left = length
        while left:
            # A whole number of words, whatever their length.
            piece = read_exactly(source, min(left, _CHUNK))
            left -= len(piece)
            yield swap_words(piece, words)

    return NativePixels(pixels.tag, pixels.vr, length, frames)


def _decoded(
    stream: BinaryIO,
    header: Header,
    pixels: PixelData,
    decode: FrameDecoder,
    change: FrameChange | None,
) -> NativePixels:
    described, table = frames_of(stream, header)
    words = 1 if header.data_set.little_endian else described.word_bytes
    first = decode(described, read_frame(open_data_set(stream, header), table, 1, words))
    bits = first.description.native_bits * table.count
    if bits > 8 * _MAX_NATIVE_LENGTH:
        raise LimitExceeded("the decoded pixels are too long for Explicit VR Little Endian")

    def frames(source: BinaryIO) -> Iterator[bytes]:
        join = BitJoiner(first.description.native_bits)
        for number in range(1, table.count + 1):
            frame = decode(described, read_frame(source, table, number, words))
            if frame.description != first.description:
                raise DecodeFailed("the frames are not all of one kind")
            yield join(frame.data if change is None else change(number, frame).data)
        yield join.rest()

    vr = "OW" if first.description.bits_allocated > 8 else "OB"
    if pixels.length is not None:
        vr = pixels.vr
    changes = changes_of(header.data_set, first.description)
    return NativePixels(pixels.tag, vr, (bits + 7) // 8, frames, changes)


class BitJoiner:
    """Puts frames one after the other, also those that do not end at a byte (PS3.5 8.1.1)."""

    def __init__(self, frame_bits: int) -> None:
        self._frame_bits = frame_bits
        self._held, self._held_bits = 0, 0

    def __call__(self, frame: bytes) -> bytes:
        """What can be given of this frame and of those before it."""
        if self._frame_bits % 8 == 0:
            return frame
        bits = int.from_bytes(frame, "little") & ((1 << self._frame_bits) - 1)
        self._held |= bits << self._held_bits
        self._held_bits += self._frame_bits
        whole = self._held_bits // 8
        out = (self._held & ((1 << 8 * whole) - 1)).to_bytes(whole, "little")
        self._held >>= 8 * whole
        self._held_bits -= 8 * whole
        return out

    def rest(self) -> bytes:
        """The last bits, when there are some."""
        return bytes([self._held]) if self._held_bits else b""


def changes_of(data_set: DataSet, now: FrameDescription) -> dict[int, Element]:
    """What the pixels are now, where the file said something else or nothing."""
    made = {}
    if data_set.text(_PHOTOMETRIC) != now.photometric_interpretation:
        text = now.photometric_interpretation.encode("ascii", "replace")
        made[_PHOTOMETRIC] = Element(_PHOTOMETRIC, "CS", text)
    if data_set.integer(_BITS_ALLOCATED) != now.bits_allocated:
        value = struct.pack("<H", now.bits_allocated)
        made[_BITS_ALLOCATED] = Element(_BITS_ALLOCATED, "US", value)
    if now.samples_per_pixel > 1 and data_set.integer(_PLANAR) != now.planar_configuration:
        value = struct.pack("<H", now.planar_configuration)
        made[_PLANAR] = Element(_PLANAR, "US", value)
    return made


def decoded_icon(
    source: BinaryIO,
    element: Element,
    bulk: Bulk,
    holder: DataSet,
    header: Header,
    decode: FrameDecoder | None,
) -> Element:
    """The native pixels of an encapsulated image inside a sequence, such as an icon."""
    if decode is None:
        raise Unsupported("encapsulated pixels are not decoded here")
    if bulk.length > _MAX_ICON_BYTES:
        raise LimitExceeded(f"an icon has more than {_MAX_ICON_BYTES} bytes")
    source.seek(bulk.offset)
    fragments = split_fragments(read_exactly(source, bulk.length))
    described = describe_frame(holder, header.transfer_syntax_uid, "OB")
    frame = decode(described, b"".join(fragments[1:]))
    vr = "OW" if frame.description.bits_allocated > 8 else "OB"
    return Element(element.tag, vr, frame.data)


def split_fragments(value: bytes) -> list[bytes]:
    """What the Items of a short encapsulated value hold, a Basic Offset Table first."""
    fragments, offset = [], 0
    while offset + 8 <= len(value):
        (length,) = struct.unpack_from("<I", value, offset + 4)
        fragments.append(value[offset + 8 : offset + 8 + length])
        offset += 8 + length
    return fragments
