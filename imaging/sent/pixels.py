"""Pixel Data that were sent in parts: what they are stored as, and their bytes on the way there.

Choosing between native pixels, fragments and a transformation, and the spelling of each, live
here. What the data set must say of them is `described_pixels`.

References
----------
PS3.18 sections 10.5.1.4 and 10.5.2 (how pixel data are sent, and what they become); PS3.5 section
8.2 and annex A.4 (Basic Offset Table, one frame a fragment), PS3.3 C.7.6.3.1.8 (extended table).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from struct import pack
from typing import Final

from imaging.data_set import DataSet
from imaging.element_headers import ITEM, UNDEFINED
from imaging.errors import LimitExceeded, Malformed, Mismatch, Unsupported
from imaging.sent.attachments import Attached, Attachment
from imaging.sent.bit_streams import READERS, BitStream, read_bit_stream
from imaging.sent.described_pixels import check_native, describe_pixels, number_of_frames
from imaging.sent.frame_splitting import split_frames
from imaging.sent.picture_files import TRANSFORMED, Picture, max_file_bytes, read_picture
from imaging.uids import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    OCTET_STREAM,
    TRANSFER_SYNTAXES,
    TransferSyntax,
    transfer_syntax,
)
from imaging.write import SEQUENCE_DELIMITER, element_head_bytes, padded

PIXEL_DATA: Final = 0x7FE00010
OFFSET_TABLES: Final = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00003})
"""Extended Offset Table, its lengths and the total length: made anew, since they count bytes."""

max_fragment_bytes: Final = 0xFFFFFFFE
_CHUNK: Final = 1024 * 1024
_NATIVE: Final = frozenset({EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, None, "*"})
_SAMPLES: Final = 0x00280002


@dataclass(frozen=True, slots=True)
class SentPixels:
    """Pixel Data ready to be written.

    Parameters
    ----------
    elements
        Pixel Data, and offset tables before them, as bytes.
    corrected
        Tags of the attributes whose values the bit stream proved wrong.
    """

    transfer_syntax_uid: str
    elements: Iterable[bytes]
    corrected: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Where a frame lies in what was sent."""

    attachment: Attachment
    offset: int
    length: int

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, of even length."""
        yield from self.attachment.pieces(self.offset, self.length)
        if self.length % 2:
            yield b"\0"


def sent_pixels(data_set: DataSet, value: Attached, vr: str) -> SentPixels:
    """Make Pixel Data of what was sent for them; the data set is completed.

    Raises
    ------
    Mismatch
        When data set and parts contradict each other, or one part another.
    Unsupported
        When the media type or the transfer syntax is none that is stored.
    Malformed, LimitExceeded, DecodeFailed
        When a part is not what its media type says.
    """
    media_types = {one.media_type for one in value.attachments}
    if len(media_types) != 1:
        raise Mismatch("the parts of Pixel Data are of several media types")
    [media_type] = media_types
    if media_type in TRANSFORMED:
        return _transformed(data_set, value, media_type)
    if media_type in READERS:
        return _encapsulated(data_set, value, media_type)
    if media_type != OCTET_STREAM:
        raise Unsupported(f"Pixel Data are not taken as {_shown(media_type)}")
    return _octets(data_set, value, vr)


def _shown(media_type: str) -> str:
    return media_type if len(media_type) <= 64 else "what the part says"


def _octets(data_set: DataSet, value: Attached, vr: str) -> SentPixels:
    said = _said_syntax(value.attachments)
    if said in _NATIVE:
        return _native(data_set, value, vr)
    syntax = transfer_syntax(str(said))
    if said not in TRANSFER_SYNTAXES or not syntax.encapsulated:
        raise Unsupported("Pixel Data are not taken in this transfer syntax")
    media_type = syntax.media_type.lower()
    if media_type in READERS:
        return _encapsulated(data_set, value, media_type)
    return _undescribed(data_set, value, syntax)


def _native(data_set: DataSet, value: Attached, vr: str) -> SentPixels:
    vr = vr if vr in ("OB", "OW") else "OW"
    check_native(data_set, value.length, vr, PIXEL_DATA)
    pixels = _native_element(value.length, vr, value.pieces())
    return SentPixels(str(EXPLICIT_VR_LITTLE_ENDIAN), pixels)


def _native_element(length: int, vr: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    if length > max_fragment_bytes:
        raise LimitExceeded("uncompressed Pixel Data are longer than an element can be")
    yield element_head_bytes(PIXEL_DATA, vr, length + length % 2)
    yield from pieces
    if length % 2:
        yield b"\0"


def _undescribed(data_set: DataSet, value: Attached, syntax: TransferSyntax) -> SentPixels:
    """Frames whose bytes say nothing of themselves: one a part."""
    spans = [Span(one, 0, one.size) for one in value.attachments]
    stream = BitStream((str(syntax.uid),))
    describe_pixels(data_set, stream, len(spans), value.length)
    return SentPixels(str(syntax.uid), _fragments(spans))


def _transformed(data_set: DataSet, value: Attached, media_type: str) -> SentPixels:
    if value.length > max_file_bytes:
        raise LimitExceeded(f"a picture of more than {max_file_bytes} bytes")
    grey = data_set.integer(_SAMPLES) == 1
    pictures = _pictures(value.attachments, media_type, grey)
    first = next(pictures)
    frames = first.stream.number_of_frames
    if len(value.attachments) > 1:
        if frames != 1:
            raise Mismatch("several moving pictures were sent for one Pixel Data")
        frames = len(value.attachments)
    length = len(first.frames) * len(value.attachments)
    corrected = describe_pixels(data_set, first.stream, frames, length)
    vr = "OW" if first.stream.bits > 8 else "OB"
    pieces = _same_pictures(first, pictures)
    element = _native_element(length, vr, pieces)
    return SentPixels(str(EXPLICIT_VR_LITTLE_ENDIAN), element, corrected)


def _pictures(attachments: Sequence[Attachment], media_type: str, grey: bool) -> Iterator[Picture]:
    for attachment in attachments:
        encoded = b"".join(attachment.pieces())
        yield read_picture(media_type, encoded, grey=grey)


def _same_pictures(first: Picture, others: Iterator[Picture]) -> Iterator[bytes]:
    yield first.frames
    for picture in others:
        if picture.stream != first.stream:
            raise Mismatch("the pictures of one Pixel Data differ in size or kind")
        yield picture.frames


def _encapsulated(data_set: DataSet, value: Attached, media_type: str) -> SentPixels:
    streams = [_read(attachment, media_type) for attachment in value.attachments]
    first = streams[0]
    _check_alike(streams)
    uid = _chosen_syntax(streams, _said_syntax(value.attachments))
    if transfer_syntax(uid).video:
        return _video(data_set, value, first, uid)
    spans = _spans(value.attachments, streams, number_of_frames(data_set))
    corrected = describe_pixels(data_set, first, len(spans), value.length)
    return SentPixels(uid, _fragments(spans), corrected)


def _video(data_set: DataSet, value: Attached, stream: BitStream, uid: str) -> SentPixels:
    if len(value.attachments) != 1:
        raise Mismatch("a video is one part")
    corrected = describe_pixels(data_set, stream, stream.number_of_frames, value.length)
    [file] = value.attachments
    # Of even length, since a fragment is (PS3.5 A.4).
    most = max_fragment_bytes - _CHUNK + 1
    spans = [
        Span(file, offset, min(most, file.size - offset)) for offset in range(0, file.size, most)
    ]
    if len(spans) > 1 and not uid.endswith(".1"):
        if f"{uid}.1" not in stream.transfer_syntaxes:
            raise LimitExceeded("a video of this kind fits into one fragment, or is not stored")
        uid = f"{uid}.1"
    return SentPixels(uid, _items(b"", spans), corrected)


def _read(attachment: Attachment, media_type: str) -> BitStream:
    with attachment.mapped() as data:
        return read_bit_stream(media_type, data)


def _check_alike(streams: Sequence[BitStream]) -> None:
    first = _kind(streams[0])
    if any(_kind(stream) != first for stream in streams):
        raise Mismatch("the frames of one Pixel Data differ in size or kind")


def _kind(stream: BitStream) -> tuple[object, ...]:
    return (stream.rows, stream.columns, stream.samples, stream.bits, stream.photometric)


def _said_syntax(attachments: Sequence[Attachment]) -> str | None:
    said = {one.transfer_syntax_uid for one in attachments}
    if len(said) != 1:
        raise Mismatch("the parts of Pixel Data are of several transfer syntaxes")
    return said.pop()


def _chosen_syntax(streams: Sequence[BitStream], said: str | None) -> str:
    possible = [
        uid
        for uid in streams[0].transfer_syntaxes
        if all(uid in stream.transfer_syntaxes for stream in streams)
    ] or [streams[-1].transfer_syntaxes[-1]]
    if said in (None, "*"):
        # Frames of which some lost something are a lossy image.
        return possible[0]
    if said not in possible:
        raise Mismatch("the bit stream is not of the transfer syntax that its part names")
    return str(said)


def _spans(
    attachments: Sequence[Attachment], streams: Sequence[BitStream], frames: int | None
) -> list[Span]:
    if len(attachments) == 1 and frames is not None and frames > 1:
        [file] = attachments
        with file.mapped() as data:
            return [Span(file, at, length) for at, length in split_frames(data, frames)]
    return [
        Span(one, stream.offset, one.size if stream.length is None else stream.length)
        for one, stream in zip(attachments, streams, strict=True)
    ]


def _fragments(spans: Sequence[Span]) -> Iterator[bytes]:
    """Frames as fragments, one each, found by a Basic Offset Table, or an extended one."""
    lengths = [span.length + span.length % 2 for span in spans]
    offsets = list(accumulate((length + 8 for length in lengths), initial=0))[:-1]
    if offsets[-1] <= max_fragment_bytes:
        yield from _items(_little("I", offsets) if len(spans) > 1 else b"", spans)
        return
    for tag, numbers in ((0x7FE00001, offsets), (0x7FE00002, [one.length for one in spans])):
        table = _little("Q", numbers)
        yield element_head_bytes(tag, "OV", len(table)) + table
    yield from _items(b"", spans)


def _items(offset_table: bytes, spans: Iterable[Span]) -> Iterator[bytes]:
    yield element_head_bytes(PIXEL_DATA, "OB", UNDEFINED)
    yield _item_head(len(offset_table)) + offset_table
    for span in spans:
        if span.length > max_fragment_bytes:
            raise LimitExceeded("a frame is longer than a fragment can be")
        if not span.length:
            raise Malformed("a frame is empty")
        yield _item_head(span.length + span.length % 2)
        yield from span.pieces()
    yield SEQUENCE_DELIMITER


def _item_head(length: int) -> bytes:
    return pack("<HHI", ITEM >> 16, ITEM & 0xFFFF, length)


def _little(code: str, numbers: Sequence[int]) -> bytes:
    return padded(pack(f"<{len(numbers)}{code}", *numbers), "OB")
