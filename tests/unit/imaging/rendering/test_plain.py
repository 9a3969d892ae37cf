"""Frames as pictures."""

import io
import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imaging.data_set import Bulk, DataSet, Element
from imaging.errors import DecodeFailed, ImagingError, Malformed, Unsupported
from imaging.frame_reading import read_frame
from imaging.frames import FrameTable, locate_frames
from imaging.part10 import open_data_set, read_header
from imaging.pixels import DecodedFrame, FrameDescription, describe_frame
from imaging.rendering.display import (
    Display,
    LookupTable,
    Window,
    describe_display,
    representative_frame,
)
from imaging.rendering.plain import picture, render_jpeg
from imaging.rendering.segmented_palette import expand
from imaging.transcode import can_decode, decode_frame
from tests.part10_files import real_files

NATIVE = "1.2.840.10008.1.2.1"


def gray(values, stored: int = 16, signed: int = 0, photometric: str = "MONOCHROME2"):
    array = np.array(values)
    data = array.astype("<i2" if signed else "<u2").tobytes()
    rows, columns = array.shape
    return DecodedFrame(
        data, FrameDescription(NATIVE, rows, columns, 1, 16, stored, signed, photometric)
    )


def colour(data: bytes, photometric: str, planar: int = 0, rows: int = 1, columns: int = 2):
    description = FrameDescription(
        NATIVE, rows, columns, 3, 8, 8, 0, photometric, planar_configuration=planar
    )
    return DecodedFrame(data, description)


def shown(frame: DecodedFrame, display: Display | None = None):
    return np.asarray(picture(frame, display or Display())).tolist()


def test_without_a_window_the_frame_spans_black_to_white():
    assert shown(gray([[100, 150, 200]])) == [[0, 128, 255]]


@pytest.mark.parametrize(
    ("photometric", "inverse", "expected"),
    [
        ("MONOCHROME2", None, [[0, 255]]),
        ("MONOCHROME1", None, [[255, 0]]),
        # PS3.3 C.8.11.3: INVERSE goes with MONOCHROME1 and means the same, not twice.
        ("MONOCHROME1", True, [[255, 0]]),
        ("MONOCHROME2", True, [[255, 0]]),
        ("MONOCHROME1", False, [[0, 255]]),
    ],
)
def test_the_presentation_shape_says_which_way_grays_go_or_else_the_photometric_interpretation(
    photometric, inverse, expected
):
    frame = gray([[100, 200]], photometric=photometric)
    assert shown(frame, Display(inverse=inverse)) == expected


def test_signed_values_are_signed_and_unused_bits_are_not_looked_at():
    clean = gray([[-2048, 0, 2047]], stored=12, signed=1)
    garbage = np.frombuffer(clean.data, "<u2") ^ 0x7000
    assert shown(DecodedFrame(garbage.tobytes(), clean.description)) == shown(clean)
    assert shown(clean) == [[0, 128, 255]]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        # PS3.3 C.11.2.1.2.1, note 3: center 2048, width 4096 and center 0, width 100.
        (Window(2048, 4096), [0, 128, 255]),
        (Window(2048.5, 1), [0, 0, 255]),
        (Window(2048, 4096, "LINEAR_EXACT"), [0, 128, 255]),
        (Window(2048, 1024, "SIGMOID"), [0, 128, 255]),
    ],
)
def test_windows_are_those_of_the_standard(window, expected):
    assert shown(gray([[0, 2048, 4095]]), Display(window=window)) == [expected]


def test_the_window_holds_for_rescaled_values():
    display = Display(slope=2, intercept=-1000, window=Window(0, 200, "LINEAR_EXACT"))
    assert shown(gray([[450, 500, 550]]), display) == [[0, 128, 255]]


def test_a_modality_table_and_a_voi_table_are_looked_up():
    modality = LookupTable(10, 16, (0, 1, 2))
    voi = LookupTable(0, 8, (0, 51, 255))
    display = Display(modality_lut=modality, voi_lut=voi)
    assert shown(gray([[9, 10, 11, 12, 99]]), display) == [[0, 0, 51, 255, 255]]


def test_padding_does_not_widen_the_span():
    display = Display(padding=(0, 10))
    assert shown(gray([[0, 10, 100, 200]]), display) == [[0, 0, 0, 255]]


