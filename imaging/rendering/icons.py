"""A drawn picture that stands for what has none: a sheet of paper with a short word on it.

It shows nothing of any patient's, so it may stand wherever a thumbnail is asked for.

References
----------
PS3.18 section 10.4.3.3.4 (a thumbnail is meaningful, and identifies nobody).
"""

import re
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from imaging.rendering.picture import Picture

_SIDE: Final = 256
_DARK, _PAPER, _FOLD, _INK = 32, 214, 150, 40
_WORD: Final = re.compile(r"[A-Z0-9][A-Z0-9 ]{0,7}", re.ASCII)
USUAL_WORD: Final = "DICOM"


def draw_icon(word: str, width: int = _SIDE, height: int = _SIDE) -> Picture:
    """Draw a sheet with a word, as large as fits into the rectangle.

    Parameters
    ----------
    word
        A modality, say; what is not a short word of capital letters and digits is not drawn.
    """
    side = max(1, min(width, height))
    pixels = _drawn(_proper(word))
    if side == _SIDE:
        return Picture(pixels)
    image = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)
    return Picture(np.asarray(image))


def _proper(word: str) -> str:
    upper = word.strip().upper()
    return upper if _WORD.fullmatch(upper) else USUAL_WORD


@lru_cache(maxsize=256)
def _drawn(word: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    image = Image.new("L", (_SIDE, _SIDE), _DARK)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom, fold = 56, 28, 200, 228, 40
    draw.polygon(
        [(left, top), (right - fold, top), (right, top + fold), (right, bottom), (left, bottom)],
        fill=_PAPER,
    )
    draw.polygon([(right - fold, top), (right, top + fold), (right - fold, top + fold)], fill=_FOLD)
    size = min(56, int(220 / max(3, len(word))))
    middle = ((left + right) / 2, (top + bottom) / 2 + 10)
    draw.text(middle, word, fill=_INK, font=ImageFont.load_default(size), anchor="mm")
    return np.asarray(image)
