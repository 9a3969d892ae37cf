"""What a compressed image or video says of itself: its transfer syntax and how it is to be read.

One function a kind of bit stream, and the table from media types to them, may live here. How a
data set is completed or checked by it is `described_pixels`.

References
----------
PS3.18 table 8.7.3-5 and table 10.5.2-1; PS3.5 section 8.2 and annex A.4; PS3.3 section
C.7.6.1.1.5 (lossy methods).
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from imaging.codecs.codestreams import Codestream, read_codestream
from imaging.errors import Malformed, Unsupported
from imaging.sent.boxes import Data, find_box, whole
from imaging.sent.mp4 import H264, H265, Mp4Video, read_mp4
from imaging.sent.mpeg2 import read_mpeg2

_max_head_bytes: Final = 4 * 1024 * 1024
_JPEG: Final = "1.2.840.10008.1.2.4."
_JP2_SIGNATURE: Final = b"jP  "
_HIGH, _STEREO_HIGH = 100, 128
_MAIN, _MAIN_10 = 1, 2
_LEVEL_5_1_OF_H265: Final = 153
_MAX_SIDE: Final = 0xFFFF
_MAX_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class BitStream:
    """One image or video as its own bytes describe it.

    Parameters
    ----------
    transfer_syntaxes
        Those that are true of it, the one to choose first.
    bits
        Of a sample; 0 when the stream does not say it and a data set must.
    photometric
        Photometric interpretations that are true of it, the one to choose first.
    lossy_method
        Term of Lossy Image Compression Method; empty when nothing was lost by this compression.
    number_of_frames
        Of a video; 1 of an image, 0 when it cannot be known.
    frame_time_ms
        Of a video.
    offset, length
        Of the codestream in the file; a length of None is up to the end.
    """

    transfer_syntaxes: tuple[str, ...]
    rows: int = 0
    columns: int = 0
    samples: int = 0
    bits: int = 0
    signed: bool = False
    photometric: tuple[str, ...] = ()
    lossy_method: str = ""
    number_of_frames: int = 1
    frame_time_ms: float | None = None
    offset: int = 0
    length: int | None = None

    @property
    def describes_itself(self) -> bool:
        """Whether the Image Pixel module can be derived from it."""
        return self.bits > 0


def read_bit_stream(media_type: str, data: Data) -> BitStream:
    """Read what a bit stream says of itself.

    Parameters
    ----------
    media_type
        A key of `READERS`.

    Raises
    ------
    Malformed, LimitExceeded
        When it is not of its media type, or lies.
    Unsupported
        When DICOM has no transfer syntax for it.
    """
    return READERS[media_type](data)


def _jpeg(data: Data) -> BitStream:
    head = data[:_max_head_bytes]
    stream = read_codestream(head) if head[:2] == b"\xff\xd8" else None
    if stream is None or stream.process == 0xF7:
        raise Malformed("the part is no JPEG image")
    if stream.process not in _JPEG_SYNTAXES:
        raise Unsupported("DICOM has no transfer syntax for this process of JPEG")
    lossless = stream.process == 0xC3
    suffixes = _JPEG_SYNTAXES[stream.process]
    if lossless and _scan_parameter(head) == 1:
        suffixes = ("70", "57")
    return _image(
        stream,
        tuple(_JPEG + suffix for suffix in suffixes),
        _jpeg_colours(stream, lossless),
        "" if lossless else "ISO_10918_1",
    )


# Start of frame: baseline, extended, progressive, lossless. Those with arithmetic coding, or in
# a hierarchy, have no transfer syntax.
_JPEG_SYNTAXES: Final = {
    0xC0: ("50", "51"), 0xC1: ("51",), 0xC2: ("55", "53"), 0xC3: ("57",),
}  # fmt: skip
_GREY: Final = ("MONOCHROME2", "MONOCHROME1", "PALETTE COLOR")
_COLOURS: Final = ("RGB", "YBR_FULL", "YBR_FULL_422")


def _jpeg_colours(stream: Codestream, lossless: bool) -> tuple[str, ...]:
    if stream.is_ycbcr:
        return ("YBR_FULL_422", "YBR_FULL")
    if stream.is_ycbcr is False:
        return ("RGB",)
    # Where the stream is silent, decoders take what lost something for YCbCr.
    return _COLOURS if lossless else ("YBR_FULL_422", "YBR_FULL", "RGB")


def _scan_parameter(head: bytes) -> int:
    """What the first scan header says after its components: the predictor, or JPEG-LS' NEAR."""
    at = 2
    while at + 4 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = unpack_from(">H", head, at + 2)
        if marker == 0xDA:
            where = at + 5 + 2 * head[at + 4] if at + 4 < len(head) else len(head)
            return head[where] if where < len(head) else 0
        at += 2 + length
    return 0


