"""What a data set says of patient and technique, burnt into the corners of a picture.

Which attributes belong to which keyword is a table here.

References
----------
PS3.18 section 8.3.5.1.1 (annotation).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imaging.data_set import DataSet
from imaging.rendering.display import number_of
from imaging.rendering.text_drawing import (
    MAX_SIZE,
    MIN_SIZE,
    draw_line,
    printable,
    shortened,
    width_of,
)

_MAX_LINE: Final = 200
_LINES_A_PICTURE: Final = 32
_LEADING: Final = 1.25
_MARGIN: Final = 0.5
_GAP: Final = 1.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one keyword and the corner that they stand in."""

    lines: tuple[str, ...]
    right: bool = False
    bottom: bool = False


def annotated(
    pixels: NDArray[np.uint8], data_set: DataSet, keywords: Iterable[str]
) -> NDArray[np.uint8]:
    """A picture with the annotations of keywords, each of `patient` and `technique`.

    The letters are as high as a 32nd of the picture, and never less than 8 pixels. What does not
    fit into the picture is left out from the end, with an ellipsis.
    """
    wanted = [lines for keyword in sorted(keywords) for lines in _CORNERS[keyword](data_set)]
    if not wanted:
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels))
    draw = ImageDraw.Draw(image)
    size = min(MAX_SIZE, max(MIN_SIZE, min(image.size) // _LINES_A_PICTURE))
    for corner in wanted:
        _draw_corner(draw, image.size, corner, size)
    return np.asarray(image)


def _draw_corner(
    draw: ImageDraw.ImageDraw, extent: tuple[int, int], corner: Lines, size: int
) -> None:
    margin, step = _MARGIN * size, _LEADING * size
    width = extent[0] / 2 - margin - _GAP * size / 2
    # Patient above, technique below: neither may reach over the middle.
    room = max(1, int((extent[1] / 2 - margin) / step))
    lines = [shortened(line, size, width) for line in corner.lines[:room]]
    top = extent[1] - margin - len(lines) * step if corner.bottom else margin
    paint, edge = (255, 0) if draw.mode == "L" else ((255, 255, 255), (0, 0, 0))
    for index, line in enumerate(lines):
        left = extent[0] - margin - width_of(line, size) if corner.right else margin
        draw_line(draw, (left, top + index * step), line, size, paint, edge)


def _patient(data_set: DataSet) -> Iterator[Lines]:
    name = person_name(data_set.text(0x00100010))
    birth = _date(data_set.text(0x00100030))
    sex, age = data_set.text(0x00100040), data_set.text(0x00101010)
    yield _lines([name, data_set.text(0x00100020), _joined(birth, sex, age)])
    taken = _joined(_date(data_set.text(0x00080020)), _time(data_set.text(0x00080030)))
    yield _lines([data_set.text(0x00080080), data_set.text(0x00081030), taken], right=True)


def _technique(data_set: DataSet) -> Iterator[Lines]:
    yield _lines(_spelled(data_set, _LEFT_BELOW), bottom=True)
    yield _lines(_spelled(data_set, _RIGHT_BELOW), right=True, bottom=True)


def _lines(texts: Iterable[str], *, right: bool = False, bottom: bool = False) -> Lines:
    lines = (printable(text[:_MAX_LINE]).strip() for text in texts)
    return Lines(tuple(line for line in lines if line), right, bottom)


def _spelled(data_set: DataSet, rows: tuple[tuple[int, str, str], ...]) -> Iterator[str]:
    for tag, name, unit in rows:
        value = number_of(data_set, tag) if unit else None
        said = data_set.text(tag) if value is None else f"{value:g}"
        if said:
            yield f"{name} {said} {unit if value is not None else ''}".strip()


def person_name(value: str) -> str:
    """A PN as people read it: its groups, of which the first is spelled in an alphabet."""
    groups = [" ".join(part for part in group.split("^") if part) for group in value.split("=")]
    first, *others = [group for group in groups if group] or [""]
    return f"{first} ({', '.join(others)})" if others else first


def _date(value: str) -> str:
    plain = len(value) == 8 and value.isdigit()
    return f"{value[:4]}-{value[4:6]}-{value[6:]}" if plain else value


def _time(value: str) -> str:
    return f"{value[:2]}:{value[2:4]}" if value[:4].isdigit() and len(value) >= 4 else value


def _joined(*texts: str) -> str:
    return "  ".join(text for text in texts if text)


# Attribute, how it is called in the picture, and its unit; text has none.
_LEFT_BELOW: Final = (
    (0x00080060, "", ""),
    (0x0008103E, "", ""),
    (0x00180015, "", ""),
    (0x00185101, "", ""),
    (0x00200013, "Image", ""),
    (0x00180050, "Thickness", "mm"),
    (0x00201041, "Location", "mm"),
)
_RIGHT_BELOW: Final = (
    (0x00180060, "", "kV"),
    (0x00181151, "", "mA"),
    (0x00181150, "", "ms"),
    (0x00181152, "", "mAs"),
    (0x00181210, "Kernel", ""),
    (0x00180087, "", "T"),
    (0x00180080, "TR", "ms"),
    (0x00180081, "TE", "ms"),
    (0x00180082, "TI", "ms"),
    (0x00181314, "Flip", "°"),
)

_CORNERS: Final = {"patient": _patient, "technique": _technique}
