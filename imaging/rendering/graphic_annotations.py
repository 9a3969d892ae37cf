"""What a presentation state draws: lines, shapes and texts on layers. Reading it lives here.

References
----------
PS3.3 sections C.10.5 (graphic annotation) and C.10.7 (graphic layer).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from imaging.data_set import DataSet
from imaging.errors import LimitExceeded
from imaging.references import ImageReference, covered_by, read_references
from imaging.rendering.cielab import Colour, to_srgb
from imaging.rendering.display import numbers_of
from imaging.rendering.displayed_area import Point
from imaging.rendering.lookup_tables import ReadBulk

MAX_OBJECTS: Final = 5_000
MAX_POINTS: Final = 200_000
MAX_TEXT: Final = 1024
_ANNOTATIONS, _LAYERS, _LAYER = 0x00700001, 0x00700060, 0x00700002
_TEXTS, _GRAPHICS = 0x00700008, 0x00700009
_LAYER_ORDER, _LAYER_GRAY, _LAYER_CIELAB = 0x00700062, 0x00700066, 0x00700401
_UNITS, _BOX_UNITS, _ANCHOR_UNITS = 0x00700005, 0x00700003, 0x00700004
_POINTS, _KIND, _FILLED = 0x00700022, 0x00700023, 0x00700024
_TEXT, _BOX_TOP_LEFT, _BOX_BOTTOM_RIGHT = 0x00700006, 0x00700010, 0x00700011
_ALIGNMENT, _ANCHOR, _ANCHOR_VISIBLE = 0x00700012, 0x00700014, 0x00700015


@dataclass(frozen=True, slots=True)
class Layer:
    """In which order and colour something is drawn."""

    order: int = 0
    gray: int = 255
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Graphic:
    """A POINT, POLYLINE, INTERPOLATED, CIRCLE or ELLIPSE.

    Parameters
    ----------
    units
        PIXEL: edges between pixels of the image, from 0. DISPLAY: fractions of the displayed area.
    """

    layer: Layer
    units: str
    kind: str
    points: tuple[Point, ...]
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of text in a box, or beside an anchor."""

    layer: Layer
    lines: tuple[str, ...]
    units: str = "PIXEL"
    box: tuple[Point, Point] | None = None
    alignment: str = "LEFT"
    anchor_units: str = "PIXEL"
    anchor: Point | None = None
    anchor_visible: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is drawn on some images; no references mean all of the presentation state's."""

    references: tuple[ImageReference, ...]
    graphics: tuple[Graphic, ...]
    texts: tuple[Text, ...]

    def covers(self, sop_instance_uid: str, number: int) -> bool:
        """Whether it is drawn on a frame, numbered from 1."""
        return covered_by(self.references, sop_instance_uid, number)


def read_layers(data_set: DataSet) -> dict[str, Layer]:
    """The graphic layers of a presentation state by name."""
    layers = {}
    for item in data_set.sequence(_LAYERS):
        gray = gray_of(item, _LAYER_GRAY)
        cielab = numbers_of(item, _LAYER_CIELAB, 3)
        colour = to_srgb(cielab) if len(cielab) == 3 else None
        layers[item.text(_LAYER)] = Layer(item.integer(_LAYER_ORDER) or 0, gray, colour)
    return layers


def gray_of(data_set: DataSet, tag: int) -> int:
    """A P-Value of 16 bits as one of 8; white when it is missing."""
    value = data_set.integer(tag)
    return 255 if value is None else value >> 8 & 0xFF


def read_annotations(
    data_set: DataSet, read_bulk: ReadBulk | None = None
) -> tuple[Annotation, ...]:
    """What a presentation state draws.

    Raises
    ------
    LimitExceeded
        When it has more than `MAX_OBJECTS`, or more than `MAX_POINTS` points.
    """
    layers = read_layers(data_set)
    items = data_set.sequence(_ANNOTATIONS)
    drawn = sum(len(item.sequence(tag)) for item in items for tag in (_TEXTS, _GRAPHICS))
    if len(items) + drawn > MAX_OBJECTS:
        raise LimitExceeded(f"a presentation state has more than {MAX_OBJECTS} annotations")
    annotations = tuple(_annotation(item, layers, read_bulk) for item in items)
    points = sum(len(graphic.points) for one in annotations for graphic in one.graphics)
    if points > MAX_POINTS:
        raise LimitExceeded(f"a presentation state draws more than {MAX_POINTS} points")
    return annotations


def _annotation(item: DataSet, layers: dict[str, Layer], read_bulk: ReadBulk | None) -> Annotation:
    layer = layers.get(item.text(_LAYER), Layer())
    return Annotation(
        read_references(item),
        tuple(_graphics(item.sequence(_GRAPHICS), layer, read_bulk)),
        tuple(replace(_text(text), layer=layer) for text in item.sequence(_TEXTS)),
    )


def _graphics(items: list[DataSet], layer: Layer, read_bulk: ReadBulk | None) -> Iterator[Graphic]:
    for item in items:
        points = _pairs(numbers_of(item, _POINTS, 2 * MAX_POINTS + 2, read_bulk))
        filled = item.text(_FILLED) == "Y"
        yield Graphic(layer, item.text(_UNITS), item.text(_KIND), points, filled)


def _text(item: DataSet) -> Text:
    box = _pairs(numbers_of(item, _BOX_TOP_LEFT, 2) + numbers_of(item, _BOX_BOTTOM_RIGHT, 2))
    anchor = _pairs(numbers_of(item, _ANCHOR, 2))
    return Text(
        Layer(),
        tuple(item.text(_TEXT)[:MAX_TEXT].splitlines()),
        item.text(_BOX_UNITS, "PIXEL"),
        (box[0], box[1]) if len(box) == 2 else None,
        item.text(_ALIGNMENT, "LEFT"),
        item.text(_ANCHOR_UNITS, "PIXEL"),
        anchor[0] if anchor else None,
        item.text(_ANCHOR_VISIBLE) == "Y",
    )


def _pairs(numbers: list[float]) -> tuple[Point, ...]:
    return tuple(zip(numbers[::2], numbers[1::2], strict=False))
