"""`imaging.frames`: the bytes of every frame, whatever tables a file has or lacks."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import generate_frames
from pydicom.uid import (
    MPEG4HP41,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from imaging.errors import ImagingError, Malformed
from imaging.frames import FrameOutOfRange, FrameTable, check_pixel_data, locate_frames
from imaging.part10 import Header, open_data_set, read_header
from tests.builders import (
    ct_data_set,
    ct_image,
    explicit,
    file_of,
    fragments,
    part10,
    with_extended_offsets,
)
from tests.part10_files import RealFile, real_files

UNDEFINED = 0xFFFFFFFF
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
# Codestreams as far as anyone looks who only tells frames apart.
ONE, TWO, THREE = (b"\xff\xd8\xff\xe0" + body for body in (b"first---", b"second", b"third-"))


def table_of(file: bytes) -> FrameTable | None:
    stream = io.BytesIO(file)
    return locate_frames(stream, read_header(stream))


def frames_of(file: bytes) -> list[bytes] | None:
    """The bytes of each frame, by way of the kept form of the table."""
    stream = io.BytesIO(file)
    header = read_header(stream)
    table = locate_frames(stream, header)
    if table is None:
        return None
    kept = FrameTable.from_bytes(table.to_bytes())
    data_set = open_data_set(stream, header)
    return [frame(data_set, kept, number) for number in range(1, kept.count + 1)]


def frame(data_set: io.IOBase, table: FrameTable, number: int) -> bytes:
    pieces = []
    for offset, length in table.pieces(number):
        data_set.seek(offset)
        pieces.append(data_set.read(length))
    return b"".join(pieces)


def encapsulated(value: bytes, frames: int | None, syntax: str = JPEGBaseline8Bit) -> bytes:
    number = b"" if frames is None else explicit(0x00280008, "IS", f"{frames:<6}".encode())
    pixels = explicit(0x7FE00010, "OB", value + SEQUENCE_END, UNDEFINED)
    return file_of(number + pixels, syntax)


# --- real files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("file", real_files(), ids=lambda file: file.name)
def test_frames_of_real_files_are_those_of_pydicom(file: RealFile) -> None:
    with file.path.open("rb") as stream:
        try:
            header = read_header(stream)
        except ImagingError:
            return  # test_part10 says which ones these are
        table = locate_frames(stream, header)
        if header.pixel_data is None:
            assert table is None
            return
        ours = None
        if table is not None:
            data_set = open_data_set(stream, header)
            ours = [frame(data_set, table, number) for number in range(1, table.count + 1)]
    assert ours == oracle(file, header)


def oracle(file: RealFile, header: Header) -> list[bytes] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(file.path, force=True)
    if "Rows" not in ds:
        return None
    pixels = ds.get_item(header.pixel_data.tag).value
    frames = header.data_set.integer(0x00280008) or 1
    if header.pixel_data.length is None:
        return list(generate_frames(pixels, number_of_frames=frames))
    bits = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.get("BitsAllocated", 32)
    if ds.PhotometricInterpretation == "YBR_FULL_422" and len(pixels) * 8 < bits * frames:
        bits = bits * 2 // 3
    return [pixels[bits * index // 8 : (bits * (index + 1) + 7) // 8] for index in range(frames)]


# --- native -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_native_frames_follow_each_other(bits: int, syntax: str) -> None:
    ds = ct_data_set(NumberOfFrames=3, BitsAllocated=bits)
    size = 64 * bits // 8
    expected = [ds.PixelData[start : start + size] for start in range(0, 3 * size, size)]
    assert frames_of(part10(ds, syntax)) == expected


def test_frames_of_single_bits_may_begin_inside_a_byte() -> None:
    table = table_of(ct_image(Rows=3, Columns=3, BitsAllocated=1, NumberOfFrames=4))
    start = table.offset
    assert [table.pieces(number) for number in (1, 2, 3, 4)] == [
        [(start, 2)],
        [(start + 1, 2)],
        [(start + 2, 2)],
        [(start + 3, 2)],
    ]
    assert [table.bit_offset(number) for number in (1, 2, 3, 4)] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("photometric", "size"), [("YBR_FULL_422", 128), ("YBR_FULL_422", 192), ("YBR_FULL", 192)]
)
def test_subsampled_chrominance_takes_two_thirds_unless_all_is_there(
    photometric: str, size: int
) -> None:
    table = table_of(
        ct_image(
            SamplesPerPixel=3,
            PhotometricInterpretation=photometric,
            BitsAllocated=8,
            NumberOfFrames=2,
            PixelData=b"x" * size * 2,
        )
    )
    assert [length for _, length in table.pieces(2)] == [size]
    assert table.count == 2


@pytest.mark.parametrize(("tag", "vr", "size"), [(0x7FE00008, "OF", 4), (0x7FE00009, "OD", 8)])
def test_float_pixels_are_as_wide_as_their_tag_says(tag: int, vr: str, size: int) -> None:
    ds = ct_data_set(PixelData=None, NumberOfFrames=2, BitsAllocated=None)
    ds.add_new(tag, vr, b"\0" * (2 * 64 * size))
    table = table_of(part10(ds))
    assert (table.count, table.pieces(2)[0][1]) == (2, 64 * size)


@pytest.mark.parametrize("number", [None, 0, -3])
def test_without_a_number_there_is_one_frame(number: int | None) -> None:
    assert table_of(ct_image(NumberOfFrames=number, PixelData=b"\0" * 256)).count == 1


def test_only_frames_that_are_there_are_counted() -> None:
    file = ct_image(NumberOfFrames=2_000_000_000, PixelData=b"\0" * 300)
    stream = io.BytesIO(file)
    header = read_header(stream)
    table = locate_frames(stream, header)
    assert table.count == 2
    assert "2 of 2000000000 frames" in check_pixel_data(header, table)


@pytest.mark.parametrize(
    "lies", [{"Rows": None, "PixelData": b"\0\0"}, {"Columns": 0}, {"Rows": 65535}]
)
def test_pixels_that_fit_no_frame_have_no_table(lies: dict[str, object]) -> None:
    stream = io.BytesIO(ct_image(**{"PixelData": b"\0" * 128, **lies}))
    header = read_header(stream)
    assert locate_frames(stream, header) is None
    assert "do not divide" in check_pixel_data(header, None)


def test_right_pixels_have_nothing_wrong() -> None:
    stream = io.BytesIO(ct_image())
    header = read_header(stream)
    assert check_pixel_data(header, locate_frames(stream, header)) is None


def test_a_data_set_without_pixels_has_no_table_and_nothing_wrong() -> None:
    stream = io.BytesIO(ct_image(Rows=None))
    header = read_header(stream)
    assert locate_frames(stream, header) is None
    assert check_pixel_data(header, None) is None


# --- encapsulated -------------------------------------------------------------------------------


def test_a_basic_offset_table_tells_frames_of_several_fragments() -> None:
    value = fragments(b"aa", b"bb", b"cc", offsets=(0, 20))
    assert frames_of(encapsulated(value, 2)) == [b"aabb", b"cc"]


def test_an_extended_offset_table_tells_frames() -> None:
    file = part10(with_extended_offsets([b"abcd", b"ef"]), JPEG2000Lossless)
    assert frames_of(file) == [b"abcd", b"ef"]


def test_a_long_extended_offset_table_is_read_from_its_place() -> None:
    pieces = [b"%04d" % number for number in range(1000)]
    offsets = b"".join(struct.pack("<Q", 24 * number) for number in range(500))
    file = file_of(
        explicit(0x00280008, "IS", b"500 ")
        + explicit(0x7FE00001, "OV", offsets)
        + explicit(0x7FE00010, "OB", fragments(*pieces) + SEQUENCE_END, UNDEFINED),
        JPEG2000Lossless,
    )
    assert frames_of(file) == [b"".join(pieces[at : at + 2]) for at in range(0, 1000, 2)]


@pytest.mark.parametrize(
    "offsets", [(), (0, 0), (0, 4), (20, 0), (7, 9), (0, UNDEFINED), (0, 10, 20), (0,) * 999]
)
def test_fragments_are_believed_more_than_a_table_that_lies(offsets: tuple[int, ...]) -> None:
    assert frames_of(encapsulated(fragments(b"aa", b"bb", offsets=offsets), 2)) == [b"aa", b"bb"]


def test_a_table_whose_offsets_do_not_ascend_is_not_believed() -> None:
    value = fragments(ONE, b"more", TWO, offsets=(0, 0))
    assert frames_of(encapsulated(value, 2)) == [ONE + b"more", TWO]


def test_a_table_longer_than_the_fragments_could_need_is_not_read() -> None:
    stream = io.BytesIO(encapsulated(fragments(ONE, offsets=(0,) * 2_000_000), 1))
    header = read_header(stream)
    tracemalloc.start()
    assert locate_frames(stream, header).count == 1
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("frames", [1, None, 0])
def test_all_fragments_are_the_only_frame(frames: int | None) -> None:
    assert frames_of(encapsulated(fragments(ONE, b"more", b"most"), frames)) == [ONE + b"moremost"]


def test_frames_begin_where_codestreams_begin() -> None:
    value = fragments(ONE, b"more", TWO, THREE, b"last")
    assert frames_of(encapsulated(value, 3)) == [ONE + b"more", TWO, THREE + b"last"]


def test_a_table_that_agrees_with_the_fragments_corrects_the_number_of_frames() -> None:
    value = fragments(b"aa", b"bb", b"cc", offsets=(0, 20))
    assert frames_of(encapsulated(value, 5)) == [b"aabb", b"cc"]


def test_frames_in_rle_are_one_fragment_each() -> None:
    assert frames_of(encapsulated(fragments(b"aa", b"bb", b"cc"), 2, RLELossless)) == [b"aa", b"bb"]


def test_video_is_one_stream() -> None:
    stream = io.BytesIO(encapsulated(fragments(b"aa", b"bb"), 120, MPEG4HP41))
    header = read_header(stream)
    table = locate_frames(stream, header)
    assert table.count == 1
    assert len(table.pieces(1)) == 2
    assert check_pixel_data(header, table) is None


@pytest.mark.parametrize("value", [b"", fragments(), fragments(b"aa", b"bb", b"cc")])
def test_where_nothing_tells_there_is_no_table(value: bytes) -> None:
    assert table_of(encapsulated(value, 7)) is None


# --- the table itself ---------------------------------------------------------------------------


def test_a_native_table_is_kept_in_a_few_bytes() -> None:
    file = ct_image(NumberOfFrames=10_000, PixelData=b"\0" * 1_280_000)
    assert len(table_of(file).to_bytes()) == 25


def test_a_table_of_many_frames_is_kept_in_few_bytes() -> None:
    frames = [bytes(2 * (500 + number * 7919 % 600)) for number in range(1000)]
    assert len(table_of(part10(with_extended_offsets(frames), JPEG2000Lossless)).to_bytes()) < 2500


@given(
    st.lists(st.lists(st.binary(max_size=20), min_size=1, max_size=3), min_size=1, max_size=20),
)
def test_every_table_comes_back_from_its_kept_form(frames: list[list[bytes]]) -> None:
    pieces = [[piece + b"\0" * (len(piece) % 2) for piece in pieces] for pieces in frames]
    offsets, at = [], 0
    for frame_pieces in pieces:
        offsets.append(at)
        at += sum(len(piece) + 8 for piece in frame_pieces)
    value = fragments(*[piece for each in pieces for piece in each], offsets=tuple(offsets))
    expected = [b"".join(each) for each in pieces]
    assert frames_of(encapsulated(value, len(frames))) == expected


@pytest.mark.parametrize("number", [0, -1, 4])
def test_a_frame_that_is_not_there_is_out_of_range(number: int) -> None:
    for file in (ct_image(NumberOfFrames=3), encapsulated(fragments(b"aa", b"bb", b"cc"), 3)):
        with pytest.raises(FrameOutOfRange):
            table_of(file).pieces(number)


@pytest.mark.parametrize("kept", [b"", b"N", b"E" * 30, b"X" * 25])
def test_a_damaged_table_is_malformed(kept: bytes) -> None:
    with pytest.raises(Malformed):
        FrameTable.from_bytes(kept)


@given(st.binary(max_size=300), st.integers(-5, 2**40))
def test_any_fragments_are_divided_or_not(value: bytes, frames: int) -> None:
    try:
        stream = io.BytesIO(encapsulated(value, frames))
        header = read_header(stream)
    except ImagingError:
        return
    locate_frames(stream, header)
