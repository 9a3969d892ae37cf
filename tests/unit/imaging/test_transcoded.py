"""Whole stored objects in another transfer syntax."""

import io
import struct
import tracemalloc
import zlib

import imagecodecs
import libjpeg
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames

from imaging.errors import DecodeFailed, Malformed, Unsupported
from imaging.frame_reading import read_frame
from imaging.frames import locate_frames
from imaging.part10 import read_header
from imaging.pixels import EncodedFrame
from imaging.rewrite import transcoded
from imaging.rewrite_encapsulated import MAX_BASIC_OFFSET
from imaging.targets import LOSSY, TARGETS
from imaging.transcode import transcode_frame
from tests.builders import ct_data_set, ct_image, part10

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
JPEG_LS, NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
BASELINE, JPEG_2000 = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"
FRAMES = np.arange(3 * 64, dtype="<u2").reshape(3, 8, 8) * 300


def made(file: bytes, target: str, transcode=transcode_frame, **options) -> bytes:
    stream = io.BytesIO(file)
    header = read_header(stream)
    return b"".join(transcoded(stream, header, target, transcode, **options))


def read(file: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(file))


def three_frames(syntax: str = EXPLICIT, **overrides) -> bytes:
    said = {"NumberOfFrames": 3, "PixelData": FRAMES.tobytes()}
    return ct_image(syntax, **(said | overrides))


def frames_of(ds: Dataset) -> list[bytes]:
    return list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))


