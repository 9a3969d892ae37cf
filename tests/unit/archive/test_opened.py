"""Stored instances opened to be looked at."""

from __future__ import annotations

import struct

from archive.access import LOCAL
from archive.archive import Archive
from archive.opened import OpenedInstance
from archive.retrieve import find_instances
from imaging.transcode import decode_frame
from tests.archives import store
from tests.builders import ct_data_set, part10

BIG_ENDIAN = "1.2.840.10008.1.2.2"


def test_frames_of_bytes_in_big_endian_words_are_whole_though_they_end_inside_a_word(
    archive: Archive,
) -> None:
    pixels = bytes(range(1, 19))
    ds = ct_data_set(
        Rows=3,
        Columns=3,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        NumberOfFrames=2,
        # As the file has them: two bytes to a word, the later one first.
        PixelData=struct.pack(">9H", *struct.unpack("<9H", pixels)),
    )
    ds["PixelData"].VR = "OW"
    store(archive, part10(ds, BIG_ENDIAN))
    [found] = find_instances(archive, LOCAL, "archive", str(ds.StudyInstanceUID))
    with OpenedInstance(archive, found) as opened:
        frames = [decode_frame(opened.description, opened.frame(number)) for number in (1, 2)]
    assert [frame.data for frame in frames] == [pixels[:9], pixels[9:]]
