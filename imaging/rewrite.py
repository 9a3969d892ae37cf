"""A stored object in another transfer syntax, streamed in bounded memory.

Which bytes come after which lives here; how one element is spelled is `write`, how pixels become
native is `rewrite_pixels`, how they are encapsulated is `rewrite_encapsulated`. What is in the
transfer syntax already is passed on as it is.

References
----------
PS3.5 annex A; PS3.18 section 8.7.3 (what a client gets by default).
"""

import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from imaging.byte_order import WORD_LENGTHS, swap_words, to_little_endian
from imaging.data_set import Bulk, DataSet, Element
from imaging.element_headers import ITEM, ITEM_END, UNDEFINED
from imaging.errors import Malformed
from imaging.frame_reading import read_exactly
from imaging.part10 import Header, open_data_set
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rewrite_encapsulated import MAX_BASIC_OFFSET, EncapsulatedPixels, FrameTranscoder
from imaging.rewrite_pixels import (
    BareCodestreams,
    BareStream,
    FrameChange,
    FrameDecoder,
    KeptFragments,
    NativePixels,
    decoded_icon,
    kept_fragments,
    native_pixels,
)
from imaging.targets import is_native
from imaging.transcode import transcode_frame
from imaging.uids import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, is_uid
from imaging.write import (
    SEQUENCE_DELIMITER,
    element_head_bytes,
    padded,
    part10_prefix,
    write_element,
)

__all__ = [
    "FrameChange",
    "FrameDecoder",
    "FrameTranscoder",
    "explicit_little_endian",
    "rewritten",
    "transcoded",
]

Pixels = NativePixels | EncapsulatedPixels | KeptFragments

_CHUNK: Final = 256 * 1024
_DEFLATE_LEVEL: Final = 3
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
    declared = header.transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN
    if declared and _is_whole(header) and _is_explicit_little_endian(header):
        return _copy(stream, Bulk(0, header.size))
    return chain((_prefix(header),), _explicit_body(stream, header, decode))


def transcoded(
    stream: BinaryIO,
    header: Header,
    target_uid: str,
    transcode: FrameTranscoder = transcode_frame,
    *,
    max_basic_offset: int = MAX_BASIC_OFFSET,
) -> Iterator[bytes]:
    """Give a whole DICOM file in another transfer syntax, piece by piece.

    Icons and other images inside of sequences are native then, as PS3.5 section A.4 allows.

    Parameters
    ----------
    stream
        The file whose header this is; read while the pieces are taken.
    target_uid
        One of `targets.targets_of` the file's frames. A file that has this transfer syntax
        already is passed on as it is.
    max_basic_offset
        Where a frame begins farther from the first, there is an Extended Offset Table.

    Raises
    ------
    Unsupported
        When these pixels cannot be given in that transfer syntax.
    ImagingError
        Of any frame when the target is encapsulated; of the first when it is native, and of
        later ones from the iterator.
    """
    target = str(target_uid)
    if target == header.transfer_syntax_uid and _is_whole(header):
        return _copy(stream, Bulk(0, header.size))
    decode = _decoder(transcode)
    if target == EXPLICIT_VR_LITTLE_ENDIAN:
        return explicit_little_endian(stream, header, decode)
    prefix = _prefix(header, target)
    if target == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        return chain((prefix,), _deflated(_explicit_body(stream, header, decode)))
    pixels = EncapsulatedPixels(stream, header, target, transcode, max_basic_offset)
    return chain((prefix,), _Rewriting(stream, header, decode, pixels).pieces())


