"""Frames of every transfer syntax as native pixels, by child processes that may die."""

import logging
import struct
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.pixels.decoders.base import get_decoder

from imaging.codecs import decoders as codecs
from imaging.codecs.codestreams import read_codestream
from imaging.errors import DecodeFailed, ImagingError, LimitExceeded, Unsupported
from imaging.frames import locate_frames
from imaging.part10 import open_data_set, read_header
from imaging.pixels import FrameDescription, describe_frame
from imaging.transcode import can_decode, decode_frame
from imaging.uids import TRANSFER_SYNTAXES
from tests.part10_files import real_files

RAMP = (np.arange(64 * 48).reshape(64, 48) % 4000).astype("<u2")
COLOUR = np.stack([np.full((16, 24), v, "u1") for v in (10, 100, 200)], axis=2)


def gray16(uid: str) -> FrameDescription:
    return FrameDescription(uid, 64, 48, 1, 16, 12)


def colour8(uid: str, photometric: str = "RGB") -> FrameDescription:
    return FrameDescription(uid, 16, 24, 3, 8, 8, photometric_interpretation=photometric)


LOSSLESS = {
    "1.2.840.10008.1.2.4.57": lambda a: imagecodecs.ljpeg_encode(a, bitspersample=12),
    "1.2.840.10008.1.2.4.70": lambda a: imagecodecs.ljpeg_encode(a, bitspersample=12),
    "1.2.840.10008.1.2.4.80": imagecodecs.jpegls_encode,
    "1.2.840.10008.1.2.4.90": lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="J2K"),
    "1.2.840.10008.1.2.4.110": imagecodecs.jpegxl_encode,
    "1.2.840.10008.1.2.4.201": imagecodecs.htj2k_encode,
    "1.2.840.10008.1.2.8.1": lambda a: zlib.compress(a.tobytes(), wbits=-15),
    "1.2.840.10008.1.2.1.98": lambda a: a.tobytes(),
    "1.2.840.10008.1.2": lambda a: a.tobytes(),
    "1.2.840.10008.1.2.1": lambda a: a.tobytes(),
    "1.2.840.10008.1.2.2": lambda a: a.astype(">u2").tobytes(),
}


@pytest.mark.parametrize("uid", LOSSLESS)
def test_a_lossless_frame_comes_back_bit_for_bit(uid):
    decoded = decode_frame(gray16(uid), bytes(LOSSLESS[uid](RAMP)))
    assert decoded.data == RAMP.tobytes()
    assert decoded.description == gray16("1.2.840.10008.1.2.1")


def real_frames():
    """The first frame of each real compressed file that pydicom decodes, as pydicom decodes it."""
    for file in real_files():
        with file.path.open("rb") as stream:
            try:
                header = read_header(stream)
                table = locate_frames(stream, header)
            except ImagingError:
                continue
            if header.pixel_data is None or header.pixel_data.length is not None or not table:
                continue
            data_set = open_data_set(stream, header)
            encoded = bytearray()
            for offset, length in table.pieces(1):
                data_set.seek(offset)
                encoded += data_set.read(length)
            yield file, header, bytes(encoded)


def pydicoms(path: Path):
    try:
        ds = pydicom.dcmread(path, force=True)
        decoder = get_decoder(ds.file_meta.TransferSyntaxUID)
        return decoder.as_array(ds, index=0, raw=True)
    except Exception:
        return None


def test_real_frames_are_what_pydicom_makes_of_them():
    logging.disable(logging.CRITICAL)
    compared, wrong = 0, []
    try:
        for file, header, encoded in real_frames():
            oracle = pydicoms(file.path)
            if oracle is None:
                continue
            description = describe_frame(header.data_set, header.transfer_syntax_uid)
            ours = decode_frame(description, encoded)
            array, said = oracle
            kind = "i" if description.pixel_representation else "u"
            samples = np.frombuffer(ours.data, f"<{kind}{ours.description.sample_bytes}")
            if description.bits_allocated == 1:
                # pydicom makes bytes of the bits.
                samples = np.unpackbits(samples, bitorder="little")[: description.pixels]
            if description.samples_per_pixel > 1 and description.planar_configuration:
                samples = samples.reshape(3, -1).T.reshape(-1)
            # Implementations of lossy JPEG, and of its chroma upsampling, differ by a few levels.
            lossy = str(header.transfer_syntax_uid) == "1.2.840.10008.1.2.4.50"
            difference = np.abs(samples.astype(int) - array.reshape(-1).astype(int)).max()
            photometric = said["photometric_interpretation"].replace("FULL_422", "FULL")
            if (
                difference > (7 if lossy else 0)
                or photometric != ours.description.photometric_interpretation
            ):
                wrong.append((file.name, difference, photometric, ours.description))
            compared += 1
    finally:
        logging.disable(logging.NOTSET)
    assert not wrong
    assert compared > 20


