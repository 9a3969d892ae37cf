"""A stored object as Explicit VR Little Endian, streamed in bounded memory.

Which bytes come after which lives here; how one element is spelled is `write`, how pixels become
native is `rewrite_pixels`. What is Explicit VR Little Endian already is passed on as it is.

References
----------
PS3.5 annexes A.1, A.2, A.3 and A.5; PS3.18 section 8.7.3 (what a client gets by default).
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from imaging.byte_order import WORD_LENGTHS, swap_words, to_little_endian
from imaging.data_set import Bulk, DataSet, Element
from imaging.element_headers import ITEM, ITEM_END, UNDEFINED
from imaging.errors import Malformed, Unsupported
from imaging.frame_reading import read_exactly
from imaging.part10 import Header, open_data_set
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription
from imaging.rewrite_pixels import (
    FrameDecoder,
    NativePixels,
    decoded_icon,
    native_pixels,
)
from imaging.transcode import transcode_frame
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN, is_uid
from imaging.write import (
    SEQUENCE_DELIMITER,
    element_head_bytes,
    padded,
    part10_prefix,
    write_element,
)

__all__ = ["FrameDecoder", "FrameTranscoder", "explicit_little_endian", "transcoded"]

FrameTranscoder = Callable[[FrameDescription, bytes, str], EncodedFrame]

_CHUNK: Final = 256 * 1024
_MAX_FOREIGN_TAG: Final = 0x0002FFFF
_PIXEL_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
# Extended Offset Table, its lengths, and the total length of encapsulated pixels.
_OF_FRAGMENTS: Final = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00003})
_ITEM_HEAD: Final = element_head_bytes(ITEM, "", UNDEFINED, explicit=False)
_ITEM_END: Final = element_head_bytes(ITEM_END, "", 0, explicit=False)


def explicit_little_endian(
    stream: BinaryIO, header: Header, decode: FrameDecoder | None = None
) -> Iterator[bytes]:
    """Give a whole DICOM file in Explicit VR Little Endian, piece by piece.

    Parameters
    ----------
    stream
        The file whose header this is; read while the pieces are taken.
    decode
        Makes a frame native (`transcode.decode_frame`). Without it, encapsulated pixels are
        `Unsupported`.

    Returns
    -------
    iterator of bytes
        What can be known before the first byte is known when this returns: a codec that is
        missing, pixels that cannot be told apart, a first frame that does not decode.

    Raises
    ------
    ImagingError
        Here, or, of a later frame that does not decode, from the iterator.
    """
    if not _is_explicit_little_endian(header):
        pixels = native_pixels(stream, header, decode) if header.pixel_data else None
        return _Rewriting(stream, header, decode, pixels).pieces()
    if header.deflated or not header.has_preamble or 0x00020010 not in header.file_meta:
        return _with_prefix(stream, header)
    return _copy(stream, Bulk(0, header.size))


def transcoded(
    stream: BinaryIO,
    header: Header,
    target_uid: str,
    transcode: FrameTranscoder = transcode_frame,
) -> Iterator[bytes]:
    """Give a whole DICOM file in another transfer syntax, piece by piece.

    Parameters
    ----------
    stream
        The file whose header this is; read while the pieces are taken.
    target_uid
        One of `targets.targets_of` the file's frames.

    Raises
    ------
    Unsupported
        When these pixels cannot be given in that transfer syntax.
    ImagingError
        Here, or, of a later frame, from the iterator.
    """
    if target_uid != EXPLICIT_VR_LITTLE_ENDIAN:
        raise Unsupported("these pixels cannot be given in that transfer syntax")

    def decode(description: FrameDescription, encoded: bytes) -> DecodedFrame:
        made = transcode(description, encoded, target_uid)
        return DecodedFrame(made.data, made.description)

    return explicit_little_endian(stream, header, decode)


def _is_explicit_little_endian(header: Header) -> bool:
    encapsulated = header.pixel_data is not None and header.pixel_data.length is None
    return header.explicit_vr and header.data_set.little_endian and not encapsulated


def _with_prefix(stream: BinaryIO, header: Header) -> Iterator[bytes]:
    """The data set's own bytes, inflated when they are deflated."""
    source = open_data_set(stream, header)
    offset = 0 if header.deflated else header.data_set_offset
    prefix = _prefix(header)

    def pieces() -> Iterator[bytes]:
        yield prefix
        source.seek(offset)
        while piece := source.read(_CHUNK):
            yield piece

    return pieces()