@pytest.mark.parametrize("source", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
def test_every_native_file_can_be_encapsulated(source):
    ds = ct_data_set(NumberOfFrames=3, PixelData=FRAMES.tobytes())
    if source == BIG_ENDIAN:
        ds.PixelData = FRAMES.astype(">u2").tobytes()
        ds["PixelData"].VR = "OW"
    out = read(made(part10(ds, source), JPEG_LS))
    assert out.file_meta.TransferSyntaxUID == JPEG_LS
    assert out.SOPInstanceUID == ds.SOPInstanceUID
    seen = [libjpeg.decode(frame, 0) for frame in frames_of(out)]
    assert np.array_equal(seen, FRAMES)
    assert "LossyImageCompression" not in out


def test_bytes_in_big_endian_words_are_taken_apart_in_the_right_place():
    pixels = np.arange(2 * 9 * 3, dtype="u1").tobytes()
    turned = np.frombuffer(pixels, "<u2").astype(">u2").tobytes()
    ds = ct_data_set(
        Rows=3, Columns=3, BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=3,
        PhotometricInterpretation="RGB", PlanarConfiguration=0, NumberOfFrames=2, PixelData=turned,
    )  # fmt: skip
    ds["PixelData"].VR = "OW"
    seen = [
        libjpeg.decode(frame, 0) for frame in frames_of(read(made(part10(ds, BIG_ENDIAN), JPEG_LS)))
    ]
    assert np.concatenate(seen).tobytes() == pixels


def test_the_basic_offset_table_says_where_each_frame_begins():
    file = made(three_frames(), JPEG_LS)
    header = read_header(io.BytesIO(file))
    pixels = header.pixel_data
    assert pixels.fragments[0] == 12
    offsets = struct.unpack_from("<3I", file, pixels.offset + 8)
    first = pixels.offset + 8 + 12
    for offset in offsets:
        assert file[first + offset : first + offset + 4] == b"\xfe\xff\x00\xe0"
        assert file[first + offset + 8 : first + offset + 10] == b"\xff\xd8"


def test_past_4_gib_there_is_an_extended_offset_table():
    assert MAX_BASIC_OFFSET == 2**32 - 1
    file = made(three_frames(), JPEG_LS, max_basic_offset=100)
    out = read(file)
    header = read_header(io.BytesIO(file))
    assert header.pixel_data.fragments[0] == 0
    offsets = np.frombuffer(out.ExtendedOffsetTable, "<u8")
    lengths = np.frombuffer(out.ExtendedOffsetTableLengths, "<u8")
    assert offsets[0] == 0
    assert (np.diff(offsets) == lengths[:-1] + 8).all()
    assert locate_frames(io.BytesIO(file), header).count == 3
    again = read(made(file, EXPLICIT))
    assert again.PixelData == FRAMES.tobytes()
    assert "ExtendedOffsetTable" not in again


def test_one_encapsulated_syntax_becomes_another():
    encoded = [bytes(imagecodecs.jpegls_encode(frame)) for frame in FRAMES]
    file = ct_image(JPEG_LS, frames=encoded)
    out = read(made(file, JPEG_2000))
    seen = [imagecodecs.jpeg2k_decode(frame) for frame in frames_of(out)]
    assert np.array_equal(seen, FRAMES)


def test_the_syntax_it_has_is_passed_on_byte_for_byte():
    file = ct_image(JPEG_LS, frames=[b"not even a frame"])
    assert made(file, JPEG_LS) == file


def test_a_deflated_file_inflates_to_the_explicit_one():
    file = three_frames(IMPLICIT)
    deflated, explicit = made(file, DEFLATED), made(file, EXPLICIT)
    ours, plain = read_header(io.BytesIO(deflated)), read_header(io.BytesIO(explicit))
    assert ours.transfer_syntax_uid == DEFLATED
    body = zlib.decompress(deflated[ours.data_set_offset :], wbits=-15)
    assert body == explicit[plain.data_set_offset :]
    assert (len(deflated) - ours.data_set_offset) % 2 == 0
    assert read(deflated).PixelData == FRAMES.tobytes()


def test_an_explicit_file_is_deflated_as_it_is():
    file = three_frames() + b"\xfc\xff\xfc\xffOB\0\0\2\0\0\0\0\0"
    header = read_header(io.BytesIO(file))
    out = made(file, DEFLATED)
    start = read_header(io.BytesIO(out)).data_set_offset
    assert zlib.decompress(out[start:], wbits=-15) == file[header.data_set_offset :]


def colour_file(**overrides) -> bytes:
    ramp = np.arange(64, dtype="u1").reshape(8, 8)
    colour = np.stack([ramp, ramp.T, 255 - ramp], axis=2)
    return ct_image(
        SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0,
        BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=colour.tobytes(), **overrides,
    )  # fmt: skip


def test_lossy_compression_is_said_with_its_ratio_and_method():
    out = read(made(colour_file(), BASELINE))
    assert out.PhotometricInterpretation == "YBR_FULL_422"
    assert out.LossyImageCompression == "01"
    assert out.LossyImageCompressionMethod == "ISO_10918_1"
    (frame,) = frames_of(out)
    assert out.LossyImageCompressionRatio == pytest.approx(192 / len(frame), abs=0.01)


def test_a_second_lossy_compression_stands_beside_the_first():
    file = three_frames(
        LossyImageCompression="01",
        LossyImageCompressionRatio="7.5",
        LossyImageCompressionMethod="ISO_10918_1",
    )
    out = read(made(file, NEAR))
    assert list(out.LossyImageCompressionMethod) == ["ISO_10918_1", "ISO_14495_1"]
    ratios = list(map(str, out.LossyImageCompressionRatio))
    assert ratios[0] == "7.5"
    assert len(ratios) == 2


def test_what_was_lossy_once_is_so_for_ever():
    file = three_frames(LossyImageCompression="01", LossyImageCompressionMethod="ISO_10918_1")
    for target in (JPEG_LS, DEFLATED):
        assert read(made(file, target)).LossyImageCompression == "01"


@pytest.mark.parametrize("row", [row for row in TARGETS if row.lossy], ids=lambda row: row.uid.name)
def test_every_lossy_syntax_has_a_method(row):
    gray = ct_image(BitsAllocated=8, BitsStored=8, HighBit=7)
    assert read(made(gray, row.uid)).LossyImageCompressionMethod.startswith("ISO_")
    assert row.uid in LOSSY


def test_an_icon_is_native_in_an_encapsulated_file():
    icon = ct_data_set(PixelData=encapsulate([bytes(imagecodecs.jpegls_encode(FRAMES[1]))]))
    icon["PixelData"].VR = "OB"
    icon["PixelData"].is_undefined_length = True
    pixels = encapsulate([bytes(imagecodecs.jpegls_encode(FRAMES[0]))])
    ds = ct_data_set(PixelData=pixels, IconImageSequence=[icon])
    out = read(made(part10(ds, JPEG_LS), JPEG_2000))
    assert out.IconImageSequence[0].PixelData == FRAMES[1].tobytes()
    assert not out.IconImageSequence[0]["PixelData"].is_undefined_length


def test_single_bits_are_frames_of_their_own_once_encapsulated():
    bits = np.random.default_rng(5).integers(0, 2, (3, 7, 5)).astype("u1")
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    ds = ct_data_set(
        Rows=7, Columns=5, NumberOfFrames=3, BitsAllocated=1, BitsStored=1, HighBit=0,
        PixelData=packed + b"\0" * (len(packed) % 2),
    )  # fmt: skip
    for target in ("1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1", JPEG_2000):
        file = made(part10(ds), target)
        assert read(made(file, EXPLICIT)).PixelData[: len(packed)] == packed


def test_what_cannot_be_given_is_known_before_the_first_byte():
    good = bytes(imagecodecs.jpegls_encode(FRAMES[0]))
    broken = ct_image(JPEG_LS, frames=[good, b"rubbish!"])
    for file, target, error in (
        (three_frames(PixelRepresentation=1), "1.2.840.10008.1.2.4.110", Unsupported),
        (three_frames(), "1.2.840.10008.1.2.2", Unsupported),
        (three_frames(NumberOfFrames=4), JPEG_LS, Malformed),
        (broken, JPEG_2000, DecodeFailed),
        (ct_image(PixelData=None, Rows=None), JPEG_LS, Unsupported),
    ):
        stream = io.BytesIO(file)
        with pytest.raises(error):
            transcoded(stream, read_header(stream), target)


def test_frames_of_several_kinds_are_refused():
    def fickle(description, encoded, target) -> EncodedFrame:
        frame = transcode_frame(description, encoded, target)
        kind = "MONOCHROME1" if encoded == FRAMES[2].tobytes() else "MONOCHROME2"
        return EncodedFrame(
            frame.data, frame.description.in_syntax(target, photometric_interpretation=kind)
        )

    with pytest.raises(DecodeFailed, match="kind"):
        made(three_frames(), JPEG_LS, fickle)


def test_frames_wait_outside_of_memory():
    frame = bytes(1 << 20)

    def large(description, encoded, target) -> EncodedFrame:
        return EncodedFrame(frame, description.in_syntax(target))

    ds = ct_data_set(NumberOfFrames=20, PixelData=bytes(20 * 128))
    stream = io.BytesIO(part10(ds))
    tracemalloc.start()
    pieces = transcoded(stream, read_header(stream), JPEG_LS, large)
    assert max(len(piece) for piece in pieces) <= 256 * 1024
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 14 << 20


@pytest.mark.parametrize("number", [1, 2])
def test_a_frame_that_begins_inside_a_big_endian_word_is_read_in_order(number):
    pixels = np.arange(2 * 9, dtype="u1")
    turned = pixels.view("<u2").astype(">u2").tobytes()
    ds = ct_data_set(
        Rows=3, Columns=3, BitsAllocated=8, BitsStored=8, HighBit=7, NumberOfFrames=2,
        PixelData=turned,
    )  # fmt: skip
    ds["PixelData"].VR = "OW"
    stream = io.BytesIO(part10(ds, BIG_ENDIAN))
    table = locate_frames(stream, read_header(stream))
    assert read_frame(stream, table, number, 2) == pixels.tobytes()[9 * (number - 1) : 9 * number]
