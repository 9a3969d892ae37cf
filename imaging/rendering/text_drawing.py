"""Lines of text drawn on pictures, in the script that each character is of.

Which font has which script lives here. Fonts are the Noto fonts that two packages bring, so that a
picture looks the same on every machine; a character that none of them has is drawn as a box.

References
----------
PS3.3 section C.12.1.1.2 (the character sets that a data set may use).
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Final

from PIL import ImageDraw, ImageFont

MIN_SIZE, MAX_SIZE = 8, 200
_REGULAR: Final = 400
_CJK: Final = ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc")
_LATIN: Final = ("manimgx_fonts", "NotoSans[wght].ttf")
_SCRIPTS: Final = (
    *("ARABIC", "ARMENIAN", "BENGALI", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GUJARATI"),
    *("GURMUKHI", "HEBREW", "KANNADA", "KHMER", "LAO", "MALAYALAM", "MYANMAR", "ORIYA"),
    *("SINHALA", "TAMIL", "TELUGU", "THAI"),
)
# By the first word of the names of a script's characters.
_FONTS: Final = {
    **{name: ("manimgx_fonts", f"NotoSans{name.title()}[wght].ttf") for name in _SCRIPTS},
    **dict.fromkeys(
        ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"),
        _CJK,
    ),
    **dict.fromkeys(("FULLWIDTH", "HALFWIDTH"), _CJK),
}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Place = tuple[float, float]
Paint = int | tuple[int, int, int]


def width_of(text: str, size: int) -> float:
    """Width of a line in pixels."""
    return sum(_font(*font, size).getlength(run) for font, run in _runs(text))


def draw_line(
    draw: ImageDraw.ImageDraw, place: Place, text: str, size: int, paint: Paint, edge: Paint
) -> None:
    """Draw a line of text with its upper left corner at a place, outlined to be read on anything.

    Parameters
    ----------
    size
        Height of the letters with what they hang down, in pixels.
    """
    across, down = place
    for name, run in _runs(text):
        font = _font(*name, size)
        # Fonts differ in how far letters rise; their base lines are put on one.
        draw.text(
            (across, down + size),
            run,
            fill=paint,
            font=font,
            anchor="ls" if isinstance(font, ImageFont.FreeTypeFont) else None,
            stroke_width=max(1, size // 16),
            stroke_fill=edge,
        )
        across += font.getlength(run)


def shortened(text: str, size: int, width: float) -> str:
    """A line that fits into a width, with an ellipsis where something is left out."""
    if width_of(text, size) <= width:
        return text
    fits, too_long = 0, len(text)
    while fits < too_long - 1:
        middle = (fits + too_long) // 2
        if width_of(f"{text[:middle]}…", size) <= width:
            fits = middle
        else:
            too_long = middle
    return f"{text[:fits]}…" if fits else ""


def printable(text: str) -> str:
    """A text without what steers a terminal or turns the direction of what follows."""
    return "".join(
        char if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn") else " "
        for char in text
    )


def _runs(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Pieces of a line that one font has, with its package and file."""
    last = _LATIN

    def font_of(char: str) -> tuple[str, str]:
        nonlocal last
        # A space or an accent goes with the letter before it.
        if unicodedata.category(char)[0] not in "ZMP":
            last = _FONTS.get(unicodedata.name(char, "").split(" ")[0], _LATIN)
        return last

    for name, chars in groupby(text, font_of):
        yield name, "".join(chars)


@lru_cache(maxsize=64)
def _font(package: str, file: str, size: int) -> Font:
    path = _path(package, file)
    if path is None:
        return ImageFont.load_default(size)
    font = ImageFont.truetype(path, size)
    font.set_variation_by_axes([_REGULAR])
    return font


@lru_cache(maxsize=64)
def _path(package: str, file: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / file
    return path if path.is_file() else None
