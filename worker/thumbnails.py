"""A small picture of a stored instance: one frame read, decoded in a bounded child, rendered.

Which instance stands for a series is the archive's to say, how pixels become a picture is
imaging's; here the two meet.
"""

from __future__ import annotations

from typing import BinaryIO

from archive.archive import Archive
from archive.retrieve import StoredInstance, frame_table, open_instance
from imaging.data_set import Bulk
from imaging.errors import LimitExceeded, Malformed
from imaging.frames import FrameTable
from imaging.part10 import open_data_set, read_header
from imaging.pixels import describe_frame
from imaging.render import describe_display, render_jpeg, representative_frame
from imaging.transcode import decode_frame

max_side = 256
# A whole-slide level or a long volume is not decoded for a picture of 256 pixels.
max_frame_bytes = 128 << 20
max_table_bytes = 1 << 20


def thumbnail_of(archive: Archive, stored: StoredInstance) -> bytes:
    """Make the JPEG of an instance's representative frame.

    Raises
    ------
    ImagingError
        The frame cannot be shown; nothing is wrong with the instance as a stored one.
    NotFound
        The instance is gone, or has no frames.
    """
    table = frame_table(archive, stored)
    with open_instance(archive, stored) as stream:
        header = read_header(stream)
        pixels = header.pixel_data
        if pixels is None:
            raise Malformed("there are no pixels")
        number = representative_frame(header.data_set, table.count)
        description = describe_frame(
            header.data_set,
            str(header.transfer_syntax_uid),
            pixels.vr,
            pixels.tag,
            max_frame_bytes=max_frame_bytes,
        )
        source = open_data_set(stream, header)
        encoded = _frame(source, table, number)
        display = describe_display(header.data_set, number, lambda bulk: _read_bulk(source, bulk))
    return render_jpeg(decode_frame(description, encoded), display, max_side)


def _frame(source: BinaryIO, table: FrameTable, number: int) -> bytes:
    pieces = table.pieces(number)
    if sum(length for _, length in pieces) > max_frame_bytes:
        raise LimitExceeded(f"an encoded frame has more than {max_frame_bytes} bytes")
    joined = b"".join(_read(source, offset, length) for offset, length in pieces)
    if not (shift := table.bit_offset(number)):
        return joined
    bits = int.from_bytes(joined, "little") >> shift & ((1 << table.frame_bits) - 1)
    return bits.to_bytes((table.frame_bits + 7) // 8, "little")


def _read(source: BinaryIO, offset: int, length: int) -> bytes:
    source.seek(offset)
    return source.read(length)


def _read_bulk(source: BinaryIO, bulk: Bulk) -> bytes:
    if bulk.length > max_table_bytes:
        raise LimitExceeded("a look-up table is too long")
    return _read(source, bulk.offset, bulk.length)
