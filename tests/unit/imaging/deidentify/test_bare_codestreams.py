"""Codestreams lose what is no picture, and no sample and no length changes."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.deidentify.bare_codestreams import bare, starts_codestream

PIXELS = (np.add.outer(np.arange(64), np.arange(64)) * 2).astype(np.uint8)
NAME = b"Jane Doe"


def _jpeg(comment: bytes = b"", exif: bytes = b"", progressive: bool = False) -> bytes:
    out = io.BytesIO()
    Image.fromarray(PIXELS).save(out, "JPEG", comment=comment, exif=exif, progressive=progressive)
    return out.getvalue()


def _jpeg_2000() -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(PIXELS, level=0, reversible=True, codecformat="j2k"))


def _with_comment(stream: bytes) -> bytes:
    marker = b"\xff\x64" + (len(NAME) + 4).to_bytes(2, "big") + b"\0\1" + NAME
    at = stream.index(b"\xff\x90")
    return stream[:at] + marker + stream[at:]


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(_jpeg(comment=NAME), id="comment"),
        pytest.param(_jpeg(exif=b"Exif\0\0" + NAME), id="EXIF"),
        pytest.param(_jpeg(comment=NAME, progressive=True), id="many scans"),
        pytest.param(_jpeg() + NAME, id="behind the end"),
        pytest.param(_with_comment(_jpeg_2000()), id="JPEG 2000 comment"),
        pytest.param(_jpeg_2000() + NAME, id="behind the end of JPEG 2000"),
        pytest.param(
            bytes(imagecodecs.jpegls_encode(PIXELS)) + NAME, id="behind the end of JPEG-LS"
        ),
        pytest.param(
            bytes(imagecodecs.ljpeg_encode(PIXELS)) + NAME, id="behind the end of lossless JPEG"
        ),
        pytest.param(
            bytes(imagecodecs.jpeg2k_encode(PIXELS, level=0, codecformat="jp2"))
            + (8 + len(NAME)).to_bytes(4, "big")
            + b"xml "
            + NAME,
            id="box",
        ),
    ],
)
def test_what_is_no_picture_is_blanked(stream: bytes) -> None:
    assert NAME in stream
    assert starts_codestream(stream)
    made = bare(stream)
    assert NAME not in made
    assert len(made) == len(stream)
    assert (imagecodecs.imread(made) == imagecodecs.imread(stream)).all()


def test_what_a_decoder_needs_stays() -> None:
    rgb = np.stack([PIXELS, PIXELS.T, 255 - PIXELS], axis=-1)
    stream = bytes(imagecodecs.jpeg8_encode(rgb, colorspace="RGB", outcolorspace="RGB"))
    assert (imagecodecs.jpeg8_decode(bare(stream)) == imagecodecs.jpeg8_decode(stream)).all()


def test_a_codestream_without_anything_is_the_same() -> None:
    for stream in (_jpeg(), bytes(imagecodecs.jpegls_encode(PIXELS))):
        assert bare(stream) == stream


@given(
    st.binary(max_size=200), st.sampled_from([b"\xff\xd8", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "])
)
def test_any_bytes_keep_their_length(data: bytes, begin: bytes) -> None:
    assert len(bare(begin + data)) == len(begin + data)
