"""What images and videos say of themselves."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.errors import ImagingError, LimitExceeded, Malformed, Unsupported
from imaging.sent.bit_streams import READERS, read_bit_stream
from tests.sent import box, mp4

_4 = "1.2.840.10008.1.2.4."
GREY = np.arange(48, dtype=np.uint8).reshape(6, 8)
WIDE = GREY.astype(np.uint16) * 85
SIGNED = GREY.astype(np.int16) - 20
COLOUR = np.arange(144, dtype=np.uint8).reshape(6, 8, 3)


def jpeg(array: Any, **options: Any) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(array, **options))


def j2k(array: Any, **options: Any) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(array, **options))


def htj2k(array: Any, **options: Any) -> bytes:
    return bytes(imagecodecs.htj2k_encode(array, **options))


@pytest.mark.parametrize(
    ("media_type", "data", "first", "bits", "lossy"),
    [
        ("image/jpeg", jpeg(GREY), "50", 8, "ISO_10918_1"),
        ("image/jpeg", jpeg(WIDE % 4096, bitspersample=12), "51", 12, "ISO_10918_1"),
        ("image/jpeg", jpeg(GREY, lossless=True, predictor=1), "70", 8, ""),
        ("image/jpeg", jpeg(GREY, lossless=True, predictor=6), "57", 8, ""),
        ("image/jls", bytes(imagecodecs.jpegls_encode(WIDE)), "80", 16, ""),
        ("image/jls", bytes(imagecodecs.jpegls_encode(GREY, level=2)), "81", 8, "ISO_14495_1"),
        ("image/jp2", j2k(WIDE, reversible=True, codecformat="j2k"), "90", 16, ""),
        ("image/jp2", j2k(GREY, level=30, codecformat="j2k"), "91", 8, "ISO_15444_1"),
        ("image/jpx", j2k(GREY, reversible=True, codecformat="j2k"), "92", 8, ""),
        ("image/jphc", htj2k(GREY, reversible=True), "201", 8, ""),
        ("image/jphc", htj2k(GREY, reversible=False, level=0.01), "203", 8, "ISO_15444_15"),
        ("video/mp4", mp4(level=41), "102", 8, "ISO_14496_10"),
        ("video/mp4", mp4(level=42), "104", 8, "ISO_14496_10"),
        ("video/mp4", mp4(profile=128, level=42), "106", 8, "ISO_14496_10"),
        ("video/mp4", mp4(codec=b"hvc1", profile=1, level=120), "107", 8, "ISO_23008_2"),
        ("video/mp4", mp4(codec=b"hvc1", profile=2, level=153), "108", 10, "ISO_23008_2"),
    ],
)
def test_the_transfer_syntax_is_found_in_the_bit_stream(
    media_type: str, data: bytes, first: str, bits: int, lossy: str
) -> None:
    stream = read_bit_stream(media_type, data)
    assert stream.transfer_syntaxes[0] == _4 + first
    assert (stream.bits, stream.lossy_method) == (bits, lossy)


def test_signed_samples_are_seen() -> None:
    assert read_bit_stream("image/jp2", j2k(SIGNED, reversible=True, codecformat="j2k")).signed
    assert not read_bit_stream("image/jp2", j2k(GREY, codecformat="j2k")).signed


@pytest.mark.parametrize(
    ("media_type", "data", "photometric"),
    [
        ("image/jpeg", jpeg(COLOUR), "YBR_FULL_422"),
        ("image/jpeg", jpeg(COLOUR, outcolorspace="RGB"), "RGB"),
        ("image/jp2", j2k(COLOUR, reversible=True, codecformat="j2k"), "YBR_RCT"),
        ("image/jp2", j2k(COLOUR, level=30, codecformat="j2k"), "YBR_ICT"),
        ("image/jp2", j2k(COLOUR, reversible=True, mct=False, codecformat="j2k"), "RGB"),
        ("image/jls", bytes(imagecodecs.jpegls_encode(COLOUR)), "RGB"),
    ],
)
def test_colours_are_what_the_bit_stream_says(
    media_type: str, data: bytes, photometric: str
) -> None:
    assert read_bit_stream(media_type, data).photometric[0] == photometric


def test_the_codestream_of_a_jp2_file_is_taken_out_of_it() -> None:
    file = j2k(GREY, reversible=True, codecformat="jp2")
    stream = read_bit_stream("image/jp2", file)
    assert stream.length is not None
    codestream = file[stream.offset : stream.offset + stream.length]
    assert (codestream[:4], codestream[-2:]) == (b"\xff\x4f\xff\x51", b"\xff\xd9")


@pytest.mark.parametrize(
    ("media_type", "data", "error"),
    [
        ("image/jpeg", bytes(imagecodecs.jpegls_encode(GREY)), Malformed),
        ("image/jls", jpeg(GREY), Malformed),
        ("image/jp2", htj2k(GREY, reversible=True), Malformed),
        ("image/jphc", j2k(GREY, codecformat="j2k"), Malformed),
        ("image/jp2", b"\0\0\0\x0cjP  \r\n\x87\n", Malformed),
        ("image/jxl", b"JXL", Malformed),
        ("image/dicom-rle", bytes(64), Malformed),
        ("video/mpeg", b"\0\0\1\xb3\x10", Malformed),
        ("video/mp4", box(b"moov"), Malformed),
        ("video/mp4", mp4(codec=b"vp09"), Unsupported),
        ("video/mp4", mp4(profile=77), Unsupported),
        ("video/mp4", mp4(level=51), Unsupported),
        ("video/mp4", mp4(columns=0), Malformed),
        ("video/mp4", mp4(frames=10**9, listed=1), Malformed),
        ("video/mp4", mp4(fill=100)[:-1], Malformed),
        ("video/mp4", box(b"free") * 20_000, LimitExceeded),
        ("video/mp4", b"\0\0\0\1free" + b"\xff" * 8, Malformed),
        ("video/mp4", b"\0\0\0\4free", Malformed),
    ],
)
def test_what_lies_about_itself_is_refused(
    media_type: str, data: bytes, error: type[ImagingError]
) -> None:
    with pytest.raises(error):
        read_bit_stream(media_type, data)


def test_a_jpeg_of_four_colours_is_refused() -> None:
    file = BytesIO()
    Image.new("CMYK", (8, 6)).save(file, "JPEG")
    with pytest.raises(Unsupported):
        read_bit_stream("image/jpeg", file.getvalue())


def test_a_video_says_its_size_frames_and_rate() -> None:
    stream = read_bit_stream("video/mp4", mp4(columns=320, rows=240, frames=30, milliseconds=1500))
    assert (stream.columns, stream.rows, stream.number_of_frames) == (320, 240, 30)
    assert stream.frame_time_ms == 50
    assert read_bit_stream("video/mp4", mp4(frames=0)).frame_time_ms is None


def mpeg2(columns: int, rows: int, pictures: int, rate: int = 4) -> bytes:
    size = (columns << 12 | rows).to_bytes(3, "big")
    head = b"\0\0\1\xb3" + size + bytes([0x20 | rate]) + bytes(4)
    return head + (b"\0\0\1\0" + b"\x55" * 40) * pictures


@pytest.mark.parametrize(("columns", "rows", "first"), [(720, 576, "100"), (1920, 1080, "101")])
def test_an_mpeg_2_video_is_of_the_level_that_its_size_needs(
    columns: int, rows: int, first: str
) -> None:
    stream = read_bit_stream("video/mpeg", mpeg2(columns, rows, 12))
    assert stream.transfer_syntaxes[0] == _4 + first
    assert (stream.columns, stream.rows, stream.number_of_frames) == (columns, rows, 12)
    assert stream.frame_time_ms == pytest.approx(33.3667, abs=1e-3)


def test_pictures_of_a_transport_stream_are_not_counted() -> None:
    assert read_bit_stream("video/mpeg", b"\x47" + mpeg2(720, 576, 3)).number_of_frames == 0


SEEDS = {
    "image/jpeg": jpeg(COLOUR),
    "image/jls": bytes(imagecodecs.jpegls_encode(GREY)),
    "image/jp2": j2k(GREY, codecformat="jp2"),
    "image/jphc": htj2k(GREY, reversible=True),
    "video/mp4": mp4(fill=64),
    "video/mpeg": mpeg2(720, 576, 2),
}


@given(
    st.sampled_from(sorted(READERS)),
    st.sampled_from(sorted(SEEDS)),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=8),
    st.integers(0, 1200),
)
def test_whatever_the_bytes_are_they_are_described_or_refused(
    media_type: str, seed: str, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(SEEDS[seed])
    for at, value in changes:
        data[at % len(data)] = value
    for kind in (media_type, seed):
        try:
            stream = read_bit_stream(kind, bytes(data[:length]))
        except ImagingError:
            continue
        assert stream.transfer_syntaxes
        assert 0 <= stream.rows <= 0xFFFF
        assert 0 <= stream.columns <= 0xFFFF
        assert 0 <= stream.bits <= 32
