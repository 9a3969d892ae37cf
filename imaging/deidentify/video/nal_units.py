"""NAL units of H.264 and H.265: messages that no decoder needs say nothing, at the same length.

Supplemental enhancement information (SEI) may hold whatever a camera or an editor likes. Messages
that are numbers for a player stay; all others become filler payloads.

References
----------
ITU-T H.264 and H.265, sections 7.3.1 and 7.4.1 (NAL units), annexes B (byte streams), D (SEI).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from imaging.deidentify.video.buffers import Buffer

_START: Final = b"\0\0\1"
_ESCAPED: Final = re.compile(b"\\x00\\x00\\x03")
_FILLER: Final = 3
_STOP: Final = b"\x80"
# Buffering, timing, recovery point, reference marking, frame packing, orientation, structure,
# parameter sets, decoding units, layers, hash, mastering display, light level, transfer.
_NUMBERS: Final = frozenset({0, 1, 6, 7, 45, 47, 128, 129, 130, 131, 132, 137, 144, 147})
_MAX_NUMBERS: Final = 64
# A unit of messages that is longer holds no numbers for a player.
_MAX_MESSAGES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Codec:
    """What the types of NAL units mean.

    Parameters
    ----------
    sei
        Types of supplemental information; others that nobody needs become the first of them.
    kept
        Pictures, and the parameters with which they are decoded.
    marks
        Types that say all they have to say by being there, and their lengths.
    """

    head_bytes: int
    shift: int
    mask: int
    sei: tuple[int, ...]
    kept: frozenset[int]
    marks: dict[int, int]

    def type_of(self, unit: bytes | bytearray) -> int:
        """The type of a unit."""
        return unit[0] >> self.shift & self.mask

    def with_type(self, head: bytes, kind: int) -> bytes:
        """The head of a unit of another type."""
        return bytes([head[0] & ~(self.mask << self.shift) & 0xFF | kind << self.shift]) + head[1:]


H264: Final = Codec(
    1, 0, 0x1F, (6,), frozenset({*range(1, 6), 7, 8, 13, 14, 15, 19, 20, 21}), {9: 2, 10: 1, 11: 1}
)
H265: Final = Codec(
    2, 1, 0x3F, (39, 40), frozenset({*range(10), *range(16, 22), 32, 33, 34}), {35: 3, 36: 2, 37: 2}
)


def bare_byte_stream(stream: Buffer, codec: Codec) -> None:
    """Change a stream whose units begin with start codes (annex B)."""
    at = stream.find(_START)
    _blank(stream, 0, at if at >= 0 else len(stream))
    while at >= 0:
        begin = at + len(_START)
        at = stream.find(_START, begin)
        end = at if at >= 0 else len(stream)
        # Zero bytes belong to the next start code, or are padding.
        while end > begin and not stream[end - 1]:
            end -= 1
        if end > begin:
            bare_unit_in(stream, begin, end, codec)


def bare_unit_in(data: Buffer, begin: int, end: int, codec: Codec) -> None:
    """Change one unit where it lies."""
    kind = codec.type_of(data[begin : begin + 1])
    if kind not in codec.kept:
        data[begin:end] = _bare_unit(bytes(data[begin:end]), kind, codec)


def _bare_unit(unit: bytes, kind: int, codec: Codec) -> bytes:
    if kind in codec.marks:
        return unit[: codec.marks[kind]].ljust(len(unit), b"\0")
    head, body = unit[: codec.head_bytes], unit[codec.head_bytes :]
    if len(body) > _MAX_MESSAGES:
        return codec.with_type(head, codec.sei[0]) + _filled(b"", len(body))
    if kind not in codec.sei:
        return codec.with_type(head, codec.sei[0]) + _filled(b"", len(body))
    messages, left = _messages(_ESCAPED.sub(bytes(2), body))
    kept = [message for message in messages if _is_numbers(message)]
    if len(kept) == len(messages) and left.rstrip(b"\0") == _STOP:
        return unit
    return head + _filled(b"".join(kept), len(body))


def _messages(payload: bytes) -> tuple[list[bytes], bytes]:
    """Messages of a unit, each with its type and size, and what is behind them."""
    found, at = [], 0
    while len(payload) - at > 2:
        (_, begin), begun = _number(payload, at), at
        size, begin = _number(payload, begin)
        if begin + size > len(payload):
            break
        at = begin + size
        found.append(payload[begun:at])
    return found, payload[at:]


def _number(payload: bytes, at: int) -> tuple[int, int]:
    """A type or a size: bytes of 255 are added up."""
    value = 0
    while at < len(payload):
        value += payload[at]
        at += 1
        if payload[at - 1] != 0xFF:
            break
    return value, at


def _is_numbers(message: bytes) -> bool:
    kind, at = _number(message, 0)
    if kind == _FILLER:
        _, at = _number(message, at)
        return message.count(b"\xff", at) == len(message) - at
    return kind in _NUMBERS and len(message) <= _MAX_NUMBERS


def _filled(kept: bytes, length: int) -> bytes:
    """The body of a unit of this length: messages that stay, and filler."""
    for count in range(length, -1, -1):
        for filler in _fillers(count):
            # Behind its first size a filler has no byte that could look like a start code.
            near = len(kept) + 4
            whole = kept + filler + _STOP
            made = _escape(whole[:near]) + whole[near:]
            if len(made) == length:
                return made
        if count < length - len(kept) - 16:
            break
    return _filled(b"", length) if kept else _STOP.ljust(length, b"\0")[:length]


def _fillers(count: int) -> Iterator[bytes]:
    """Filler messages of so many bytes together."""
    if count == 0:
        yield b""
    if count < 2:
        return
    # One byte more of a size is needed for every 255; one length in 256 needs two messages.
    size = (count - 2) * 255 // 256
    for one in (size, size + 1):
        if 2 + one // 255 + one == count:
            yield _filler(one)
            return
    if count >= 4:
        yield from (_filler(0) + other for other in _fillers(count - 2))


def _filler(size: int) -> bytes:
    return bytes([_FILLER]) + b"\xff" * (size // 255) + bytes([size % 255]) + b"\xff" * size


def _escape(payload: bytes) -> bytes:
    """Put in the bytes that keep a payload from looking like a start code."""
    out, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = 0 if byte else zeros + 1
    return bytes(out)


def _blank(data: Buffer, begin: int, end: int) -> None:
    data[begin:end] = bytes(end - begin)
