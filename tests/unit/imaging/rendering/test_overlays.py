"""Overlay planes."""

import numpy as np
import pytest

from tests.builders import part10
from tests.rendered import File, image_of, shown

BLACK = [[0] * 4 for _ in range(3)]


def packed(*rows: str) -> bytes:
    bits = np.array([[int(bit) for bit in row] for row in rows], np.uint8)
    data = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    return data + bytes(len(data) % 2)


def with_overlay(*rows: str, origin=(1, 1), group=0x6000, vr="OW", **image):
    ds = image_of(BLACK, **image)
    ds.add_new((group, 0x10), "US", len(rows))
    ds.add_new((group, 0x11), "US", len(rows[0]))
    ds.add_new((group, 0x40), "CS", "G")
    ds.add_new((group, 0x50), "SS", list(origin))
    ds.add_new((group, 0x100), "US", 1)
    ds.add_new((group, 0x102), "US", 0)
    ds.add_new((group, 0x3000), vr, packed(*rows))
    return ds


def test_the_bits_of_an_overlay_are_white():
    ds = with_overlay("1000", "0110", "0001")
    assert shown(ds) == [[255, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]


def test_an_overlay_lies_where_its_origin_says_and_is_cut_off_at_the_edges():
    assert shown(with_overlay("11", "11", origin=(0, 4))) == [[0, 0, 0, 255], [0] * 4, [0] * 4]
    assert shown(with_overlay("11", "11", origin=(3, 2))) == [[0] * 4, [0] * 4, [0, 255, 255, 0]]
    assert shown(with_overlay("11", "11", origin=(-30, 50))) == BLACK


def test_words_of_a_big_endian_file_are_turned():
    ds = with_overlay("1000", "0110", "0001")
    big = part10(ds, "1.2.840.10008.1.2.2")
    # pydicom writes OW as it is given, so the file's words are turned by hand.
    turned = ds[0x60003000].value[::-1]
    at = big.index(ds[0x60003000].value)
    big = big[:at] + turned + big[at + 2 :]
    assert shown(big) == shown(ds)


def test_each_frame_has_its_plane_of_a_multi_frame_overlay():
    ds = with_overlay("1000", "0000", "0000", NumberOfFrames=3, PixelData=bytes(36))
    ds[0x60003000].value = packed("1000", "0000", "0000", "0100", "0000", "0000")
    ds.add_new((0x6000, 0x15), "IS", "2")
    ds.add_new((0x6000, 0x51), "US", 2)
    first_rows = [shown(ds, number)[0] for number in (1, 2, 3)]
    assert first_rows == [[0] * 4, [255, 0, 0, 0], [0, 255, 0, 0]]


def test_an_overlay_in_an_unused_bit_of_the_pixels_is_found_there():
    words = np.array([[5, 0x8005, 7, 9]], "<u2")
    ds = image_of(
        [[0] * 4],
        BitsAllocated=16,
        BitsStored=12,
        HighBit=11,
        PixelData=words.tobytes(),
        WindowCenter=2048,
        WindowWidth=4096,
    )
    ds.add_new((0x6000, 0x10), "US", 1)
    ds.add_new((0x6000, 0x11), "US", 4)
    ds.add_new((0x6000, 0x40), "CS", "G")
    ds.add_new((0x6000, 0x100), "US", 16)
    ds.add_new((0x6000, 0x102), "US", 15)
    assert shown(ds) == [[0, 255, 0, 1]]


def test_regions_of_interest_are_no_graphics():
    ds = with_overlay("1111", "1111", "1111")
    ds[0x60000040].value = "R"
    assert shown(ds) == BLACK


@pytest.mark.parametrize(
    ("element", "value"), [(0x10, 0), (0x10, 60000), (0x11, 65535), (0x3000, b"")]
)
def test_a_damaged_overlay_is_left_out(element, value):
    ds = with_overlay("1111", "1111", "1111")
    ds[0x6000, element].value = value
    assert shown(ds) == BLACK


def test_a_long_overlay_is_read_from_where_it_lies():
    size = 128
    ds = image_of([[0] * size for _ in range(size)])
    ds.add_new((0x6002, 0x10), "US", size)
    ds.add_new((0x6002, 0x11), "US", size)
    ds.add_new((0x6002, 0x3000), "OW", b"\xff" * (size * size // 8))
    file = File(ds)
    assert file.header.data_set[0x60023000].bulk is not None
    assert file.render().pixels.min() == 255
