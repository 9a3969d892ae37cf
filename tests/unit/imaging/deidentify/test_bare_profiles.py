"""ICC profiles keep their colours and lose their texts."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from imaging.deidentify.bare_profiles import bare_profile

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _converted(profile: bytes) -> bytes:
    lab = ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(io.BytesIO(profile), lab, "RGB", "LAB")
    made = ImageCms.applyTransform(Image.linear_gradient("L").convert("RGB"), transform)
    assert made is not None
    return made.tobytes()


def test_colours_are_the_same_without_texts() -> None:
    assert b"s\0R\0G\0B" in SRGB or b"sRGB" in SRGB
    made = bare_profile(SRGB)
    assert len(made) == len(SRGB)
    assert b"s\0R\0G\0B" not in made
    assert b"sRGB" not in made
    assert _converted(made) == _converted(SRGB)


def test_bytes_that_no_tag_has_are_gone() -> None:
    assert b"Jane" not in bare_profile(SRGB + b"Jane")


def test_what_is_no_profile_is_none() -> None:
    assert bare_profile(b"\0" * 128 + b"Jane Doe") == b""


@given(st.binary(max_size=300), st.integers(0, 3))
def test_any_bytes_are_a_profile_of_their_length_or_none(data: bytes, count: int) -> None:
    head = bytearray(128)
    head[36:40] = b"acsp"
    profile = bytes(head) + count.to_bytes(4, "big") + data
    assert len(bare_profile(profile)) in (0, len(profile))
