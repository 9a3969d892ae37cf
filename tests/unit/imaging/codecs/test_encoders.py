"""Frames of every transfer syntax made of native pixels, read by other libraries."""

from dataclasses import replace
from typing import Any

import imagecodecs
import libjpeg
import numpy as np
import openjpeg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.codecs.codestreams import read_codestream
from imaging.codecs.encoders import encode
from imaging.codecs.jobs import transcode
from imaging.codecs.samples import to_array
from imaging.errors import Unsupported
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription
from imaging.targets import TARGETS, encodable
from imaging.transcode import decode_frame, transcode_frame

NATIVE = "1.2.840.10008.1.2.1"
UID = "1.2.840.10008.1.2.4."


def frame(array: Any, **said: Any) -> DecodedFrame:
    """A native frame of this array."""
    samples = 1 if array.ndim == 2 else 3
    bits = array.dtype.itemsize * 8
    described = {
        "samples_per_pixel": samples,
        "bits_allocated": bits,
        "bits_stored": bits,
        "pixel_representation": int(array.dtype.kind == "i"),
        "photometric_interpretation": "RGB" if samples == 3 else "MONOCHROME2",
    }
    description = FrameDescription(NATIVE, *array.shape[:2], **(described | said))
    return DecodedFrame(array.tobytes(), description)


def made(array: Any, suffix: str, quality: int | None = None, **said: Any) -> EncodedFrame:
    return encode(frame(array, **said), UID + suffix, quality)


GRAY = (np.add.outer(np.arange(40), np.arange(56)) * 37 % 4096).astype("<u2")
SIGNED = (GRAY.astype("i4") - 2048).astype("<i2")
SMOOTH = np.add.outer(np.arange(64), np.arange(64)).astype("u1")
RGB = np.stack([SMOOTH, SMOOTH.T[::-1], 255 - SMOOTH], axis=2)


ARRAYS = {"gray": GRAY, "signed": SIGNED, "bytes": GRAY.astype("u1"), "colour": RGB}
LOSSLESS = [
    pytest.param(array, row.uid, id=f"{name}-{row.uid.name}")
    for name, array in ARRAYS.items()
    for row in TARGETS
    if not row.lossy and encodable(frame(array).description, row.uid)
]


@pytest.mark.parametrize(("array", "uid"), LOSSLESS)
def test_a_lossless_frame_comes_back_bit_for_bit(array, uid):
    native = frame(array)
    encoded = transcode_frame(native.description, native.data, uid)
    decoded = decode_frame(encoded.description, encoded.data)
    assert decoded.data == native.data
    assert decoded.description.photometric_interpretation == (
        native.description.photometric_interpretation
    )


def test_each_array_has_every_lossless_syntax_but_signed_jpeg_xl():
    assert len(LOSSLESS) == 4 * 12 - 1


@pytest.mark.parametrize(
    ("suffix", "photometric"),
    [("90", "YBR_RCT"), ("91", "YBR_ICT"), ("201", "YBR_RCT"), ("202", "YBR_RCT"),
     ("203", "YBR_ICT"), ("80", "RGB"), ("70", "RGB"), ("50", "YBR_FULL_422"), ("112", "XYB"),
     ("110", "RGB")],
)  # fmt: skip
def test_colour_says_what_the_encoder_made_of_it(suffix, photometric):
    assert made(RGB, suffix).description.photometric_interpretation == photometric


@pytest.mark.parametrize("suffix", ["57", "70", "80", "90", "201"])
def test_ycbcr_stays_ycbcr(suffix):
    encoded = made(RGB, suffix, photometric_interpretation="YBR_FULL")
    assert encoded.description.photometric_interpretation == "YBR_FULL"
    assert decode_frame(encoded.description, encoded.data).data == RGB.tobytes()


def test_jpeg_xl_takes_no_ycbcr_as_its_own():
    with pytest.raises(Unsupported, match="YCbCr"):
        made(RGB, "110", photometric_interpretation="YBR_FULL")


