"""What an MP4 file says of the video in it: size, frames, codec, profile and level.

Reading the boxes that describe may live here; no picture is decoded, and nothing is believed that
the file does not have room for.

References
----------
ISO/IEC 14496-12 (mdhd, stsd, stsz, stts), ISO/IEC 14496-15 (avcC, hvcC); PS3.5 sections 8.2.7,
8.2.8, 8.2.9 and 8.2.10.
"""

from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from imaging.errors import Malformed, Unsupported
from imaging.sent.boxes import Box, Data, find_box, walk_boxes

H264: Final = "H.264"
H265: Final = "H.265"
_CODECS: Final = {b"avc1": H264, b"avc3": H264, b"hvc1": H265, b"hev1": H265}
_CONFIGURATIONS: Final = {H264: b"avcC", H265: b"hvcC"}
# A visual sample entry up to the boxes inside it.
_SAMPLE_ENTRY_BYTES: Final = 78


@dataclass(frozen=True, slots=True)
class Mp4Video:
    """The first video track.

    Parameters
    ----------
    profile, level
        As the codec numbers them: 100 and 41 are H.264's High Profile at Level 4.1.
    number_of_frames
        0 when the file is written in fragments, which say it elsewhere.
    seconds
        Duration; 0 when the file does not say.
    """

    codec: str
    profile: int
    level: int
    columns: int
    rows: int
    number_of_frames: int
    seconds: float


def read_mp4(data: Data) -> Mp4Video:
    """Read what an MP4 file says of its video.

    Raises
    ------
    Malformed, LimitExceeded
        When its boxes lie, or it is no MP4 file at all.
    Unsupported
        When the video is neither H.264 nor H.265.
    """
    # All of them are looked at, so that a file that breaks off is found out.
    outermost = list(walk_boxes(data, 0, len(data)))
    movie = next((box for box in outermost if box.kind == b"moov"), None)
    if movie is None:
        raise Malformed("the part is no MP4 file: it has no moov box")
    tracks = (box for box in walk_boxes(data, movie.start, movie.end) if box.kind == b"trak")
    for track in tracks:
        media = find_box(data, track, b"mdia")
        if media is not None and _handler(data, media) == b"vide":
            return _video(data, media)
    raise Malformed("the MP4 file has no video track")


def _handler(data: Data, media: Box) -> bytes:
    handler = find_box(data, media, b"hdlr")
    return data[handler.start + 8 : handler.start + 12] if handler is not None else b""


def _video(data: Data, media: Box) -> Mp4Video:
    table = find_box(data, media, b"minf", b"stbl")
    description = find_box(data, table, b"stsd") if table is not None else None
    if table is None or description is None:
        raise Malformed("the MP4 file does not describe its video")
    entry = next(walk_boxes(data, description.start + 8, description.end), None)
    if entry is None or entry.end - entry.start < _SAMPLE_ENTRY_BYTES:
        raise Malformed("the MP4 file does not describe its video")
    codec = _CODECS.get(entry.kind)
    if codec is None:
        raise Unsupported("the video is neither H.264 nor H.265, which DICOM takes in MP4")
    columns, rows = unpack_from(">2H", data, entry.start + 24)
    inside = Box(entry.kind, entry.start + _SAMPLE_ENTRY_BYTES, entry.end)
    profile, level = _profile(data, codec, find_box(data, inside, _CONFIGURATIONS[codec]))
    frames = _count(data, find_box(data, table, b"stsz"))
    return Mp4Video(codec, profile, level, columns, rows, frames, _seconds(data, media))


def _profile(data: Data, codec: str, configuration: Box | None) -> tuple[int, int]:
    if configuration is None or configuration.end - configuration.start < 13 - 6 * (codec == H264):
        raise Malformed("the MP4 file does not say the profile of its video")
    at = configuration.start
    if codec == H264:
        return data[at + 1], data[at + 3]
    return data[at + 1] & 0x1F, data[at + 12]


def _count(data: Data, sizes: Box | None) -> int:
    if sizes is None or sizes.end - sizes.start < 12:
        return 0
    each, count = unpack_from(">2I", data, sizes.start + 4)
    # Without one size for all there is one number for each, so a count past the box is a lie.
    if not each and count * 4 > sizes.end - sizes.start - 12:
        raise Malformed("the MP4 file counts more frames than it lists")
    if each * count > len(data):
        raise Malformed("the MP4 file counts more frames than it holds")
    return int(count)


def _seconds(data: Data, media: Box) -> float:
    head = find_box(data, media, b"mdhd")
    if head is None or head.end - head.start < 20:
        return 0.0
    if data[head.start] == 1 and head.end - head.start >= 32:
        timescale, duration = unpack_from(">IQ", data, head.start + 20)
    else:
        timescale, duration = unpack_from(">2I", data, head.start + 12)
    return duration / timescale if timescale else 0.0