def _jpeg_ls(data: Data) -> BitStream:
    head = data[:_max_head_bytes]
    stream = read_codestream(head)
    if stream is None or stream.process != 0xF7:
        raise Malformed("the part is no JPEG-LS image")
    near = _scan_parameter(head)
    suffixes = ("81",) if near else ("80", "81")
    syntaxes = tuple(_JPEG + suffix for suffix in suffixes)
    return _image(stream, syntaxes, _COLOURS, "ISO_14495_1" if near else "")


def _jpeg_2000(part_2: bool, high_throughput: bool) -> Callable[[Data], BitStream]:
    def read(data: Data) -> BitStream:
        offset, length = _codestream_place(data)
        head = data[offset : offset + _max_head_bytes]
        stream = read_codestream(head) if head[:4] == b"\xff\x4f\xff\x51" else None
        if stream is None:
            raise Malformed("the part is no JPEG 2000 image")
        coding = _coding_style(head)
        if coding.high_throughput is not high_throughput:
            raise Malformed("the part is JPEG 2000 of another kind than its media type says")
        return _image(
            stream,
            _jpeg_2000_syntaxes(coding, part_2),
            coding.colours,
            "" if coding.reversible else "ISO_15444_15" if high_throughput else "ISO_15444_1",
            signed=coding.signed,
            offset=offset,
            length=length,
        )

    return read


@dataclass(frozen=True, slots=True)
class _Coding:
    reversible: bool
    colour_transform: bool
    progression: int
    high_throughput: bool
    signed: bool

    @property
    def colours(self) -> tuple[str, ...]:
        if not self.colour_transform:
            return (*_COLOURS, "YBR_PARTIAL_420")
        return ("YBR_RCT",) if self.reversible else ("YBR_ICT",)


def _coding_style(head: bytes) -> _Coding:
    """The main header's COD and CAP segments, and the sign of the first component."""
    at, segment, capable = 2, b"", False
    while at + 4 <= len(head) and head[at] == 0xFF and head[at + 1] != 0x90:
        (length,) = unpack_from(">H", head, at + 2)
        if head[at + 1] == 0x52:
            segment = head[at + 4 : at + 2 + length]
        capable = capable or head[at + 1] == 0x50
        at += 2 + length
    if len(segment) < 10:
        raise Malformed("the JPEG 2000 image has no coding style")
    signed = len(head) > 42 and head[42] >= 0x80
    return _Coding(segment[9] == 1, segment[4] == 1, segment[1], capable, signed)


_RPCL: Final = 2


def _jpeg_2000_syntaxes(coding: _Coding, part_2: bool) -> tuple[str, ...]:
    if coding.high_throughput:
        lossless = ("201", "202") if coding.progression == _RPCL else ("201",)
        suffixes = (*lossless, "203") if coding.reversible else ("203",)
    elif part_2:
        suffixes = ("92", "93") if coding.reversible else ("93",)
    else:
        suffixes = ("90", "91") if coding.reversible else ("91",)
    return tuple(_JPEG + suffix for suffix in suffixes)


def _codestream_place(data: Data) -> tuple[int, int | None]:
    """Where the codestream lies: in DICOM it stands without the boxes of a file (PS3.5 A.4.4)."""
    if data[4:8] != _JP2_SIGNATURE:
        return 0, None
    box = find_box(data, whole(data), b"jp2c")
    if box is None:
        raise Malformed("the JPEG 2000 file holds no codestream")
    return box.start, box.end - box.start


def _image(
    stream: Codestream,
    syntaxes: tuple[str, ...],
    colours: tuple[str, ...],
    lossy_method: str,
    *,
    signed: bool = False,
    offset: int = 0,
    length: int | None = None,
) -> BitStream:
    if stream.components not in (1, 3) or not 0 < stream.precision <= _MAX_BITS:
        raise Unsupported("an image has one component or three, of 32 bits at most, in DICOM")
    _check_size(stream.rows, stream.columns)
    return BitStream(
        syntaxes,
        stream.rows,
        stream.columns,
        stream.components,
        stream.precision,
        signed,
        _GREY if stream.components == 1 else colours,
        lossy_method,
        offset=offset,
        length=length,
    )