def test_planes_become_pixels():
    planes = np.ascontiguousarray(np.moveaxis(RGB, 2, 0))
    native = DecodedFrame(planes.tobytes(), replace(frame(RGB).description, planar_configuration=1))
    encoded = encode(native, UID + "80", None)
    assert encoded.description.planar_configuration == 0
    assert np.array_equal(libjpeg.decode(encoded.data, 0), RGB)


def test_subsampled_colour_is_given_at_full_size():
    data = bytes([10, 20, 100, 200, 30, 40, 50, 60])
    description = FrameDescription(NATIVE, 2, 2, 3, photometric_interpretation="YBR_FULL_422")
    array = to_array(DecodedFrame(data, description))
    assert array.tolist() == [[[10, 100, 200], [20, 100, 200]], [[30, 50, 60], [40, 50, 60]]]


def test_a_frame_that_only_says_that_it_is_subsampled_is_taken_for_what_it_is():
    description = replace(frame(RGB).description, photometric_interpretation="YBR_FULL_422")
    encoded = transcode_frame(description, RGB.tobytes(), UID + "80")
    assert np.array_equal(libjpeg.decode(encoded.data, 0), RGB)


@pytest.mark.parametrize(("suffix", "declared"), [("70", 12), ("80", 12), ("90", 12)])
def test_the_codestream_has_as_many_bits_as_are_stored(suffix, declared):
    stream = read_codestream(made(GRAY, suffix, bits_stored=12).data)
    assert stream is not None
    assert stream.precision == declared


@pytest.mark.parametrize("suffix", ["57", "70", "80", "90", "201", "110"])
def test_bits_above_bits_stored_are_kept(suffix):
    overlaid = GRAY | np.where(GRAY % 3 == 0, 0x8000, 0).astype("<u2")
    encoded = made(overlaid, suffix, bits_stored=12)
    assert decode_frame(encoded.description, encoded.data).data == overlaid.tobytes()


def test_bits_above_bits_stored_do_not_go_lossy():
    with pytest.raises(Unsupported, match="above"):
        made(GRAY | np.uint16(0x8000), "51", bits_stored=12)


def test_selection_value_1_is_used():
    data = made(GRAY, "70").data
    scan = data.index(b"\xff\xda")
    assert data[scan + 4 + 3] == 1  # after the marker, its length and one component: Ss


def test_htj2k_is_in_rpcl_order_with_tile_part_lengths():
    data = made(GRAY, "202").data
    coding = data.index(b"\xff\x52")
    assert data[coding + 5] == 2  # progression order RPCL
    assert b"\xff\x55" in data[: data.index(b"\xff\x90")]  # TLM before the first tile part
    assert b"\xff\x50" in data[:60]  # CAP


def test_near_lossless_is_as_near_as_it_says():
    for array in (GRAY, SIGNED, RGB):
        seen = libjpeg.decode(made(array, "81").data, 0).view(array.dtype)
        assert abs(seen.astype(int) - array.astype(int)).max() == 2


def test_near_lossless_never_turns_a_sign():
    edges = np.array([[32767, -32768] * 20] * 20, "<i2")
    encoded = made(edges, "81")
    assert decode_frame(encoded.description, encoded.data).data == edges.tobytes()


@pytest.mark.parametrize("suffix", ["50", "51", "81", "91", "203", "112"])
def test_a_higher_quality_loses_less(suffix):
    noisy = (SMOOTH.astype("u2") * 3 + np.random.default_rng(1).integers(0, 40, SMOOTH.shape)) % 256
    array = noisy.astype("u1")
    errors = []
    for quality in (30, 95):
        encoded = made(array, suffix, quality)
        seen = np.frombuffer(decode_frame(encoded.description, encoded.data).data, "u1")
        errors.append(float(np.abs(seen.astype(int) - array.reshape(-1)).mean()))
    assert errors[0] > errors[1]


