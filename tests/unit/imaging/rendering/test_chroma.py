"""Decoded colour in the layout that metadata describe."""

import pytest

from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.chroma import as_described

STORED = FrameDescription(
    "1.2.840.10008.1.2.4.50",
    rows=1,
    columns=4,
    samples_per_pixel=3,
    photometric_interpretation="YBR_FULL_422",
)
FULL = bytes([1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 24])


def test_chroma_is_taken_at_every_other_pixel_from_the_first() -> None:
    frame = DecodedFrame(FULL, STORED.decoded(photometric_interpretation="YBR_FULL"))
    assert as_described(frame, STORED) == bytes([1, 2, 11, 21, 3, 4, 13, 23])
    assert len(as_described(frame, STORED)) == STORED.native_bytes


@pytest.mark.parametrize(
    ("stored", "decoded"),
    [("YBR_FULL", "YBR_FULL"), ("YBR_FULL_422", "RGB"), ("YBR_RCT", "RGB"), ("RGB", "RGB")],
)
def test_all_else_is_left_as_the_codec_gave_it(stored: str, decoded: str) -> None:
    description = FrameDescription(
        "1.2", 1, 4, samples_per_pixel=3, photometric_interpretation=stored
    )
    frame = DecodedFrame(FULL, description.decoded(photometric_interpretation=decoded))
    assert as_described(frame, description) == FULL