def _check_size(rows: int, columns: int) -> None:
    if not (0 < rows <= _MAX_SIDE and 0 < columns <= _MAX_SIDE):
        raise Malformed("the bit stream declares no size that Rows and Columns can say")


def _rle(data: Data) -> BitStream:
    if len(data) < 64 or not 1 <= int.from_bytes(data[:4], "little") <= 15:
        raise Malformed("the part is no RLE frame")
    return BitStream((_JPEG[:-2] + "5",))


def _jpeg_xl(data: Data) -> BitStream:
    if data[:2] != b"\xff\x0a" and data[4:8] != b"JXL ":
        raise Malformed("the part is no JPEG XL image")
    # Nothing in its header proves that it is lossless; the general syntax is true of all.
    return BitStream((_JPEG + "112", _JPEG + "110", _JPEG + "111"))


def _mp4(data: Data) -> BitStream:
    video = read_mp4(data)
    syntaxes = _h264_syntaxes(video) if video.codec == H264 else _h265_syntaxes(video)
    if not syntaxes:
        raise Unsupported(
            f"DICOM has no transfer syntax for {video.codec} of this profile and level: "
            "encode it as High Profile at Level 4.1 or 4.2"
        )
    bits = 10 if syntaxes == (_JPEG + "108",) else 8
    method = "ISO_14496_10" if video.codec == H264 else "ISO_23008_2"
    frames = video.number_of_frames
    time = video.seconds * 1000 / frames if frames and video.seconds else None
    return _video(syntaxes, video.rows, video.columns, bits, method, frames, time)


def _h264_syntaxes(video: Mp4Video) -> tuple[str, ...]:
    if video.profile == _HIGH and video.level <= 41:
        return _with_fragments("102", "103", "104")
    if video.profile == _HIGH and video.level == 42:
        return _with_fragments("104")
    if video.profile == _STEREO_HIGH and video.level <= 42:
        return _with_fragments("106", "105")
    return ()


def _h265_syntaxes(video: Mp4Video) -> tuple[str, ...]:
    if video.codec != H265 or video.level > _LEVEL_5_1_OF_H265:
        return ()
    suffix = {_MAIN: "107", _MAIN_10: "108"}.get(video.profile)
    return (_JPEG + suffix,) if suffix else ()


def _mpeg2(data: Data) -> BitStream:
    video = read_mpeg2(data)
    main_level = video.columns <= 720 and video.rows <= 576 and video.frames_per_second <= 30
    syntaxes = _with_fragments("100", "101") if main_level else _with_fragments("101")
    rate = video.frames_per_second
    time = 1000 / rate if rate else None
    return _video(
        syntaxes, video.rows, video.columns, 8, "ISO_13818_2", video.number_of_frames, time
    )


def _with_fragments(*suffixes: str) -> tuple[str, ...]:
    """Each syntax, and the one of the same bit stream in several fragments (PS3.5 A.4.5)."""
    whole_ones = tuple(_JPEG + suffix for suffix in suffixes)
    return (*whole_ones, *(f"{uid}.1" for uid in whole_ones))


def _video(
    syntaxes: tuple[str, ...],
    rows: int,
    columns: int,
    bits: int,
    method: str,
    frames: int,
    frame_time_ms: float | None,
) -> BitStream:
    _check_size(rows, columns)
    colour = ("YBR_PARTIAL_420",)
    return BitStream(syntaxes, rows, columns, 3, bits, False, colour, method, frames, frame_time_ms)


# THE table: which bit streams are taken, and how each is read. Keys are the media types that
# PS3.18 table 8.7.3-5 gives them, and the other name that table 10.5.2-1 has for MPEG-2.
READERS: Final[dict[str, Callable[[Data], BitStream]]] = {
    "image/jpeg": _jpeg,
    "image/jls": _jpeg_ls,
    "image/jp2": _jpeg_2000(part_2=False, high_throughput=False),
    "image/jpx": _jpeg_2000(part_2=True, high_throughput=False),
    "image/jphc": _jpeg_2000(part_2=False, high_throughput=True),
    "image/jxl": _jpeg_xl,
    "image/dicom-rle": _rle,
    "video/mp4": _mp4,
    "video/h265": _mp4,
    "video/mpeg": _mpeg2,
    "video/mpeg2": _mpeg2,
}

UNDESCRIBED: Final = frozenset({"image/dicom-rle", "image/jxl"})
"""Bit streams that do not say all that the Image Pixel module must: metadata have to."""