@pytest.mark.parametrize("value", [0, 255])
def test_a_flat_image_survives_lossy_jpeg_2000(value):
    flat = np.full((10, 10), value, "u1")
    seen = openjpeg.decode(made(flat, "91").data)
    assert abs(seen.astype(int) - flat).max() <= 2


def test_a_flat_16_bit_image_survives_lossy_jpeg_2000():
    flat = np.full((10, 10), 65535, "<u2")
    assert abs(openjpeg.decode(made(flat, "91").data).astype(int) - flat).max() <= 2


def test_8_bits_in_16_have_8_allocated_once_they_are_a_baseline_jpeg():
    encoded = made(SMOOTH.astype("<u2"), "50", bits_stored=8)
    assert encoded.description.bits_allocated == 8


def test_a_jpeg_in_jpeg_xl_comes_out_byte_for_byte():
    jpeg = made(RGB, "50")
    packed = transcode_frame(jpeg.description, jpeg.data + b"\0", UID + "111")
    assert packed.data[4:8] == b"JXL "
    assert packed.description.photometric_interpretation == "YBR_FULL_422"
    out = transcode_frame(packed.description, packed.data, UID + "50")
    assert out.data == jpeg.data


def test_a_subset_is_passed_on_under_the_name_of_the_whole():
    stream = made(GRAY, "70")
    assert transcode_frame(stream.description, stream.data, UID + "57").data == stream.data
    stored = transcode_frame(stream.description, stream.data, UID + "70")
    assert stored == stream


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (3, 3)])
@pytest.mark.parametrize("suffix", ["57", "80", "81", "90", "91", "201", "203", "110"])
def test_the_smallest_images_are_encoded_too(suffix, shape):
    array = np.arange(shape[0] * shape[1], dtype="<u2").reshape(shape) * 300
    encoded = made(array, suffix)
    seen = np.frombuffer(decode_frame(encoded.description, encoded.data).data, "<u2")
    assert abs(seen.astype(int) - array.reshape(-1)).max() <= 8


def test_noise_is_encoded_even_where_it_grows():
    noise = np.random.default_rng(3).integers(0, 65536, (8, 8)).astype("<u2")
    assert np.array_equal(libjpeg.decode(made(noise, "80").data, 0), noise)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 20),
    columns=st.integers(1, 20),
    seed=st.integers(0, 9),
    suffix=st.sampled_from(["5", "4.90", "8.1", "1.98"]),
)
def test_single_bits_come_back_whatever_the_size(rows, columns, seed, suffix):
    bits = np.random.default_rng(seed).integers(0, 2, rows * columns).astype("u1")
    data = np.packbits(bits, bitorder="little").tobytes()
    description = FrameDescription(NATIVE, rows, columns, 1, 1, 1)
    encoded = encode(DecodedFrame(data, description), "1.2.840.10008.1.2." + suffix, None)
    asked = {"description": vars_of(encoded.description), "target": NATIVE[:-1] + "1.98"}
    assert transcode({**asked, "quality": None}, encoded.data)[1] == data


def vars_of(description: FrameDescription) -> dict[str, Any]:
    return {name: getattr(description, name) for name in FrameDescription.__slots__}


def test_rle_of_single_bits_is_packbits():
    bits = np.random.default_rng(0).integers(0, 2, 800).astype("u1")
    packed = np.packbits(bits, bitorder="little").tobytes()
    description = FrameDescription(NATIVE, 20, 40, 1, 1, 1)
    encoded = encode(DecodedFrame(packed, description), "1.2.840.10008.1.2.5", None)
    assert imagecodecs.packbits_decode(encoded.data[64:])[:100] == packed


def test_what_cannot_be_given_says_why():
    native = frame(SIGNED)
    with pytest.raises(Unsupported, match="signed"):
        transcode_frame(native.description, native.data, UID + "110")
