"""Pictures of the web as frames."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from imaging.errors import DecodeFailed, ImagingError, LimitExceeded, Malformed
from imaging.sent import picture_files
from imaging.sent.picture_files import decode_picture, read_picture
from tests.sent import moving_gif, picture, png_bomb

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8)
COLOUR = np.arange(144, dtype=np.uint8).reshape(6, 8, 3)


def palette_png() -> bytes:
    image = Image.fromarray(COLOUR).quantize(16)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def frames_of(read: Any) -> Any:
    stream = read.stream
    kind = np.uint16 if stream.bits == 16 else np.uint8
    shape = (stream.number_of_frames, stream.rows, stream.columns, stream.samples)
    return np.frombuffer(read.frames, kind).reshape(shape)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (picture(GREY, "PNG"), GREY[..., None]),
        (picture(COLOUR, "PNG"), COLOUR),
        (imagecodecs.png_encode(GREY.astype(np.uint16) * 1000), GREY[..., None] * np.uint16(1000)),
        (imagecodecs.png_encode(np.dstack([COLOUR, GREY])), COLOUR),
        (imagecodecs.png_encode(np.dstack([GREY, GREY])), GREY[..., None]),
        (palette_png(), np.asarray(Image.open(BytesIO(palette_png())).convert("RGB"))),
    ],
    ids=["grey", "colour", "16 bits", "opacity", "grey opacity", "palette"],
)
def test_a_png_image_is_its_samples_without_opacity(file: bytes, expected: Any) -> None:
    [frame] = frames_of(read_picture("image/png", bytes(file)))
    assert np.array_equal(frame, expected)


def test_black_and_white_are_the_ends_of_eight_bits() -> None:
    bits = (GREY % 2).astype(bool)
    [frame] = frames_of(read_picture("image/png", picture(bits, "PNG")))
    assert np.array_equal(frame[..., 0], bits * np.uint8(255))


def test_a_moving_gif_is_all_its_frames_whole() -> None:
    shades = [np.full((6, 8), shade, np.uint8) for shade in (10, 200, 90)]
    read = read_picture("image/gif", moving_gif(shades, 50))
    assert frames_of(read)[:, 0, 0, 0].tolist() == [10, 200, 90]
    assert read.stream.frame_time_ms == 50


def test_what_is_larger_than_allowed_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(LimitExceeded):
        read_picture("image/png", png_bomb(30_000, 30_000))


def test_a_gif_of_too_many_frames_or_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gif = moving_gif([np.full((6, 8), shade, np.uint8) for shade in range(0, 200, 20)], 10)
    monkeypatch.setattr(picture_files, "max_frames", 4)
    with pytest.raises(LimitExceeded):
        decode_picture({"media_type": "image/gif"}, gif)
    monkeypatch.setattr(picture_files, "max_picture_bytes", 300)
    with pytest.raises(LimitExceeded):
        decode_picture({"media_type": "image/gif"}, gif)


@pytest.mark.parametrize("media_type", ["image/png", "image/gif"])
@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_refused(media_type: str, data: bytes) -> None:
    with pytest.raises((Malformed, DecodeFailed)):
        read_picture(media_type, data)


def test_a_picture_that_breaks_off_is_refused() -> None:
    for media_type, file in (("image/png", picture(COLOUR, "PNG")),):
        for length in range(0, len(file) - 12, 7):
            with pytest.raises(ImagingError):
                read_picture(media_type, file[:length])