def rewritten(
    stream: BinaryIO,
    header: Header,
    target_uid: str,
    transcode: FrameTranscoder = transcode_frame,
    change: FrameChange | None = None,
    bare: BareCodestreams | BareStream | None = None,
) -> Iterator[bytes]:
    """Give a DICOM file of what a header says, element by element, whatever the file has.

    Unlike `transcoded`, nothing is passed on but pixels and those long values that the header
    still names: for a header that was changed.

    Parameters
    ----------
    header
        Its long values lie in `stream`.
    target_uid
        The transfer syntax of the stored pixels keeps them, byte for byte.
    change
        What is done to the samples of each frame; all frames are decoded and encoded then.
    bare
        What is done to codestreams that are kept.
    """
    target = str(target_uid)
    decode = _decoder(transcode)
    pixels = _pixels(stream, header, target, transcode, change, bare)
    pieces = _Rewriting(stream, header, decode, pixels).pieces()
    if target == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        pieces = _deflated(pieces)
    return chain((_prefix(header, target),), pieces)


def _pixels(
    stream: BinaryIO,
    header: Header,
    target: str,
    transcode: FrameTranscoder,
    change: FrameChange | None,
    bare: BareCodestreams | BareStream | None,
) -> Pixels | None:
    if header.pixel_data is None:
        return None
    if is_native(target):
        return native_pixels(stream, header, _decoder(transcode), change)
    if change is None and target == header.transfer_syntax_uid:
        return kept_fragments(header, bare)
    return EncapsulatedPixels(stream, header, target, transcode, change=change)


def _decoder(transcode: FrameTranscoder) -> FrameDecoder:
    def decode(description: FrameDescription, encoded: bytes) -> DecodedFrame:
        made = transcode(description, encoded, str(EXPLICIT_VR_LITTLE_ENDIAN))
        return DecodedFrame(made.data, made.description)

    return decode


def _explicit_body(
    stream: BinaryIO, header: Header, decode: FrameDecoder | None
) -> Iterator[bytes]:
    if _is_explicit_little_endian(header):
        return _own_bytes(stream, header)
    pixels = native_pixels(stream, header, decode) if header.pixel_data else None
    return _Rewriting(stream, header, decode, pixels).pieces()


def _deflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """PS3.5 section A.5: a bare deflate stream, padded to even length."""
    deflater = zlib.compressobj(_DEFLATE_LEVEL, wbits=-zlib.MAX_WBITS)
    length = 0
    for piece in chain(map(deflater.compress, pieces), map(deflater.flush, (zlib.Z_FINISH,))):
        length += len(piece)
        if piece:
            yield piece
    if length % 2:
        yield b"\0"


def _is_whole(header: Header) -> bool:
    """Whether the file begins as PS3.10 has it."""
    return header.has_preamble and 0x00020010 in header.file_meta


def _is_explicit_little_endian(header: Header) -> bool:
    encapsulated = header.pixel_data is not None and header.pixel_data.length is None
    return header.explicit_vr and header.data_set.little_endian and not encapsulated


def _own_bytes(stream: BinaryIO, header: Header) -> Iterator[bytes]:
    """The data set's own bytes, inflated when they are deflated."""
    source = open_data_set(stream, header)
    source.seek(0 if header.deflated else header.data_set_offset)
    while piece := source.read(_CHUNK):
        yield piece


def _prefix(header: Header, target_uid: str = str(EXPLICIT_VR_LITTLE_ENDIAN)) -> bytes:
    sop_class = header.data_set.text(0x00080016) or header.file_meta.text(0x00020002)
    sop_instance = header.data_set.text(0x00080018) or header.file_meta.text(0x00020003)
    if not is_uid(sop_class) or not is_uid(sop_instance):
        raise Malformed("SOP Class UID or SOP Instance UID is missing or no UID")
    source = header.file_meta.text(0x00020016)[:16]
    source = source if source.isascii() else ""
    return part10_prefix(sop_class, sop_instance, target_uid, source)


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
        pixels: Pixels | None,
    ) -> None:
        self._header = header
        self._source = open_data_set(stream, header)
        self._decode = decode
        self._pixels = pixels

    def pieces(self) -> Iterator[bytes]:
        """The data set, up to the last element."""
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
        """Whether what tells fragments apart in the file is wrong of what is written."""
        pixels = self._header.pixel_data
        if isinstance(self._pixels, KeptFragments):
            return False
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
