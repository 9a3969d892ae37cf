"""MPEG-2 video without user data: what is between its pictures and not needed for them.

References
----------
ISO/IEC 13818-2 sections 6.2.1 (start codes), 6.2.2.2 (extension and user data).
"""

from __future__ import annotations

from typing import Final

from imaging.deidentify.video.buffers import Buffer

_START: Final = b"\0\0\1"
_EXTENSION, _END = 0xB5, 0xB7
# Pictures and slices; sequence header, extension, end of sequence, group of pictures.
_KEPT: Final = frozenset({*range(0xB0), 0xB3, _EXTENSION, _END, 0xB8})
# Sequence, display, quant matrix, scalable, picture display, coding, spatial, temporal.
_EXTENSIONS: Final = frozenset({1, 2, 3, 5, 7, 8, 9, 10})


def bare_mpeg2(stream: Buffer) -> None:
    """Change an elementary stream."""
    at = stream.find(_START)
    stream[: max(at, 0)] = bytes(max(at, 0))
    while 0 <= at < len(stream) - 3:
        code, begin = stream[at + 3], at + 4
        at = stream.find(_START, begin)
        end = at if at >= 0 else len(stream)
        if code == _END:
            stream[begin:end] = bytes(end - begin)
        elif code not in _KEPT or (code == _EXTENSION and not _is_known(stream, begin, end)):
            stream[begin:end] = b"\xff" * (end - begin)


def _is_known(stream: Buffer, begin: int, end: int) -> bool:
    return begin < end and stream[begin] >> 4 in _EXTENSIONS
