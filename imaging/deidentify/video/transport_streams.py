"""MPEG transport streams: tables and video stay, every other packet becomes a null packet.

References
----------
ISO/IEC 13818-1 sections 2.4.3 (packets), 2.4.4 (PAT, PMT), 2.6 (descriptors), annex A (CRC).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final

from imaging.deidentify.video.buffers import Buffer
from imaging.deidentify.video.errors import Unfollowed
from imaging.deidentify.video.mpeg2 import bare_mpeg2
from imaging.deidentify.video.nal_units import H264, H265, bare_byte_stream
from imaging.deidentify.video.packets import Bare, Pieces, bare_head

_SYNC: Final = 0x47
_PACKET: Final = 188
_PREFIXES: Final = (0, 4)
"""Bytes before each packet: none, or a time of arrival (BDAV)."""

_PAT: Final = 0
_NULL: Final = bytes((_SYNC, 0x1F, 0xFF, 0x10)) + b"\xff" * (_PACKET - 4)
_VIDEO: Mapping[int, Bare] = MappingProxyType(
    {
        **dict.fromkeys((0x01, 0x02), bare_mpeg2),
        **dict.fromkeys((0x1B, 0x1F, 0x20), partial(bare_byte_stream, codec=H264)),
        **dict.fromkeys((0x24, 0x25), partial(bare_byte_stream, codec=H265)),
    }
)
"""How streams of a type (table 2-34) are changed."""

# Video, audio and hierarchy; alignment; rates; AVC and HEVC: numbers all of them.
_NUMBERS: Final = frozenset({0x02, 0x03, 0x04, 0x06, 0x0B, 0x0C, 0x0E, 0x10, 0x28, 0x2A, 0x38})
_REGISTRATION: Final = 0x05


@dataclass(slots=True)
class _Streams:
    """What the tables have said so far."""

    programs: set[int] = field(default_factory=set)
    videos: dict[int, tuple[Bare, Pieces]] = field(default_factory=dict)
    clocks: set[int] = field(default_factory=set)


def packet_prefix(data: bytes | Buffer) -> int | None:
    """How many bytes stand before each packet; None where there are no packets."""
    for prefix in _PREFIXES:
        second = prefix + _PACKET + prefix
        if data[prefix : prefix + 1] == b"\x47" and (len(data) <= second or data[second] == _SYNC):
            return prefix
    return None


def bare_transport_stream(data: Buffer, prefix: int) -> None:
    """Change a transport stream.

    Raises
    ------
    Unfollowed
        It is built in another way.
    """
    size, streams = prefix + _PACKET, _Streams()
    starts = range(prefix, len(data) - _PACKET + 1, size)
    if any(data[at] != _SYNC for at in starts):
        raise Unfollowed("packets of the video are out of step")
    for at in starts:
        _read_programs(data, at, streams)
    for at in starts:
        _read_streams(data, at, streams)
    for at in starts:
        _packet(data, at, streams)
    end = len(data) // size * size
    data[end:] = bytes(len(data) - end)
    if not streams.videos:
        raise Unfollowed("the tables of the transport stream name no video")
    for bare, pieces in streams.videos.values():
        pieces.change(data, bare)


def _pid(data: Buffer, at: int) -> int:
    return (data[at + 1] & 0x1F) << 8 | data[at + 2]


def _payload(data: Buffer, at: int) -> int:
    """Where the payload of a packet begins; at the packet's end where it has none."""
    control = data[at + 3] >> 4 & 3
    begin = at + 4 + (1 + data[at + 4] if control & 2 else 0)
    return min(begin, at + _PACKET) if control & 1 else at + _PACKET


def _packet(data: Buffer, at: int, streams: _Streams) -> None:
    pid = _pid(data, at)
    tables = {_PAT, *streams.programs}
    if pid not in {*tables, *streams.videos, *streams.clocks}:
        data[at : at + _PACKET] = _NULL
        return
    if data[at + 3] & 0xC0:
        raise Unfollowed("the video is scrambled")
    begin, end, starts = _payload(data, at), at + _PACKET, data[at + 1] & 0x40
    _bare_adaptation(data, at, begin)
    if pid in streams.videos:
        if starts and begin < end:
            begin = bare_head(data, begin, end)
        streams.videos[pid][1].add(begin, end)
    elif pid not in tables:
        data[begin:end] = b"\xff" * (end - begin)


def _bare_adaptation(data: Buffer, at: int, begin: int) -> None:
    """Leave the clock; private data and stuffing become stuffing."""
    if not data[at + 3] & 0x20 or begin <= at + 5:
        return
    data[at + 5] &= 0xF0
    rest = at + 6 + (6 if data[at + 5] & 0x10 else 0)
    data[rest:begin] = b"\xff" * max(0, begin - rest)


# ---- tables


def _read_programs(data: Buffer, at: int, streams: _Streams) -> None:
    if _pid(data, at) != _PAT:
        return
    begin, end = _section(data, at)
    for entry in range(begin + 8, end - 4, 4):
        if data[entry : entry + 2] != b"\0\0":
            streams.programs.add(_pid(data, entry + 1))


def _read_streams(data: Buffer, at: int, streams: _Streams) -> None:
    if _pid(data, at) not in streams.programs:
        return
    begin, end = _section(data, at)
    _read_program(data, begin, end, streams)
    data[end - 4 : end] = _crc(data[begin : end - 4]).to_bytes(4, "big")


def _section(data: Buffer, at: int) -> tuple[int, int]:
    """Where the one section of a packet lies; what is behind it becomes stuffing."""
    payload, limit = _payload(data, at), at + _PACKET
    if not data[at + 1] & 0x40 or payload >= limit:
        raise Unfollowed("a table of the video is longer than a packet")
    begin = payload + 1 + data[payload]
    end = begin + 3 + (int.from_bytes(data[begin + 1 : begin + 3], "big") & 0xFFF)
    if begin + 3 > limit or not begin + 12 <= end <= limit:
        raise Unfollowed("a table of the video is longer than a packet")
    data[payload + 1 : begin] = b"\xff" * (begin - payload - 1)
    data[end:limit] = b"\xff" * (limit - end)
    return begin, end


def _read_program(data: Buffer, begin: int, end: int, streams: _Streams) -> None:
    streams.clocks.add(_pid(data, begin + 7))
    at = begin + 12 + _length(data, begin + 10)
    _bare_descriptors(data, begin + 12, min(at, end - 4))
    while at + 5 <= end - 4:
        bare, pid = _VIDEO.get(data[at]), _pid(data, at)
        if bare is not None and pid not in streams.videos:
            streams.videos[pid] = (bare, Pieces())
        after = at + 5 + _length(data, at + 3)
        _bare_descriptors(data, at + 5, min(after, end - 4))
        at = after


def _length(data: Buffer, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big") & 0xFFF


def _bare_descriptors(data: Buffer, at: int, end: int) -> None:
    while at + 2 <= end:
        begin, after = at + 2, min(at + 2 + data[at + 1], end)
        if data[at] == _REGISTRATION:
            begin = min(begin + 4, after)
        if data[at] not in _NUMBERS:
            data[begin:after] = b"\xff" * (after - begin)
        at = after


def _crc(data: bytes | Buffer) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value >> 31 else value << 1) & 0xFFFFFFFF
    return value