def _prefix(header: Header) -> bytes:
    sop_class = header.data_set.text(0x00080016) or header.file_meta.text(0x00020002)
    sop_instance = header.data_set.text(0x00080018) or header.file_meta.text(0x00020003)
    if not is_uid(sop_class) or not is_uid(sop_instance):
        raise Malformed("SOP Class UID or SOP Instance UID is missing or no UID")
    source = header.file_meta.text(0x00020016)[:16]
    source = source if source.isascii() else ""
    return part10_prefix(sop_class, sop_instance, str(EXPLICIT_VR_LITTLE_ENDIAN), source)


def _copy(source: BinaryIO, bulk: Bulk, word_bytes: int = 1) -> Iterator[bytes]:
    """The bytes of a long value, every word of `word_bytes` turned round."""
    source.seek(bulk.offset)
    left = bulk.length
    while left:
        # A whole number of words, whatever their length.
        piece = read_exactly(source, min(left, _CHUNK))
        left -= len(piece)
        yield swap_words(piece, word_bytes)


class _Rewriting:
    """One object on its way out."""

    def __init__(
        self,
        stream: BinaryIO,
        header: Header,
        decode: FrameDecoder | None,
        pixels: NativePixels | None,
    ) -> None:
        self._header = header
        self._source = open_data_set(stream, header)
        self._decode = decode
        self._pixels = pixels
        self._prefix = _prefix(header)

    def pieces(self) -> Iterator[bytes]:
        """The file, from the preamble to the last element."""
        yield self._prefix
        outermost = self._header.data_set
        changes = self._pixels.changes if self._pixels else {}
        for tag in sorted(outermost.keys() | changes.keys()):
            if not tag & 0xFFFF or tag <= _MAX_FOREIGN_TAG:
                # Group lengths would be wrong now; they are retired (PS3.5 section 7.2).
                continue
            if self._pixels is not None and tag in _PIXEL_TAGS:
                yield from self._pixels.pieces(self._source)
            elif tag in changes:
                yield write_element(changes[tag])
            elif not (tag in _OF_FRAGMENTS and self._is_encapsulated()):
                yield from self._element(outermost[tag], outermost)

    def _is_encapsulated(self) -> bool:
        pixels = self._header.pixel_data
        return pixels is not None and pixels.length is None

    def _element(self, element: Element, holder: DataSet) -> Iterator[bytes]:
        if element.items is not None:
            yield from self._sequence(element, element.items)
        elif element.bulk is not None:
            yield from self._bulk(element, element.bulk, holder)
        else:
            yield write_element(element if holder.little_endian else to_little_endian(element))

    def _sequence(self, element: Element, items: list[DataSet]) -> Iterator[bytes]:
        # Undefined lengths, since what stands inside may be long and is not read before its turn.
        yield element_head_bytes(element.tag, "SQ", UNDEFINED)
        for item in items:
            yield _ITEM_HEAD
            for tag in sorted(item):
                if tag & 0xFFFF:
                    yield from self._element(item[tag], item)
            yield _ITEM_END
        yield SEQUENCE_DELIMITER

    def _bulk(self, element: Element, bulk: Bulk, holder: DataSet) -> Iterator[bytes]:
        tag, vr = element.tag, element.vr
        if bulk.encapsulated:
            yield write_element(
                decoded_icon(self._source, element, bulk, holder, self._header, self._decode)
            )
            return
        word_bytes = 1 if holder.little_endian else WORD_LENGTHS.get(vr, 1)
        yield element_head_bytes(tag, vr, bulk.length + bulk.length % 2)
        yield from _copy(self._source, bulk, word_bytes)
        if bulk.length % 2:
            yield padded(b"x", vr)[1:]