def test_a_frame_of_one_value_has_a_picture():
    assert shown(gray([[7, 7]])) == [[128, 128]]
    assert shown(gray([[0, 0]])) == [[0, 0]]


def test_single_bits_are_black_and_white():
    frame = DecodedFrame(b"\x05", FrameDescription(NATIVE, 1, 3, 1, 1, 1))
    assert shown(frame) == [[255, 0, 255]]


def test_floats_and_32_bit_values_are_shown():
    values = np.array([[0.0, 0.5, 1.0, np.nan]], "<f4")
    description = FrameDescription(NATIVE, 1, 4, 1, 32, 32, is_float=True)
    assert shown(DecodedFrame(values.tobytes(), description)) == [[0, 128, 255, 0]]
    doses = np.array([[0, 2**31, 2**32 - 1]], "<u4")
    description = FrameDescription(NATIVE, 1, 3, 1, 32, 32)
    assert shown(DecodedFrame(doses.tobytes(), description)) == [[0, 128, 255]]


def test_rgb_by_pixel_and_by_plane():
    assert shown(colour(b"\1\2\3\4\5\6", "RGB")) == [[[1, 2, 3], [4, 5, 6]]]
    assert shown(colour(b"\1\4\2\5\3\6", "RGB", planar=1)) == [[[1, 2, 3], [4, 5, 6]]]


def test_ybr_becomes_rgb_whether_subsampled_or_only_called_so():
    full = colour(bytes([76, 85, 255, 255, 128, 128]), "YBR_FULL")
    assert near(shown(full), [[[254, 0, 0], [255, 255, 255]]])
    called = colour(full.data, "YBR_FULL_422")
    assert shown(called) == shown(full)
    halved = colour(bytes([76, 255, 128, 128]), "YBR_FULL_422")
    assert near(shown(halved), [[[76, 76, 76], [255, 255, 255]]])
    partial = colour(bytes([16, 235, 128, 128]), "YBR_PARTIAL_422")
    assert near(shown(partial), [[[0, 0, 0], [255, 255, 255]]])


def near(left, right) -> bool:
    return bool(np.abs(np.array(left) - np.array(right)).max() <= 2)


def test_a_palette_gives_its_colours():
    palette = tuple(LookupTable(1, 16, (v << 8, 0xFFFF)) for v in (10, 20, 30))
    description = FrameDescription(
        NATIVE, 1, 3, 1, 8, 8, photometric_interpretation="PALETTE COLOR"
    )
    frame = DecodedFrame(b"\0\1\2", description)
    first, last = [10, 20, 30], [255, 255, 255]
    assert shown(frame, Display(palette=palette)) == [[first, first, last]]
    with pytest.raises(DecodeFailed):
        picture(frame, Display())


def test_what_nobody_can_show_is_said():
    with pytest.raises(Unsupported):
        picture(colour(b"\0" * 6, "ARGB"), Display())
    with pytest.raises(DecodeFailed):
        picture(colour(b"\0", "YBR_FULL_422"), Display())


def test_a_jpeg_is_no_larger_than_asked_and_never_enlarged():
    wide = gray(np.arange(600 * 300).reshape(300, 600) % 1000)
    image = Image.open(BytesIO(render_jpeg(wide, Display(), max_side=100)))
    assert (image.format, image.size, image.mode) == ("JPEG", (100, 50), "L")
    small = Image.open(BytesIO(render_jpeg(gray([[1, 2]]), Display(), max_side=100)))
    assert small.size == (2, 1)


def test_a_frame_of_single_bits_is_read_from_wherever_it_begins():
    table = FrameTable(3, 10, 5)
    stream = io.BytesIO(b"x" * 10 + bytes([0b10100001, 0b01111100]))
    frames = [read_frame(stream, table, number) for number in (1, 2, 3)]
    assert frames == [b"\x01", bytes([0b00101]), bytes([0b11111])]


# ---- what the data set says


def data_set(*elements: Element) -> DataSet:
    made = DataSet()
    made.update({element.tag: element for element in elements})
    return made


RESCALE = (Element(0x00281052, "DS", b"-1024 "), Element(0x00281053, "DS", b"2 "))
WINDOW = (Element(0x00281050, "DS", b"40\\600"), Element(0x00281051, "DS", b"400\\1500"))


def test_the_first_window_and_the_rescale_are_read():
    display = describe_display(data_set(*RESCALE, *WINDOW))
    assert (display.slope, display.intercept) == (2.0, -1024.0)
    assert display.window == Window(40.0, 400.0)


