"""MPEG program streams: the video stays, every other stream becomes padding.

References
----------
ISO/IEC 13818-1 section 2.5.3 (program stream), table 2-22 (stream identifiers).
"""

from __future__ import annotations

from typing import Final

from imaging.deidentify.video.buffers import Buffer
from imaging.deidentify.video.errors import Unfollowed
from imaging.deidentify.video.packets import Bare, Pieces, bare_head

_START: Final = b"\0\0\1"
_END, _PACK, _SYSTEM, _PADDING = 0xB9, 0xBA, 0xBB, 0xBE
_VIDEO: Final = range(0xE0, 0xF0)
_MPEG_1_PACK, _MPEG_2_PACK = 12, 14


def is_program_stream(data: bytes | Buffer) -> bool:
    """Whether a stream begins as one, or as packets without a pack."""
    return data[:3] == _START and len(data) > 3 and (data[3] == _PACK or data[3] in _VIDEO)


def bare_program_stream(data: Buffer, bare: Bare) -> None:
    """Change a program stream.

    Raises
    ------
    Unfollowed
        It is built in another way.
    """
    streams: dict[int, Pieces] = {}
    at = 0
    while data[at : at + 3] == _START and at + 6 <= len(data) and data[at + 3] != _END:
        code = data[at + 3]
        if code == _PACK:
            at = _after_pack(data, at)
            continue
        end = at + 6 + int.from_bytes(data[at + 4 : at + 6], "big")
        if code < _PACK or end > len(data) or end == at + 6:
            raise Unfollowed("a packet of the video has no length, or one beyond its end")
        if code in _VIDEO:
            streams.setdefault(code, Pieces()).add(bare_head(data, at, end), end)
        elif code != _SYSTEM:
            data[at + 3] = _PADDING
            data[at + 6 : end] = b"\xff" * (end - at - 6)
        at = end
    ended = data[at : at + 4] == _START + bytes([_END])
    if not ended and any(data[at:]):
        raise Unfollowed("there are packets of the video that cannot be told apart")
    at += 4 if ended else 0
    data[at:] = bytes(len(data) - at)
    for pieces in streams.values():
        pieces.change(data, bare)


def _after_pack(data: Buffer, at: int) -> int:
    is_mpeg_2 = data[at + 4] >> 6 == 1
    begin = end = at + (_MPEG_2_PACK if is_mpeg_2 else _MPEG_1_PACK)
    if is_mpeg_2 and begin <= len(data):
        end += data[begin - 1] & 7
    if end > len(data):
        raise Unfollowed("a pack of the video is cut")
    data[begin:end] = b"\xff" * (end - begin)
    return end
