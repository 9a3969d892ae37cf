"""Pixel Data on their way to an encapsulated transfer syntax: every frame encoded, then a table.

The offset table stands before the frames and the compression ratio before both, so all frames
are encoded before the first byte is given, and wait in a file without a name. Memory holds one
frame at a time. What fails, fails while an answer can still say so.

References
----------
PS3.5 section A.4; PS3.3 sections C.7.6.1.1.5 (lossy compression) and C.7.6.3.1.8 (offsets).
"""

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Final

from imaging.data_set import DataSet, Element
from imaging.element_headers import ITEM, UNDEFINED
from imaging.errors import DecodeFailed, Malformed, Unsupported
from imaging.frame_reading import read_frame
from imaging.part10 import Header, open_data_set
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription
from imaging.rewrite_pixels import FrameChange, changes_of, frames_of
from imaging.targets import LOSSY, refusal
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN
from imaging.write import SEQUENCE_DELIMITER, element_head_bytes

FrameTranscoder = Callable[[FrameDescription, bytes, str], EncodedFrame]

_Frame = tuple[FrameDescription, bytes]

MAX_BASIC_OFFSET: Final = 0xFFFFFFFF
"""What a Basic Offset Table can say; past it there is an Extended Offset Table."""

_CHUNK: Final = 256 * 1024
_MAX_SPOOL_IN_MEMORY: Final = 8 * 1024 * 1024
_PIXEL_DATA, _EXTENDED_OFFSETS, _EXTENDED_LENGTHS = 0x7FE00010, 0x7FE00001, 0x7FE00002
_LOSSY_COMPRESSION, _RATIO, _METHOD = 0x00282110, 0x00282112, 0x00282114
_MAX_DS_VALUES: Final = 64

# PS3.3 section C.7.6.1.1.5.2: the defined term of each lossy transfer syntax.
_METHODS: Final = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
    "1.2.840.10008.1.2.4.112": "ISO_18181_1",
    "1.2.840.10008.1.2.4.203": "ISO_15444_15",
}


class EncapsulatedPixels:
    """The value of Pixel Data as it will be, all frames encoded.

    Attributes
    ----------
    changes
        Elements that say something else now than in the file, by tag.

    Raises
    ------
    ImagingError
        When a frame cannot be decoded or encoded.
    """

    def __init__(
        self,
        stream: BinaryIO,
        header: Header,
        target_uid: str,
        transcode: FrameTranscoder,
        max_basic_offset: int = MAX_BASIC_OFFSET,
        change: FrameChange | None = None,
    ) -> None:
        described, table = frames_of(stream, header)
        if (reason := refusal(described, target_uid)) is not None:
            raise Unsupported(reason)
        self._lengths = array("I")
        # Closed when the pieces are through, or nobody wants them any more.
        self._spool: IO[bytes] = SpooledTemporaryFile(_MAX_SPOOL_IN_MEMORY)  # noqa: SIM115
        source = open_data_set(stream, header)
        words = 1 if header.data_set.little_endian else described.word_bytes
        numbers = range(1, table.count + 1)
        frames: Iterator[_Frame] = (
            (described, read_frame(source, table, n, words)) for n in numbers
        )
        if change is not None:
            frames = _changed(frames, transcode, change)
        try:
            now = self._encode(frames, transcode, target_uid)
        except BaseException:
            self._spool.close()
            raise
        self.changes = changes_of(header.data_set, now)
        if target_uid in LOSSY:
            native = (described.native_bits * table.count + 7) // 8
            self.changes |= _lossy_elements(header.data_set, target_uid, native, sum(self._lengths))
        offsets = list(accumulate((length + 8 for length in self._lengths[:-1]), initial=0))
        self._basic_table = b""
        if offsets[-1] <= max_basic_offset:
            self._basic_table = struct.pack(f"<{len(offsets)}I", *offsets)
        else:
            self.changes |= _extended_offset_table(offsets, self._lengths)

    def _encode(
        self,
        frames: Iterable[_Frame],
        transcode: FrameTranscoder,
        target_uid: str,
    ) -> FrameDescription:
        first: FrameDescription | None = None
        for described, frame in frames:
            made = transcode(described, frame, target_uid)
            first = first or made.description
            if made.description != first:
                raise DecodeFailed("the frames are not all of one kind")
            self._lengths.append(len(made.data) + len(made.data) % 2)
            self._spool.write(made.data + b"\0" * (len(made.data) % 2))
        if first is None:
            raise Malformed("there are no frames")
        return first

    def pieces(self, _: BinaryIO) -> Iterator[bytes]:
        """The whole element, once."""
        with self._spool as spool:
            spool.seek(0)
            yield element_head_bytes(_PIXEL_DATA, "OB", UNDEFINED)
            yield _item_head(len(self._basic_table)) + self._basic_table
            for length in self._lengths:
                yield _item_head(length)
                for start in range(0, length, _CHUNK):
                    yield spool.read(min(_CHUNK, length - start))
            yield SEQUENCE_DELIMITER


def _changed(
    frames: Iterable[_Frame], transcode: FrameTranscoder, change: FrameChange
) -> Iterator[_Frame]:
    """Every frame native, with its changes; those without any too, so that all are of one kind."""
    for number, (described, frame) in enumerate(frames, 1):
        native = transcode(described, frame, str(EXPLICIT_VR_LITTLE_ENDIAN))
        now = change(number, DecodedFrame(native.data, native.description))
        yield now.description, now.data


def _lossy_elements(
    data_set: DataSet, target_uid: str, native_bytes: int, encoded_bytes: int
) -> dict[int, Element]:
    """One more lossy compression, after those that the image has behind it."""
    ratio = f"{native_bytes / max(1, encoded_bytes):.2f}"
    texts = {
        _LOSSY_COMPRESSION: ("CS", "01"),
        _RATIO: ("DS", _appended(data_set, _RATIO, ratio)),
        _METHOD: ("CS", _appended(data_set, _METHOD, _METHODS[target_uid])),
    }
    return {tag: Element(tag, vr, text.encode("ascii")) for tag, (vr, text) in texts.items()}


def _appended(data_set: DataSet, tag: int, value: str) -> str:
    before = [text for text in data_set.texts(tag)[:_MAX_DS_VALUES] if text.isascii()]
    return "\\".join([*filter(None, before), value])


def _extended_offset_table(offsets: list[int], lengths: "array[int]") -> dict[int, Element]:
    values = {_EXTENDED_OFFSETS: offsets, _EXTENDED_LENGTHS: lengths}
    return {
        tag: Element(tag, "OV", struct.pack(f"<{len(numbers)}Q", *numbers))
        for tag, numbers in values.items()
    }


def _item_head(length: int) -> bytes:
    return element_head_bytes(ITEM, "", length, explicit=False)
