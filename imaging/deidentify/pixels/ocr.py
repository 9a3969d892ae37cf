"""Where text is in a picture: asked of a child, since its libraries are C over strangers' pixels.

How it is found is `text_job`. Only boxes are wanted; what a text says is never read.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from imaging.children import ChildLimits, run_job
from imaging.deidentify.pixels.boxes import Box
from imaging.errors import DecodeFailed

Way = Literal["strokes", "quick", "brief", "thorough", "slice"]

_MIB: Final = 1024 * 1024
# The runtime of the network reserves a gigabyte of addresses before it has a picture.
LIMITS: Final = ChildLimits(
    max_body_bytes=256 * _MIB,
    max_memory_bytes=4096 * _MIB,
    max_seconds=300,
    max_wait_s=600.0,
)


def find_text(
    picture: NDArray[np.uint8], *, frame: int | None = None, way: Way = "thorough"
) -> tuple[Box, ...]:
    """Boxes of what looks like text.

    Parameters
    ----------
    picture
        Rows by columns of gray, or of red, green and blue.
    frame
        Number that the boxes get.
    way
        How hard to look. Quickly, or for strokes alone: whether it is worth while to look again,
        at less than a thirtieth of the cost. It also finds other things. Of slices, boxes are drawn
        out along their ink, which anatomy interrupts.

    Raises
    ------
    DecodeFailed, LimitExceeded
        When the child fails: then nothing is known of the picture.
    """
    height, width = picture.shape[:2]
    samples = picture.shape[2] if picture.ndim == 3 else 1
    head = {"height": height, "width": width, "samples": samples, "way": way}
    answer, _ = run_job("find text", head, np.ascontiguousarray(picture).tobytes(), limits=LIMITS)
    boxes = answer.get("boxes")
    if not isinstance(boxes, list):
        raise DecodeFailed("the search for text gave no boxes")
    found = (_box(said, frame).clipped(width, height) for said in boxes)
    return tuple(box for box in found if box is not None)


def _box(said: Any, frame: int | None) -> Box:
    """A box as the child says it, which worked on hostile pixels and is not trusted."""
    if not isinstance(said, list) or len(said) != 5:
        raise DecodeFailed("the search for text gave no boxes")
    left, top, right, bottom, confidence = said
    if not all(isinstance(edge, int) for edge in said[:4]) or not isinstance(confidence, float):
        raise DecodeFailed("the search for text gave no boxes")
    return Box(frame, left, top, right - left, bottom - top, min(1.0, max(0.0, confidence)))
