"""The job that looks for text in one picture, by several ways of looking. Runs in a child only.

A network finds most text at its usual size and contrast. What it misses is faint, small, large, or
lies on speckle; so the picture is shown to it at several scales, and once with every neighbourhood
at the same contrast, and the quick search adds what has the shape of a line of glyphs.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from imaging.deidentify.pixels.findings import merged
from imaging.deidentify.pixels.glyphs import find_glyphs
from imaging.deidentify.pixels.text_network import find_with_network

Array = Any  # OpenCV's stubs say no more

# THE table of ways: what is shown, at how many times its size. See docs/burned-in-text.md.
PASSES: Final = (("as it is", 1.0), ("as it is", 1.5), ("as it is", 2.0), ("evened", 1.0))
# Of pictures larger than that on a side, the largest scales cost too much and letters are large.
_LARGE: Final = 1600
_PASSES_OF_LARGE: Final = (("as it is", 0.35), ("as it is", 1.0), ("evened", 0.7))
_NEIGHBOURHOOD: Final = 12.0
_LEAST_DEVIATION: Final = 4.0


def find_text_job(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Boxes of a picture of 8-bit grays or of red, green and blue.

    "thorough" says whether the network is asked.
    """
    shape = (head["height"], head["width"], head["samples"])
    picture = np.frombuffer(body, np.uint8).reshape(shape)
    gray = picture[..., 0] if shape[2] == 1 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    found = find_glyphs(gray)
    if head["thorough"]:
        colours = np.repeat(picture, 3, axis=2) if shape[2] == 1 else picture
        shown = {"as it is": colours, "evened": np.repeat(_evened(gray)[..., None], 3, axis=2)}
        large = max(gray.shape) > _LARGE
        for view, scale in _PASSES_OF_LARGE if large else PASSES:
            found.extend(find_with_network(shown[view], scale))
    return {"boxes": merged(found)}, b""


def _evened(gray: Array) -> Array:
    """Every neighbourhood around the same gray, with the same contrast."""
    values = gray.astype(np.float32)
    left = values - cv2.GaussianBlur(values, (0, 0), _NEIGHBOURHOOD)
    deviation = np.sqrt(cv2.GaussianBlur(left * left, (0, 0), _NEIGHBOURHOOD))
    return np.clip(128 + 40 * left / (deviation + _LEAST_DEVIATION), 0, 255).astype(np.uint8)
