"""The plan of a stored file: its frames read and decoded one after the other."""

from __future__ import annotations

from typing import Any, BinaryIO

from imaging.data_set import Bulk
from imaging.deidentify.pixels.decide import PixelPlan, plan_pixels
from imaging.errors import ImagingError
from imaging.frame_reading import read_exactly, read_frame
from imaging.part10 import Header, open_data_set
from imaging.pixels import DecodedFrame
from imaging.rewrite_pixels import frames_of
from imaging.transcode import decode_frame


def plan_file(stream: BinaryIO, header: Header, **named: Any) -> PixelPlan:
    """Plan the pixels of a file, by its header as received.

    Parameters
    ----------
    named
        As of `decide.plan_pixels`.

    Returns
    -------
    PixelPlan
        Empty and certain without pixels; uncertain where frames cannot be told apart.
    """
    if header.pixel_data is None:
        return PixelPlan(reasons=("there are no pixels",))
    try:
        described, table = frames_of(stream, header)
    except ImagingError:
        return PixelPlan(certain=False, reasons=("the frames cannot be told apart",), frames=1)
    source = open_data_set(stream, header)
    words = 1 if header.data_set.little_endian else described.word_bytes

    def read(number: int) -> DecodedFrame:
        return decode_frame(described, read_frame(source, table, number, words))

    def read_bulk(bulk: Bulk) -> bytes:
        source.seek(bulk.offset)
        return read_exactly(source, bulk.length)

    return plan_pixels(header.data_set, read, table.count, read_bulk=read_bulk, **named)
