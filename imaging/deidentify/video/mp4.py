"""MP4 files: the pictures of the video and the tables that find them; the rest becomes free space.

Sound, subtitles, metadata, names of programs, times of making and whatever no box accounts for go.

References
----------
ISO/IEC 14496-12 (boxes), 14496-15 (avcC, hvcC and units with lengths).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from struct import unpack_from
from types import MappingProxyType
from typing import Final

from imaging.deidentify.video.buffers import Buffer, blank
from imaging.deidentify.video.errors import Unfollowed
from imaging.deidentify.video.nal_units import H264, H265, Codec, bare_unit_in
from imaging.deidentify.video.sample_tables import sample_places
from imaging.errors import Malformed
from imaging.sent.boxes import Box, find_box, walk_boxes

_FIRST: Final = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide"})
_HOLDERS: Final = frozenset({b"moov", b"mdia", b"minf", b"dinf", b"stbl", b"edts"})
_TABLES: Final = frozenset(
    {b"ftyp", b"vmhd", b"stts", b"ctts", b"cslg", b"stss", b"stsz", b"stsc", b"stco", b"co64",
     b"sdtp", b"elst"}
)  # fmt: skip
_CODECS: Mapping[bytes, Codec] = MappingProxyType(
    {b"avc1": H264, b"avc3": H264, b"hvc1": H265, b"hev1": H265}
)
_CONFIGURATIONS: Final = frozenset({b"avcC", b"hvcC", b"mvcC"})
_SHAPES: Final = frozenset({b"pasp", b"btrt", b"clap", b"fiel"})
_COLOURS: Final = frozenset({b"nclx", b"nclc"})
_MAX_DEPTH: Final = 16
# Of a sample entry: its maker, and the name of the program that wrote it.
_ENTRY_BYTES: Final = 78
_ENTRY_TEXTS: Final = ((8, 24), (36, 40), (42, 74))


def is_mp4(data: bytes | Buffer) -> bool:
    """Whether a stream begins as an MP4 file."""
    return bytes(data[4:8]) in _FIRST


@dataclass(slots=True)
class _File:
    """A file that is being changed.

    Attributes
    ----------
    media
        Where media data may lie.
    used
        Where pictures lie.
    """

    data: Buffer
    media: list[Box] = field(default_factory=list)
    used: list[tuple[int, int]] = field(default_factory=list)

    def media_at(self, begin: int) -> Box | None:
        """The media data in which a place lies."""
        number = bisect_right(self.media, begin, key=lambda box: box.start)
        return self.media[number - 1] if number else None

    def free(self, box: Box) -> None:
        """Make a box free space."""
        kind = self._kind_at(box)
        self.data[kind : kind + 4] = b"free"
        blank(self.data, box.start, box.end)

    def _kind_at(self, box: Box) -> int:
        # A long box has eight more bytes between its kind and what it holds.
        near = box.start - 4
        return near if self.data[near : near + 4] == box.kind else box.start - 12

    def inside(self, box: Box, skip: int = 0) -> Iterator[Box]:
        """The boxes in a box, all told apart before the first is changed."""
        yield from list(walk_boxes(self.data, box.start + skip, box.end))


def bare_mp4(data: Buffer) -> None:
    """Change an MP4 file.

    Raises
    ------
    Unfollowed, Malformed
        It is built in another way, or its boxes lie.
    """
    file = _File(data)
    outermost = list(walk_boxes(data, 0, len(data)))
    if any(box.kind == b"moof" for box in outermost):
        raise Unfollowed("the video is an MP4 file in fragments")
    file.media = [box for box in outermost if box.kind == b"mdat"]
    for box in outermost:
        if box.kind in _HOLDERS:
            _holder(file, box)
        elif box.kind not in {b"ftyp", b"mdat"}:
            file.free(box)
    if not file.used:
        raise Unfollowed("the MP4 file has no video")
    end = outermost[-1].end
    blank(file.data, end, len(data))
    _blank_between(file)


def _blank_between(file: _File) -> None:
    """Whatever is in the media data and no picture."""
    places = sorted(file.used)
    for box in file.media:
        at, number = box.start, bisect_left(places, (box.start, 0))
        while number < len(places) and places[number][0] < box.end:
            begin, end = places[number]
            blank(file.data, at, begin)
            at, number = max(at, end), number + 1
        blank(file.data, at, box.end)


def _holder(file: _File, holder: Box, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        raise Malformed("the boxes of the MP4 file are nested too deep")
    for box in file.inside(holder):
        if box.kind == b"trak":
            _track(file, box, depth)
        elif box.kind in _HOLDERS:
            _holder(file, box, depth + 1)
        elif (leaf := _LEAVES.get(box.kind)) is not None:
            leaf(file, box)
        elif box.kind not in _TABLES:
            file.free(box)


def _track(file: _File, track: Box, depth: int) -> None:
    media = find_box(file.data, track, b"mdia")
    handler = media and find_box(file.data, media, b"hdlr")
    if not handler or file.data[handler.start + 8 : handler.start + 12] != b"vide":
        file.free(track)
        return
    _pictures(file, track)
    _holder(file, track, depth + 1)


def _pictures(file: _File, track: Box) -> None:
    table = find_box(file.data, track, b"mdia", b"minf", b"stbl")
    described = table and find_box(file.data, table, b"stsd")
    if not table or not described:
        raise Unfollowed("the MP4 file does not say where its pictures are")
    entries = list(file.inside(described, 8))
    kinds = {entry.kind for entry in entries}
    if len(kinds) != 1 or not kinds <= _CODECS.keys():
        raise Unfollowed("the video of the MP4 file is neither H.264 nor H.265")
    lengths = {_length_bytes(file.data, entry) for entry in entries}
    if len(lengths) != 1:
        raise Unfollowed("the pictures of the MP4 file are written in two ways")
    codec = _CODECS[entries[0].kind]
    for begin, end in sample_places(file.data, table):
        media = file.media_at(begin)
        if media is None or end > media.end:
            raise Malformed("a picture of the MP4 file lies outside of its media data")
        _units(file.data, begin, end, min(lengths), codec)
        file.used.append((begin, end))


def _length_bytes(data: Buffer, entry: Box) -> int:
    inside = Box(entry.kind, entry.start + _ENTRY_BYTES, entry.end)
    found = find_box(data, inside, b"avcC") or find_box(data, inside, b"hvcC")
    at = None if found is None else found.start + (4 if found.kind == b"avcC" else 21)
    if found is None or at is None or at >= found.end:
        raise Unfollowed("the MP4 file does not say how its pictures are written")
    return (data[at] & 3) + 1


def _units(data: Buffer, at: int, end: int, length_bytes: int, codec: Codec) -> None:
    while at < end:
        begin = at + length_bytes
        at = begin + int.from_bytes(data[at:begin], "big")
        if at > end or begin > end:
            raise Malformed("a picture of the MP4 file is longer than its place")
        if at > begin:
            bare_unit_in(data, begin, at, codec)


# ---- boxes that say what is kept, and more


def _times(file: _File, box: Box) -> None:
    """Head of a movie, a track or its media: when it was made and changed."""
    wide = 16 if file.data[box.start] else 8
    blank(file.data, box.start + 4, min(box.start + 4 + wide, box.end))


def _handler(file: _File, box: Box) -> None:
    blank(file.data, box.start + 4, box.start + 8)
    blank(file.data, box.start + 12, box.end)


def _references(file: _File, box: Box) -> None:
    for entry in file.inside(box, 8):
        if entry.kind != b"url " or not file.data[entry.start + 3] & 1:
            raise Unfollowed("the MP4 file has its pictures somewhere else")
        blank(file.data, entry.start + 4, entry.end)


def _descriptions(file: _File, box: Box) -> None:
    for entry in file.inside(box, 8):
        for begin, end in _ENTRY_TEXTS:
            blank(file.data, entry.start + begin, entry.start + end)
        for inner in file.inside(entry, _ENTRY_BYTES):
            colour = bytes(file.data[inner.start : inner.start + 4])
            if inner.kind == b"hvcC":
                _arrays(file.data, inner)
            elif not (
                inner.kind in _CONFIGURATIONS | _SHAPES
                or (inner.kind == b"colr" and colour in _COLOURS)
            ):
                file.free(inner)


def _arrays(data: Buffer, box: Box) -> None:
    """Units that come before the first picture, in arrays by their types."""
    if box.end - box.start < 23:
        raise Malformed("the MP4 file does not say how its pictures are written")
    at = box.start + 23
    for _ in range(data[box.start + 22]):
        if at + 3 > box.end:
            raise Malformed("the parameters of the video are cut")
        (count,) = unpack_from(">H", data, at + 1)
        at += 3
        for _ in range(count):
            begin = at + 2
            at = begin + int.from_bytes(data[at:begin], "big")
            if at > box.end:
                raise Malformed("the parameters of the video are cut")
            if at > begin:
                bare_unit_in(data, begin, at, H265)
    data[at : box.end] = bytes(box.end - at)


_LEAVES: Mapping[bytes, Callable[[_File, Box], None]] = MappingProxyType(
    {
        b"mvhd": _times,
        b"tkhd": _times,
        b"mdhd": _times,
        b"hdlr": _handler,
        b"dref": _references,
        b"stsd": _descriptions,
    }
)