@pytest.mark.parametrize(
    ("photometric", "adobe", "expected"),
    [
        ("YBR_FULL_422", None, "YBR_FULL"),
        ("YBR_FULL_422", 1, "YBR_FULL"),
        ("RGB", None, "RGB"),
        ("RGB", 1, "YBR_FULL"),
        ("YBR_FULL_422", 0, "RGB"),
    ],
)
def test_a_jpeg_gives_its_samples_as_stored_and_says_what_they_are(photometric, adobe, expected):
    encoded = jpeg_with(adobe)
    decoded = decode_frame(colour8("1.2.840.10008.1.2.4.50", photometric), encoded)
    assert decoded.description.photometric_interpretation == expected
    stored = decoded.data[:3]
    assert [abs(a - b) <= 3 for a, b in zip(stored, (10, 100, 200), strict=True)] == [True] * 3


def jpeg_with(adobe: int | None) -> bytes:
    """A JPEG whose stored components are 10, 100, 200, with the given Adobe marker or none."""
    out = BytesIO()
    size = (24, 16)
    Image.frombytes("YCbCr", size, COLOUR.tobytes()).save(out, "JPEG", quality=95, subsampling=0)
    data = out.getvalue()
    start = data.index(b"\xff\xe0")
    (length,) = struct.unpack_from(">H", data, start + 2)
    marker = b"" if adobe is None else b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0" + bytes([adobe])
    return data[:start] + marker + data[start + 2 + length :]


def test_colour_keeps_the_planar_configuration_that_the_data_set_declares():
    description = replace(colour8("1.2.840.10008.1.2.4.80"), planar_configuration=1)
    decoded = decode_frame(description, imagecodecs.jpegls_encode(COLOUR))
    assert decoded.data == np.moveaxis(COLOUR, 2, 0).tobytes()


def test_a_narrow_codestream_is_widened_to_bits_allocated():
    small = (RAMP % 256).astype("u1")
    encoded = imagecodecs.jpegls_encode(small)
    description = FrameDescription("1.2.840.10008.1.2.4.80", 64, 48, 1, 16, 8)
    assert decode_frame(description, encoded).data == small.astype("<u2").tobytes()


def test_single_bits_in_rle_are_unpacked_by_ourselves():
    # PackBits: three literal bytes, then four times 0xAA.
    segment = b"\x02\x01\x02\x03" + b"\xfd\xaa" + b"\x80"
    encoded = struct.pack("<16I", 1, 64, *[0] * 14) + segment
    description = FrameDescription("1.2.840.10008.1.2.5", 7, 8, 1, 1, 1)
    assert decode_frame(description, encoded).data == b"\1\2\3\xaa\xaa\xaa\xaa"


def test_every_syntax_of_frames_but_jpeg_2000_part_2_can_be_decoded():
    cannot = {str(s.uid)[17:] for s in TRANSFER_SYNTAXES.values() if not can_decode(s.uid)}
    videos = {str(s.uid)[17:] for s in TRANSFER_SYNTAXES.values() if s.video}
    assert cannot - videos == {".4.92", ".4.93", ".4.94", ".4.95", ".4.204", ".4.205"}
    assert not can_decode("1.2.3.4")
    with pytest.raises(Unsupported):
        decode_frame(gray16("1.2.3.4"), b"")


@pytest.mark.parametrize("uid", sorted(codecs.CODECS))
def test_rubbish_is_refused_by_every_codec_and_the_next_frame_decodes(uid):
    rubbish = bytes(range(256)) * 4
    for encoded in (b"", rubbish, b"\xff\xd8" + rubbish, b"\xff\x4f\xff\x51" + rubbish):
        if uid.endswith("1.98") and len(encoded) >= gray16(uid).native_bytes:
            continue
        with pytest.raises((DecodeFailed, LimitExceeded)):
            decode_frame(gray16(uid), encoded)
    good = imagecodecs.jpegls_encode(RAMP)
    assert decode_frame(gray16("1.2.840.10008.1.2.4.80"), good).data == RAMP.tobytes()


def test_a_truncated_frame_is_refused():
    encoded = imagecodecs.jpegls_encode(RAMP)
    with pytest.raises(DecodeFailed):
        decode_frame(gray16("1.2.840.10008.1.2.4.80"), encoded[: len(encoded) // 2])


def test_a_codestream_larger_than_the_data_set_says_is_refused_before_it_is_decoded():
    large = imagecodecs.jpeg2k_encode(np.zeros((512, 512), "u2"), level=0, codecformat="J2K")
    with pytest.raises(LimitExceeded):
        decode_frame(gray16("1.2.840.10008.1.2.4.90"), large)


def test_a_frame_past_the_limit_is_refused_in_the_parent():
    huge = FrameDescription("1.2.840.10008.1.2.5", 65535, 65535, 3, 16, 16)
    with pytest.raises(LimitExceeded):
        decode_frame(huge, b"")


def test_a_deflate_bomb_is_inflated_no_further_than_the_frame():
    bomb = zlib.compress(bytes(64 * 1024 * 1024), wbits=-15)
    decoded = decode_frame(gray16("1.2.840.10008.1.2.8.1"), bomb)
    assert decoded.data == bytes(64 * 48 * 2)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0\0", b"\xff\x4f\xff\x51\0", b"\0\0\0\0jP  ", b"x"]
)
def test_the_beginning_of_a_codestream_tells_nothing(data):
    assert read_codestream(data) is None
