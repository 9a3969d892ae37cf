"""The job that looks for text in one picture, by several ways of looking. Runs in a child only.

A network finds most text at its usual size and contrast. What it misses is faint, small, large, or
lies on speckle; so the picture is shown to it at several scales, with every neighbourhood at the
same contrast, and as nothing but what has one value (`even_ink`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import cv2
import numpy as np

from imaging.deidentify.pixels.along_ink import drawn_out
from imaging.deidentify.pixels.even_ink import even_ink, find_even_ink
from imaging.deidentify.pixels.findings import Found, merged
from imaging.deidentify.pixels.glyphs import find_glyphs
from imaging.deidentify.pixels.text_network import find_with_network

Array = Any  # OpenCV's stubs say no more

Pass = tuple[str, float]
"""What is shown to the network, and at how many times its size."""

# THE table of ways of looking. What each costs: decision 0169.
PASSES: Final[dict[str, tuple[Pass, ...]]] = {
    "strokes": (),
    "quick": (),
    "brief": (("as it is", 1.5), ("ink", 1.0)),
    "thorough": (
        *(("as it is", 1.0), ("as it is", 1.5)),
        *(("evened", 1.0), ("evened closely", 1.5)),
        *(("ink", 1.0), ("ink", 0.6)),
    ),
    "slice": (
        ("as it is", 1.5),
        *(("evened", 1.0), ("evened closely", 1.5)),
        ("ink", 1.0),
    ),
}
# Of pictures larger than that on a side letters are large, and large scales cost too much.
_LARGE: Final = 1600
_SMALLER: Final = 0.6
_OF_LARGE: Final[Pass] = ("as it is", 0.35)
_NEIGHBOURHOOD, _CLOSE = 12.0, 4.0
_LEAST_DEVIATION: Final = 4.0


def find_text_job(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Boxes of a picture of 8-bit grays or of red, green and blue.

    "way" is a key of `PASSES`; without passes, no network is asked.
    """
    shape = (head["height"], head["width"], head["samples"])
    picture = np.frombuffer(body, np.uint8).reshape(shape)
    passes = PASSES[head["way"]]
    if not passes:
        gray = _grays(picture)
        ink = find_even_ink(gray) if head["way"] == "quick" else []
        return {"boxes": merged([*find_glyphs(gray), *ink])}, b""
    if max(shape[:2]) > _LARGE:
        passes = (_OF_LARGE, *((view, scale * _SMALLER) for view, scale in passes))
    found: list[Found] = []
    for view, several in groupby(passes, itemgetter(0)):
        shown = _in_colours(_VIEWS[view](picture))
        found.extend(box for _, scale in several for box in find_with_network(shown, scale))
    if head["way"] == "slice":
        gray = _grays(picture)
        return {"boxes": merged((drawn_out(gray, box) for box in found), keeps_small=True)}, b""
    return {"boxes": merged(found)}, b""


def _as_it_is(picture: Array) -> Array:
    return picture


def _grays(picture: Array) -> Array:
    return picture[..., 0] if picture.shape[2] == 1 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def _in_colours(picture: Array) -> Array:
    is_coloured = picture.ndim == 3 and picture.shape[2] == 3
    return picture if is_coloured else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)


def _evened(picture: Array, neighbourhood: float = _NEIGHBOURHOOD) -> Array:
    """Every neighbourhood around the same gray, with the same contrast."""
    values = _grays(picture).astype(np.float32)
    left = values - cv2.GaussianBlur(values, (0, 0), neighbourhood)
    deviation = np.sqrt(cv2.GaussianBlur(left * left, (0, 0), neighbourhood))
    return np.clip(128 + 40 * left / (deviation + _LEAST_DEVIATION), 0, 255).astype(np.uint8)


_VIEWS: Final[dict[str, Callable[[Array], Array]]] = {
    "as it is": _as_it_is,
    "evened": _evened,
    "evened closely": partial(_evened, neighbourhood=_CLOSE),
    "ink": even_ink,
}
