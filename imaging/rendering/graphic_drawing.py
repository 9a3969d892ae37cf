"""The annotations of a presentation state drawn on the finished picture. Drawing only.

References
----------
PS3.3 section C.10.5.1.2 (graphic types) and C.10.5.1.1 (text), PS3.4 N.2.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import cos, hypot, pi, sin
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imaging.rendering.displayed_area import Placement, Point
from imaging.rendering.graphic_annotations import Annotation, Graphic, Layer, Text
from imaging.rendering.text_drawing import MAX_SIZE, MIN_SIZE, Paint, draw_line, printable, width_of

_ROUND_STEPS: Final = 96
_CURVE_STEPS: Final = 8
_MAX_CURVE_POINTS: Final = 4096
# Letters and lines as parts of the picture's shorter side.
_LETTERS, _STROKES = 36, 512
_LEADING: Final = 1.25
# Pillow counts in 32 bits.
_FAR: Final = 1e6

Shape = Callable[[Sequence[Point]], list[Point]]


def drawn(
    pixels: NDArray[np.uint8], annotations: Iterable[Annotation], placement: Placement
) -> NDArray[np.uint8]:
    """A picture with annotations, the layers in their order."""
    objects: list[Graphic | Text] = []
    for annotation in annotations:
        objects += annotation.graphics
        objects += annotation.texts
    if not objects:
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels))
    draw = ImageDraw.Draw(image)
    for item in sorted(objects, key=lambda item: item.layer.order):
        if isinstance(item, Text):
            _draw_text(draw, item, placement)
        else:
            _draw_graphic(draw, item, placement)
    return np.asarray(image)


def _paint(draw: ImageDraw.ImageDraw, layer: Layer) -> Paint:
    if draw.mode == "L":
        return layer.gray
    return layer.colour or (layer.gray,) * 3


def _placed(units: str, points: Iterable[Point], placement: Placement) -> list[Point]:
    place = placement.of_display if units == "DISPLAY" else placement.of_image
    return [_near(place(*point)) for point in points]


def _near(point: Point) -> Point:
    return min(max(point[0], -_FAR), _FAR), min(max(point[1], -_FAR), _FAR)


def _draw_graphic(draw: ImageDraw.ImageDraw, graphic: Graphic, placement: Placement) -> None:
    shape = _SHAPES.get(graphic.kind)
    if shape is None or not graphic.points:
        return
    paint, stroke = _paint(draw, graphic.layer), _stroke(placement)
    points = _placed(graphic.units, shape(graphic.points), placement)
    if graphic.kind == "POINT":
        x, y = points[0]
        radius = 2 * stroke
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=paint)
        return
    if graphic.filled and len(points) > 2 and points[0] == points[-1]:
        draw.polygon(points, fill=paint)
    draw.line(points, fill=paint, width=stroke)


def _stroke(placement: Placement) -> int:
    return max(1, round(min(placement.size) / _STROKES))


def _circle(points: Sequence[Point]) -> list[Point]:
    """The first point is the centre, the second one on the line."""
    if len(points) < 2:
        return []
    (x, y), (edge_x, edge_y) = points[:2]
    radius = hypot(edge_x - x, edge_y - y)
    return _around((x, y), (radius, 0.0), (0.0, radius))


def _ellipse(points: Sequence[Point]) -> list[Point]:
    """Two points are the ends of the major axis, two those of the minor one."""
    if len(points) < 4:
        return []
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[:4]
    major, minor = ((x1 - x0) / 2, (y1 - y0) / 2), ((x3 - x2) / 2, (y3 - y2) / 2)
    return _around(((x0 + x1) / 2, (y0 + y1) / 2), major, minor)


def _around(center: Point, major: Point, minor: Point) -> list[Point]:
    angles = (2 * pi * step / _ROUND_STEPS for step in range(_ROUND_STEPS))
    points = [
        (
            center[0] + cos(angle) * major[0] + sin(angle) * minor[0],
            center[1] + cos(angle) * major[1] + sin(angle) * minor[1],
        )
        for angle in angles
    ]
    return [*points, points[0]]


def _curve(points: Sequence[Point]) -> list[Point]:
    """A smooth line through all points (Catmull and Rom); how to interpolate is left open."""
    if not 2 < len(points) <= _MAX_CURVE_POINTS:
        return list(points)
    closed = points[0] == points[-1]
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    knots = [before, *points, after]
    curve = [
        _between(knots[index : index + 4], step / _CURVE_STEPS)
        for index in range(len(points) - 1)
        for step in range(_CURVE_STEPS)
    ]
    return [*curve, points[-1]]


def _between(knots: Sequence[Point], t: float) -> Point:
    weights = (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (-(t**2) + t**3) / 2,
    )
    x = sum(weight * knot[0] for weight, knot in zip(weights, knots, strict=True))
    y = sum(weight * knot[1] for weight, knot in zip(weights, knots, strict=True))
    return x, y


_SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "POINT": list,
        "POLYLINE": list,
        "INTERPOLATED": _curve,
        "CIRCLE": _circle,
        "ELLIPSE": _ellipse,
    }
)


def _draw_text(draw: ImageDraw.ImageDraw, text: Text, placement: Placement) -> None:
    """Draw lines upright, whichever way round the image is shown."""
    lines = [printable(line) for line in text.lines]
    size = min(MAX_SIZE, max(MIN_SIZE, round(min(placement.size) / _LETTERS)))
    paint = _paint(draw, text.layer)
    edge = 0 if draw.mode == "L" else (0, 0, 0)
    left, top, right = _box(text, placement, size)
    if text.anchor_visible and text.anchor is not None and text.box is not None:
        anchor = _placed(text.anchor_units, [text.anchor], placement)[0]
        draw.line([anchor, (left, top + size / 2)], fill=paint, width=_stroke(placement))
    for index, line in enumerate(lines):
        room = right - left - width_of(line, size)
        indent = {"CENTER": room / 2, "RIGHT": room}.get(text.alignment, 0.0)
        place = (left + max(0.0, indent), top + index * size * _LEADING)
        draw_line(draw, place, line, size, paint, edge)


def _box(text: Text, placement: Placement, size: int) -> tuple[float, float, float]:
    """Left, top and right of the place for a text."""
    if text.box is not None:
        (x0, y0), (x1, y1) = _placed(text.units, text.box, placement)
        return min(x0, x1), min(y0, y1), max(x0, x1)
    if text.anchor is not None:
        x, y = _placed(text.anchor_units, [text.anchor], placement)[0]
        return x + size / 2, y - size / 2, x
    return 0.0, 0.0, 0.0
