"""Which fonts a PDF is written with: one that comes along, and what the machine has besides.

Nothing is written with a font that lacks one of its characters: a name with holes in it is worse
than none, so a text that no font can write is refused.
"""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from imaging.errors import Unsupported

_OURS: Final = "manimgx_fonts"
_FIRST: Final = "NotoSans[wght].ttf"
_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts")
_KINDS: Final = frozenset({".ttf", ".otf", ".ttc"})
max_font_files: Final = 2_000


def our_font() -> Path:
    """The font that a document begins with: Latin, Greek and Cyrillic."""
    return _ours() / _FIRST


def _ours() -> Path:
    return Path(str(resources.files(_OURS)))


def fonts_for(texts: Iterable[str]) -> list[Path]:
    """Choose fonts that together have every character.

    Raises
    ------
    Unsupported
        Some character is in no font of this machine.
    """
    missing = {ord(character) for text in texts for character in text if not character.isspace()}
    chosen = [our_font()]
    missing -= _characters(chosen[0])
    for path in _installed() if missing else ():
        if found := missing & _characters(path):
            chosen.append(path)
            missing -= found
        if not missing:
            break
    if missing:
        raise Unsupported("no font here has all characters of the document: ask for text/html")
    return chosen


@lru_cache(maxsize=max_font_files)
def _characters(path: Path) -> frozenset[int]:
    """The code points that a font has glyphs for; none of what is no font."""
    try:
        if path.suffix == ".ttc":
            with TTCollection(path, lazy=True) as collection:
                return frozenset(collection[0].getBestCmap() or ())
        with TTFont(path, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (OSError, TTLibError, KeyError, AssertionError):
        return frozenset()


@lru_cache(maxsize=1)
def _installed() -> tuple[Path, ...]:
    """Fonts that come along, one a script, and then those of the machine."""
    ours = sorted(path for path in _ours().glob("*.ttf") if "Emoji" not in path.stem)
    others = sorted(_font_files(), key=lambda path: ("Regular" not in path.stem, path))
    return (*ours, *others)


def _font_files() -> Iterator[Path]:
    count = 0
    for folder in _FOLDERS:
        for around, _, names in os.walk(folder):
            for name in names:
                if Path(name).suffix.lower() in _KINDS and count < max_font_files:
                    count += 1
                    yield Path(around, name)
