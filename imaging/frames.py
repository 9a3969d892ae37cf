"""Where each frame of Pixel Data lies, found once and kept in a few bytes.

The table of frames and how it is made from a header may live here. What the bytes of a frame
mean is `transcode` and `render`.
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from itertools import count as heads
from operator import add
from typing import BinaryIO, Final

from imaging.data_set import DataSet, PixelData
from imaging.errors import Malformed
from imaging.frame_grouping import (
    CODESTREAM_HEAD_LENGTH,
    Grouping,
    group_fragments,
    is_codestream_start,
)
from imaging.part10 import Header, open_data_set
from imaging.uids import RLE_LOSSLESS, transfer_syntax

_NATIVE: Final = struct.Struct("<cQQQ")
_ENCAPSULATED: Final = struct.Struct("<cQIII")
_MAX_FRAMES: Final = 0x7FFFFFFF

_SAMPLES_PER_PIXEL: Final = 0x00280002
_PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
_NUMBER_OF_FRAMES: Final = 0x00280008
_ROWS: Final = 0x00280010
_COLUMNS: Final = 0x00280011
_BITS_ALLOCATED: Final = 0x00280100
_EXTENDED_OFFSET_TABLE: Final = 0x7FE00001

# PS3.3 section C.7.6.16: these say by their tag how wide a sample is.
_BITS_BY_TAG: Final = {0x7FE00008: 32, 0x7FE00009: 64}
# PS3.3 section C.7.6.3.1.2: samples that a pixel has on average where chrominance is halved.
_SUBSAMPLED_HALVES: Final = {"YBR_FULL_422": 4, "YBR_PARTIAL_422": 4, "YBR_PARTIAL_420": 3}


class FrameOutOfRange(IndexError):  # noqa: N818 - reads as the fact it states
    """There is no frame of that number."""


@dataclass(frozen=True, slots=True)
class FrameTable:
    """The place of every frame, in offsets that count as those of `Bulk`.

    Parameters
    ----------
    count
        Frames that are there, whatever Number of Frames says.
    offset
        Of the first native frame; of the head of the first fragment after the offset table.
    frame_bits
        Size of a native frame; 0 of encapsulated ones.
    lengths
        Of the fragments.
    starts
        Index of each frame's first fragment and, last, one past the last frame's; empty when
        each frame is one fragment.
    """

    count: int
    offset: int
    frame_bits: int = 0
    lengths: Sequence[int] = ()
    starts: Sequence[int] = ()
    _places: Sequence[int] = field(default=(), repr=False)

    def pieces(self, number: int) -> list[tuple[int, int]]:
        """Offset and length of each fragment of a frame, numbered from 1.

        A native frame is one piece. When it does not begin and end at a byte, the piece covers
        it and `bit_offset` says where it begins.
        """
        if not 1 <= number <= self.count:
            raise FrameOutOfRange(f"frame {number} of {self.count}")
        if self.frame_bits:
            first = (number - 1) * self.frame_bits
            start, end = first // 8, (first + self.frame_bits + 7) // 8
            return [(self.offset + start, end - start)]
        if not self.starts:
            return [(self._places[number - 1], self.lengths[number - 1])]
        fragments = range(self.starts[number - 1], self.starts[number])
        return [(self._places[index], self.lengths[index]) for index in fragments]

    def bit_offset(self, number: int) -> int:
        """Bits of the first byte of a frame that belong to the frame before it, lowest first."""
        return (number - 1) * self.frame_bits % 8

    @property
    def encapsulated(self) -> bool:
        """Whether frames are rows of fragments."""
        return not self.frame_bits

    def to_bytes(self) -> bytes:
        """A form to keep: 25 bytes for native frames, a few bits a fragment for others."""
        if self.frame_bits:
            return _NATIVE.pack(b"N", self.count, self.offset, self.frame_bits)
        head = _ENCAPSULATED.pack(
            b"E", self.offset, self.count, len(self.lengths), len(self.starts)
        )
        sizes = array("I", (end - start for start, end in pairwise(self.starts)))
        return head + zlib.compress(_planes(self.lengths) + _planes(sizes))

    @classmethod
    def from_bytes(cls, kept: bytes) -> "FrameTable":
        """The table that `to_bytes` made."""
        try:
            if kept[:1] == b"N":
                return cls(*_NATIVE.unpack(kept)[1:])
            _, offset, count, fragments, starts = _ENCAPSULATED.unpack_from(kept)
            planes = zlib.decompress(kept[_ENCAPSULATED.size :])
        except (struct.error, zlib.error) as exc:
            raise Malformed("a kept frame table is damaged") from exc
        sizes = _from_planes(planes[4 * fragments :])
        grouping = array("I", accumulate(sizes, initial=0)) if starts else array("I")
        return encapsulated_table(count, offset, _from_planes(planes[: 4 * fragments]), grouping)


def encapsulated_table(
    count: int, offset: int, lengths: "array[int]", starts: "array[int]"
) -> FrameTable:
    """A table over fragments; fragments follow each other, so their lengths place them."""
    places = array("Q", map(add, accumulate(lengths, initial=offset + 8), heads(0, 8)))
    return FrameTable(count, offset, 0, lengths, starts, places)


def locate_frames(stream: BinaryIO, header: Header) -> FrameTable | None:
    """Find every frame of a file.

    Parameters
    ----------
    stream
        The file whose header this is.

    Returns
    -------
    FrameTable or None
        None when there are no pixels, or nothing tells where a frame begins and ends.

    References
    ----------
    PS3.5 section 8 and annex A.4, PS3.3 sections C.7.6.3 and C.7.6.16.
    """
    pixel_data = header.pixel_data
    if pixel_data is None:
        return None
    if pixel_data.length is not None:
        return _native_table(header.data_set, pixel_data, pixel_data.length)
    return _encapsulated_table(open_data_set(stream, header), header, pixel_data)


def check_pixel_data(header: Header, table: FrameTable | None) -> str | None:
    """Say what is wrong with the pixels of a file whose header could be read, if anything is.

    A file that breaks off is not seen here: `read_header` refuses it. What is seen here is kept
    by other archives, so it is worth a warning and no refusal.
    """
    if header.pixel_data is None:
        return None
    if table is None:
        return "Pixel Data do not divide into frames as Rows, Columns and Bits Allocated say"
    announced = _number_of_frames(header.data_set) or 1
    if table.count < announced and not _is_video(header):
        return f"Pixel Data hold {table.count} of {announced} frames"
    return None


def _native_table(data_set: DataSet, pixels: PixelData, length: int) -> FrameTable | None:
    announced = _number_of_frames(data_set) or 1
    table = None
    for frame_bits in _native_frame_bits(data_set, pixels.tag):
        frames = min(announced, length * 8 // frame_bits)
        if frames and (table is None or frames > table.count):
            table = FrameTable(frames, pixels.offset, frame_bits)
    return table


def _native_frame_bits(data_set: DataSet, tag: int) -> list[int]:
    """Sizes that a frame can have, the one to be believed first if the pixels are long enough."""
    samples = data_set.integer(_SAMPLES_PER_PIXEL) or 1
    bits = _BITS_BY_TAG.get(tag) or data_set.integer(_BITS_ALLOCATED) or 0
    pixels = (data_set.integer(_ROWS) or 0) * (data_set.integer(_COLUMNS) or 0)
    halves = _SUBSAMPLED_HALVES.get(data_set.text(_PHOTOMETRIC_INTERPRETATION))
    sizes = [pixels * samples * bits]
    if halves is not None:
        sizes.append(pixels * bits * halves // 2)
    return [size for size in sizes if size > 0]


def _encapsulated_table(stream: BinaryIO, header: Header, pixels: PixelData) -> FrameTable | None:
    items = pixels.fragments
    if items is None or len(items) < 2:
        return None
    lengths = items[1:]
    offset = pixels.offset + 8 + items[0]
    grouping = _grouping(stream, header, offset, lengths)
    if grouping is None:
        return None
    each_is_one = grouping[-1] == len(grouping) - 1
    starts = array("I", () if each_is_one else grouping)
    return encapsulated_table(len(grouping) - 1, offset, lengths, starts)


def _grouping(
    stream: BinaryIO, header: Header, offset: int, lengths: "array[int]"
) -> Grouping | None:
    if _is_video(header):
        return (0, len(lengths))
    places = encapsulated_table(len(lengths), offset, lengths, array("I"))

    def starts_frame(index: int) -> bool:
        # PS3.5 section A.4.2: a frame in RLE is one fragment.
        if header.transfer_syntax_uid == RLE_LOSSLESS:
            return True
        stream.seek(places.pieces(index + 1)[0][0])
        return is_codestream_start(stream.read(CODESTREAM_HEAD_LENGTH))

    frames = _number_of_frames(header.data_set)
    return group_fragments(lengths, _offsets(stream, header, len(lengths)), frames, starts_frame)


def _offsets(stream: BinaryIO, header: Header, fragments: int) -> "array[int]":
    """What the extended or the basic offset table says; nothing when it cannot be true."""
    extended = header.data_set.get(_EXTENDED_OFFSET_TABLE)
    if extended is not None and extended.value:
        return _integers("Q", extended.value)
    if extended is not None and extended.bulk is not None:
        return _read_integers("Q", stream, extended.bulk.offset, extended.bulk.length, fragments)
    pixels = header.pixel_data
    if pixels is None or not pixels.fragments:
        return array("Q")
    return _read_integers("I", stream, pixels.offset + 8, pixels.fragments[0], fragments)


def _read_integers(
    code: str, stream: BinaryIO, offset: int, length: int, most: int
) -> "array[int]":
    if length > most * struct.calcsize(code):
        return array(code)
    stream.seek(offset)
    return _integers(code, stream.read(length))


def _integers(code: str, value: bytes) -> "array[int]":
    integers = array(code)
    size = integers.itemsize
    integers.frombytes(value[: len(value) // size * size])
    if sys.byteorder == "big":
        integers.byteswap()
    return integers


def _number_of_frames(data_set: DataSet) -> int | None:
    frames = data_set.integer(_NUMBER_OF_FRAMES)
    return frames if frames is not None and 0 < frames <= _MAX_FRAMES else None


def _is_video(header: Header) -> bool:
    return transfer_syntax(header.transfer_syntax_uid).video


def _planes(numbers: Sequence[int]) -> bytes:
    """All lowest bytes first, then the next ones: alike bytes side by side compress well."""
    words = array("I", numbers)
    if sys.byteorder == "big":
        words.byteswap()
    raw = words.tobytes()
    return b"".join(raw[plane::4] for plane in range(4))


def _from_planes(planes: bytes) -> "array[int]":
    count = len(planes) // 4
    raw = bytearray(count * 4)
    for plane in range(4):
        raw[plane::4] = planes[plane * count : (plane + 1) * count]
    return _integers("I", bytes(raw))
