"""The job that looks for text in one picture, by several ways of looking. Runs in a child only.

A network finds most text at its usual size and contrast. What it misses is faint, small, large, or
lies on speckle; so the picture is shown to it at several scales, and once with every neighbourhood
at the same contrast.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from imaging.deidentify.pixels.findings import merged
from imaging.deidentify.pixels.glyphs import find_glyphs
from imaging.deidentify.pixels.text_network import find_with_network

Array = Any  # OpenCV's stubs say no more

Pass = tuple[str, float]
"""What is shown to the network, and at how many times its size."""

# THE table of ways of looking. What each costs and finds: docs/burned-in-text.md.
PASSES: Final[dict[str, tuple[Pass, ...]]] = {
    "quick": (),
    "brief": (("as it is", 1.5),),
    "thorough": (("as it is", 1.0), ("as it is", 1.5), ("evened", 1.0)),
}
# Of pictures larger than that on a side letters are large, and large scales cost too much.
_LARGE: Final = 1600
_SMALLER: Final = 0.6
_OF_LARGE: Final[Pass] = ("as it is", 0.35)
_NEIGHBOURHOOD: Final = 12.0
_LEAST_DEVIATION: Final = 4.0


def find_text_job(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Boxes of a picture of 8-bit grays or of red, green and blue.

    "way" is a key of `PASSES`; quickly, no network is asked.
    """
    shape = (head["height"], head["width"], head["samples"])
    picture = np.frombuffer(body, np.uint8).reshape(shape)
    gray = picture[..., 0] if shape[2] == 1 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    passes = PASSES[head["way"]]
    if not passes:
        return {"boxes": merged(find_glyphs(gray))}, b""
    if max(gray.shape) > _LARGE:
        passes = (_OF_LARGE, *((view, scale * _SMALLER) for view, scale in passes))
    shown = {"as it is": np.repeat(picture, 3, axis=2) if shape[2] == 1 else picture}
    if any(view == "evened" for view, _ in passes):
        shown["evened"] = np.repeat(_evened(gray)[..., None], 3, axis=2)
    found = (box for view, scale in passes for box in find_with_network(shown[view], scale))
    return {"boxes": merged(found)}, b""


def _evened(gray: Array) -> Array:
    """Every neighbourhood around the same gray, with the same contrast."""
    values = gray.astype(np.float32)
    left = values - cv2.GaussianBlur(values, (0, 0), _NEIGHBOURHOOD)
    deviation = np.sqrt(cv2.GaussianBlur(left * left, (0, 0), _NEIGHBOURHOOD))
    return np.clip(128 + 40 * left / (deviation + _LEAST_DEVIATION), 0, 255).astype(np.uint8)
