"""The bytes of one frame off a file, by its frame table. Reading lives here, decoding does not."""

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from imaging.byte_order import swap_words
from imaging.errors import Malformed
from imaging.frames import FrameTable


def read_frame(source: BinaryIO, table: FrameTable, number: int, word_bytes: int = 1) -> bytes:
    """All bytes of a frame as it is stored, its fragments joined.

    Parameters
    ----------
    source
        The stream in which the table's offsets hold (`part10.open_data_set`).
    number
        From 1.
    word_bytes
        Of native frames in a big endian file: `FrameDescription.word_bytes`, and the frame comes
        in little endian order. Frames of bytes in OW may begin and end inside a word, so they
        cannot be turned once they are taken apart.

    Returns
    -------
    bytes
        A native frame of single bits begins at the lowest bit of the first byte, wherever it
        begins in the file (PS3.5 section 8.1.1).
    """
    if word_bytes > 1 and not table.encapsulated:
        return turned_frame(partial(_read_at, source), table, number, word_bytes)
    parts = []
    for offset, length in table.pieces(number):
        source.seek(offset)
        parts.append(read_exactly(source, length))
    return aligned(b"".join(parts), table.bit_offset(number), table.frame_bits)


def turned_frame(
    read: Callable[[int, int], bytes], table: FrameTable, number: int, word_bytes: int
) -> bytes:
    """A native frame of a big endian file in little endian order.

    Parameters
    ----------
    read
        Gives the bytes at an offset of the table's, of a length.
    """
    [(offset, length)] = table.pieces(number)
    before = (offset - table.offset) % word_bytes
    words = read(offset - before, -(-(before + length) // word_bytes) * word_bytes)
    whole = swap_words(words, word_bytes)[before : before + length]
    return aligned(whole, table.bit_offset(number), table.frame_bits)


def aligned(covering: bytes, bit_offset: int, frame_bits: int) -> bytes:
    """A frame of single bits out of the bytes that cover it."""
    if frame_bits % 8 == 0:
        return covering
    bits = int.from_bytes(covering, "little") >> bit_offset & ((1 << frame_bits) - 1)
    return bits.to_bytes((frame_bits + 7) // 8, "little")


def _read_at(source: BinaryIO, offset: int, length: int) -> bytes:
    source.seek(offset)
    return read_exactly(source, length)


def read_exactly(source: BinaryIO, length: int) -> bytes:
    """So many bytes, or `Malformed` when the stream ends before."""
    data = source.read(length)
    while len(data) < length:
        more = source.read(length - len(data))
        if not more:
            raise Malformed("the file is shorter than it was")
        data += more
    return data
