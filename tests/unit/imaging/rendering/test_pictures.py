"""Pictures as files of every media type."""

import os
import shutil
import subprocess
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from imaging.data_set import DataSet, Element
from imaging.errors import DecodeFailed, Malformed, Unsupported
from imaging.rendering.picture import Picture
from imaging.rendering.pictures import (
    PICTURE_TYPES,
    encode_animation,
    encode_picture,
    frame_times_ms,
)

_PROBE = ("-v", "error", "-show_entries", "stream=r_frame_rate", "-of", "csv=p=0")
_FRAMES = ("-v", "error", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1")
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def gray(rows: int = 40, columns: int = 61) -> Picture:
    ramp = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    return Picture((ramp * 255 // ramp.max()).astype(np.uint8))


def rgb(rows: int = 40, columns: int = 61) -> Picture:
    plane = gray(rows, columns).pixels
    return Picture(np.stack([plane, plane[::-1], 255 - plane], axis=2))


def opened(data: bytes, media_type: str):
    if media_type == "image/jxl":
        return imagecodecs.jpegxl_decode(data)
    if media_type == "image/jph":
        return imagecodecs.htj2k_decode(data[data.index(b"jp2c") + 4 :])
    image = Image.open(BytesIO(data))
    return np.asarray(image.convert("RGB" if image.mode in ("P", "RGB") else "L"))


@pytest.mark.parametrize("media_type", sorted(PICTURE_TYPES))
@pytest.mark.parametrize("picture", [gray(), rgb()], ids=["gray", "rgb"])
def test_every_media_type_gives_the_picture_back(media_type, picture):
    data = encode_picture(picture, media_type, 90)
    pixels = opened(data, media_type)
    if pixels.ndim > picture.pixels.ndim:
        pixels = pixels[..., 0]
    assert pixels.shape == picture.pixels.shape
    difference = np.abs(pixels.astype(int) - picture.pixels).mean()
    # A GIF has 256 colours.
    assert difference < (12 if media_type == "image/gif" and pixels.ndim == 3 else 4)


@pytest.mark.parametrize("media_type", [m for m, row in PICTURE_TYPES.items() if row.lossy])
def test_a_lower_quality_makes_a_smaller_file(media_type):
    noise = Picture(np.random.default_rng(7).integers(0, 256, (128, 128, 3), np.uint8))
    sizes = [len(encode_picture(noise, media_type, quality)) for quality in (10, 60, 95)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("media_type", ["image/jp2", "image/jph", "image/jxl"])
def test_full_quality_loses_nothing_where_the_media_type_can(media_type):
    picture = rgb()
    assert np.array_equal(
        opened(encode_picture(picture, media_type, 100), media_type), picture.pixels
    )


@pytest.mark.parametrize("media_type", sorted(PICTURE_TYPES))
def test_a_profile_is_embedded_where_the_row_says_so(media_type):
    data = encode_picture(Picture(rgb().pixels, PROFILE), media_type)
    if media_type in ("image/jpeg", "image/png", "image/webp"):
        assert Image.open(BytesIO(data)).info["icc_profile"] == PROFILE
    elif PICTURE_TYPES[media_type].carries_icc_profile:
        assert PROFILE in data
    else:
        assert PROFILE not in data


def test_an_unknown_media_type_is_unsupported():
    with pytest.raises(Unsupported):
        encode_picture(gray(), "image/tiff")
    with pytest.raises(Unsupported):
        encode_animation([gray()], "video/ogg", 40)


@pytest.mark.parametrize(("picture", "tolerance"), [(gray(), 0.01), (rgb(), 12)])
def test_a_gif_has_every_frame_for_its_time_and_loops(picture, tolerance):
    frames = [picture, Picture(255 - picture.pixels), picture]
    data = b"".join(encode_animation(frames, "image/gif", [40, 1000, 120]))
    with Image.open(BytesIO(data)) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (3, (61, 40), 0)
        for index, duration in enumerate((40, 1000, 120)):
            image.seek(index)
            assert image.info["duration"] == duration
            shown = np.asarray(image.convert("RGB" if picture.pixels.ndim == 3 else "L"))
            assert np.abs(shown.astype(int) - frames[index].pixels).mean() < tolerance


def test_frames_are_taken_one_by_one():
    taken = []

    def frames():
        for number in range(3):
            taken.append(number)
            yield gray()

    pieces = encode_animation(frames(), "image/gif", 40)
    next(pieces)
    assert taken == [0]
    assert len(b"".join(pieces)) > 0
    assert taken == [0, 1, 2]


def test_frames_of_other_sizes_and_none_at_all_are_refused():
    with pytest.raises(Malformed):
        list(encode_animation([gray(), gray(10, 10)], "image/gif", 40))
    with pytest.raises(Malformed):
        list(encode_animation([], "image/gif", 40))


def test_a_video_has_every_frame_at_its_rate():
    assert shutil.which("ffmpeg"), "make system installs ffmpeg"
    frames = [Picture(np.full((41, 63), level, np.uint8)) for level in range(20, 220, 10)]
    pieces = list(encode_animation(iter(frames), "video/mp4", 50))
    data = b"".join(pieces)
    assert data[4:8] == b"ftyp"
    raw = subprocess.run(
        ["ffmpeg", *_FRAMES],
        input=data,
        capture_output=True,
        check=True,
    ).stdout
    shown = np.frombuffer(raw, np.uint8).reshape(len(frames), 42, 64)
    for picture, level in zip(shown, range(20, 220, 10), strict=True):
        assert abs(int(picture[20, 30]) - level) <= 4
    probed = subprocess.run(
        ["ffprobe", *_PROBE, "-i", "pipe:0"],
        input=data,
        capture_output=True,
        check=True,
    ).stdout
    assert probed.strip() == b"20/1"


def test_a_video_that_nobody_waits_for_leaves_no_encoder_behind():
    pieces = encode_animation((gray(256, 256) for _ in range(10_000)), "video/mp4", 40)
    assert next(pieces)
    pieces.close()
    children = subprocess.run(["pgrep", "-P", str(os.getpid()), "ffmpeg"])
    assert children.returncode == 1


def test_an_encoder_that_fails_is_said(monkeypatch):
    monkeypatch.setattr("imaging.rendering.mp4._command", lambda *_: ["false"])
    with pytest.raises(DecodeFailed):
        list(encode_animation((gray(512, 512) for _ in range(50)), "video/mp4", 40))


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([(0x00181063, "DS", b"33.3")], [33.3, 33.3, 33.3]),
        ([(0x00181065, "DS", b"0\\50\\70")], [50.0, 70.0, 70.0]),
        ([(0x00082144, "IS", b"25")], [40.0, 40.0, 40.0]),
        ([(0x00180040, "IS", b"20")], [50.0, 50.0, 50.0]),
        ([], [100.0, 100.0, 100.0]),
        ([(0x00181063, "DS", b"0.000001")], [5.0, 5.0, 5.0]),
        ([(0x00181063, "DS", b"junk")], [100.0, 100.0, 100.0]),
    ],
)
def test_frame_times_are_those_of_the_cine_module(elements, expected):
    data_set = DataSet()
    data_set.update({tag: Element(tag, vr, value) for tag, vr, value in elements})
    times = frame_times_ms(data_set)
    assert [next(times) for _ in range(3)] == expected