def test_functional_groups_of_the_frame_come_before_shared_ones():
    def groups(center: bytes) -> DataSet:
        voi = data_set(Element(0x00281050, "DS", center), Element(0x00281051, "DS", b"10"))
        return data_set(Element(0x00289132, "SQ", items=[voi]))

    enhanced = data_set(
        Element(0x52009229, "SQ", items=[groups(b"1 ")]),
        Element(0x52009230, "SQ", items=[groups(b"2 "), data_set()]),
    )
    assert describe_display(enhanced, 1).window == Window(2.0, 10.0)
    assert describe_display(enhanced, 2).window == Window(1.0, 10.0)


@pytest.mark.parametrize("bad", [b"", b"x ", b"nan ", b"0 ", b"-1", b"1" * 1000])
def test_a_damaged_window_is_no_window(bad):
    center = Element(0x00281050, "DS", b"1 ")
    assert describe_display(data_set(center, Element(0x00281051, "DS", bad))).window is None


def test_tables_are_read_inline_or_from_where_they_lie():
    raw = struct.pack("<3H", 1, 2, 3)
    descriptor = Element(0x00283002, "US", struct.pack("<3H", 3, 5, 12))
    inline = data_set(descriptor, Element(0x00283006, "US", raw))
    outer = data_set(Element(0x00283010, "SQ", items=[inline]))
    assert describe_display(outer).voi_lut == LookupTable(5, 12, (1, 2, 3))
    inline[0x00283006] = Element(0x00283006, "OW", bulk=Bulk(10, 6))
    assert describe_display(outer).voi_lut is None
    assert describe_display(outer, read_bulk=lambda bulk: raw).voi_lut is not None


def test_a_segmented_palette_is_spelled_out():
    # Discrete 0, 10; linear to 40 in three steps; the first segment once more.
    words = (0, 2, 0, 10, 1, 3, 40, 2, 1, 0, 0)
    assert expand(words, 100) == (0, 10, 20, 30, 40, 0, 10)
    elements = [Element(0x00280004, "CS", b"PALETTE COLOR ")]
    for channel in range(1, 4):
        elements.append(Element(0x00281100 + channel, "US", struct.pack("<3H", 7, 0, 16)))
        elements.append(Element(0x00281220 + channel, "OW", struct.pack("<11H", *words)))
    palette = describe_display(data_set(*elements)).palette
    assert palette is not None
    assert palette[0] == LookupTable(0, 16, (0, 10, 20, 30, 40, 0, 10))


@pytest.mark.parametrize("words", [(0, 5, 1), (1, 200, 1), (7, 1, 1), (2, 1, 0), (2, 1, 99, 0)])
def test_damaged_segments_are_refused(words):
    with pytest.raises(Malformed):
        expand(words, 100)


def test_the_representative_frame_is_the_named_one_or_the_middle_one():
    named = data_set(Element(0x00286010, "US", struct.pack("<H", 9)))
    assert representative_frame(named, 10) == 9
    assert representative_frame(named, 5) == 3
    assert representative_frame(DataSet(), 1) == 1


def test_every_real_image_that_decodes_has_a_thumbnail():
    made, refused = 0, {}
    for file in real_files():
        stream = io.BytesIO(file.read())
        try:
            header = read_header(stream)
            table = locate_frames(stream, header)
            if header.pixel_data is None or table is None:
                continue
            if not can_decode(header.transfer_syntax_uid):
                continue
            render_jpeg(*frame_of(stream, header, table), max_side=128)
            made += 1
        except ImagingError as error:
            refused[file.name] = f"{type(error).__name__}: {error}"
    print(made, refused)
    assert made > 50
    assert len(refused) <= made // 20


def frame_of(stream, header, table):
    number = representative_frame(header.data_set, table.count)
    data_set = open_data_set(stream, header)
    description = describe_frame(
        header.data_set,
        header.transfer_syntax_uid,
        header.pixel_data.vr,
        header.pixel_data.tag,
    )

    def read_bulk(bulk: Bulk) -> bytes:
        data_set.seek(bulk.offset)
        return data_set.read(bulk.length)

    encoded = read_frame(data_set, table, number)
    display = describe_display(header.data_set, number, read_bulk)
    return decode_frame(description, encoded), display
