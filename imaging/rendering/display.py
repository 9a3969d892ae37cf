"""How a data set wants its frames to be shown: rescale, window, look-up tables, palette.

Only reading the description lives here; `grayscale`, `colour` and `render` apply it.

References
----------
PS3.3 sections C.7.6.16.2.9 and .10 (functional groups), C.11.1 (modality LUT), C.11.2 (VOI LUT),
C.7.5.1.1.2 (pixel padding), C.7.6.19 (supplemental palette).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from struct import calcsize, unpack_from
from typing import Final

from imaging.data_set import INTEGER_FORMATS, DataSet
from imaging.rendering.lookup_tables import (
    LookupTable,
    Palette,
    ReadBulk,
    piece_of,
    read_item_lut,
    read_palette,
)

__all__ = [
    "Display",
    "LookupTable",
    "ReadBulk",
    "Window",
    "aspect_of",
    "describe_display",
    "functional_group",
    "number_of",
    "numbers_of",
    "pixel_aspect",
    "representative_frame",
    "window_of",
]

_SHARED_GROUPS, _PER_FRAME_GROUPS = 0x52009229, 0x52009230
_TRANSFORMATION, _FRAME_VOI, _PIXEL_MEASURES = 0x00289145, 0x00289132, 0x00289110
_MODALITY_LUT, _VOI_LUT = 0x00283000, 0x00283010
_MAX_NUMBER_LENGTH: Final = 64
_MAX_NUMBERS: Final = 4096
_MAX_ASPECT: Final = 100.0
_FORMATS: Final = {**INTEGER_FORMATS, "FL": "f", "FD": "d", "OF": "f", "OD": "d"}

# What is shown as it is stored where nothing says otherwise has no more bits than this.
_SCREEN_BITS: Final = 8
_SHAPES: Final = {"IDENTITY": False, "INVERSE": True}
# Numbers of segments, not grays.
_LABELS: Final = frozenset({"SEG"})
# Padding value and range limit of integer, float and double float pixels.
_PADDINGS: Final = (
    (0x00280120, 0x00280121),
    (0x00280122, 0x00280124),
    (0x00280123, 0x00280125),
)
# Values of Pixel Presentation that use a palette beside grays (PS3.3 C.8.16.2.1.2).
_SUPPLEMENTED: Final = frozenset({"COLOR", "MIXED"})


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window; `function` is LINEAR, LINEAR_EXACT or SIGMOID."""

    center: float
    width: float
    function: str = "LINEAR"


@dataclass(frozen=True, slots=True)
class Display:
    """What is done to stored values before they are seen.

    Parameters
    ----------
    padding
        Lowest and highest stored value that is no image (Pixel Padding Value, and Range Limit).
    inverse
        Whether Presentation LUT Shape says so; None where it says nothing and the photometric
        interpretation is asked (PS3.3 section C.8.11.3, PS3.4 section N.2.1.4).
    palette
        Red, green and blue. Of a MONOCHROME2 image: the supplemental one, for stored values from
        the first that it maps on.
    stretched
        Without window and table: the frame's own values span black to white. Otherwise all
        values that can be stored do.
    labels
        Values are numbers, of which 0 is nothing: it is black, whether the frame has it or not.
    presentation_lut, pseudo_palette
        Of a presentation state: what the output of the VOI stage is looked up in.
    """

    slope: float = 1.0
    intercept: float = 0.0
    modality_lut: LookupTable | None = None
    window: Window | None = None
    voi_lut: LookupTable | None = None
    padding: tuple[float, float] | None = None
    inverse: bool | None = None
    palette: Palette | None = None
    stretched: bool = True
    labels: bool = False
    presentation_lut: LookupTable | None = None
    pseudo_palette: Palette | None = None


def describe_display(
    data_set: DataSet, number: int = 1, read_bulk: ReadBulk | None = None
) -> Display:
    """Read how frame `number` (from 1) is to be shown; what is damaged is left out.

    Parameters
    ----------
    read_bulk
        Gives the bytes of a long table. Without it such a table counts as missing.
    """
    rescale = functional_group(data_set, number, _TRANSFORMATION) or data_set
    voi = functional_group(data_set, number, _FRAME_VOI) or data_set
    slope = number_of(rescale, 0x00281053)
    bits = data_set.integer(0x00280101) or _SCREEN_BITS
    labels = data_set.text(0x00080060) in _LABELS
    return Display(
        slope=slope if slope else 1.0,
        intercept=number_of(rescale, 0x00281052) or 0.0,
        modality_lut=read_item_lut(data_set, _MODALITY_LUT, read_bulk),
        window=window_of(voi),
        voi_lut=read_item_lut(data_set, _VOI_LUT, read_bulk),
        padding=_padding(data_set),
        inverse=_SHAPES.get(data_set.text(0x20500020)),
        palette=read_palette(data_set, read_bulk) if _has_palette(data_set) else None,
        stretched=bits > _SCREEN_BITS or labels,
        labels=labels,
    )


def representative_frame(data_set: DataSet, count: int) -> int:
    """The number (from 1) of the frame that stands for an instance of `count` frames.

    References
    ----------
    PS3.3 section C.7.6.6, Representative Frame Number (0028,6010).
    """
    said = data_set.integer(0x00286010)
    return said if said is not None and 1 <= said <= count else (count + 1) // 2


def functional_group(data_set: DataSet, number: int, tag: int) -> DataSet | None:
    """The item of a functional group macro that holds for a frame, numbered from 1."""
    frames = data_set.sequence(_PER_FRAME_GROUPS)
    for groups in (frames[number - 1 : number], data_set.sequence(_SHARED_GROUPS)[:1]):
        for group in groups:
            if items := group.sequence(tag):
                return items[0]
    return None


def number_of(data_set: DataSet, tag: int) -> float | None:
    """First value of an element as a finite number, or None."""
    values = numbers_of(data_set, tag, 1)
    return values[0] if values else None


def numbers_of(
    data_set: DataSet, tag: int, most: int = _MAX_NUMBERS, read_bulk: ReadBulk | None = None
) -> list[float]:
    """The values of an element as finite numbers, at most so many; none when one is no number."""
    element = data_set.get(tag)
    if element is None:
        return []
    code = _FORMATS.get(element.vr)
    values: Sequence[float | None]
    if code is None:
        values = [_spelled(text) for text in data_set.texts(tag)[:most]]
    else:
        size = calcsize(f"<{code}")
        raw = piece_of(element, 0, most * size, read_bulk)
        order = "<" if data_set.little_endian else ">"
        values = unpack_from(f"{order}{len(raw) // size}{code}", raw)
    finite = [float(value) for value in values if value is not None and isfinite(value)]
    return finite if len(finite) == len(values) else []


def _spelled(text: str) -> float | None:
    try:
        return float(text) if 0 < len(text) <= _MAX_NUMBER_LENGTH else None
    except ValueError:
        return None


def window_of(data_set: DataSet) -> Window | None:
    """The first window that an item or a data set has."""
    center, width = number_of(data_set, 0x00281050), number_of(data_set, 0x00281051)
    if center is None or width is None or width <= 0:
        return None
    return Window(center, width, data_set.text(0x00281056, "LINEAR"))


def _padding(data_set: DataSet) -> tuple[float, float] | None:
    for tag, limit_tag in _PADDINGS:
        value = number_of(data_set, tag)
        if value is not None:
            limit = number_of(data_set, limit_tag)
            first, last = _as_stored(data_set, value), _as_stored(data_set, limit)
            return (min(first, last), max(first, last)) if limit is not None else (first, first)
    return None


def _as_stored(data_set: DataSet, value: float | None) -> float:
    """A padding value of signed pixels, which some writers spell as an unsigned one."""
    bits = data_set.integer(0x00280101) or 0
    signed = data_set.integer(0x00280103) == 1
    if value is None or not signed or value < 1 << max(0, bits - 1):
        return value or 0.0
    allocated = data_set.integer(0x00280100) or bits
    return value - (1 << allocated)


def _has_palette(data_set: DataSet) -> bool:
    if data_set.text(0x00280004) == "PALETTE COLOR":
        return True
    return data_set.text(0x00089205) in _SUPPLEMENTED


def pixel_aspect(data_set: DataSet, number: int = 1) -> float:
    """Height of a pixel over its width, 1 where nothing says it.

    References
    ----------
    PS3.3 sections C.7.6.3.1.7 (pixel aspect ratio), 10.7.1.3 (pixel spacing) and C.7.6.16.2.1.
    """
    measures = functional_group(data_set, number, _PIXEL_MEASURES) or data_set
    pairs = (numbers_of(holder, tag, 2) for holder, tag in _aspects(data_set, measures))
    return next((aspect_of(pair) for pair in pairs if pair), 1.0)


def aspect_of(ratio: Sequence[float]) -> float:
    """Height over width of a pixel, of a pair of them; 1 when they are damaged."""
    if len(ratio) != 2 or min(ratio) <= 0:
        return 1.0
    aspect = ratio[0] / ratio[1]
    return aspect if 1 / _MAX_ASPECT <= aspect <= _MAX_ASPECT else 1.0


def _aspects(data_set: DataSet, measures: DataSet) -> Iterator[tuple[DataSet, int]]:
    yield measures, 0x00280030
    yield from ((data_set, tag) for tag in (0x00181164, 0x00182010, 0x00280034))
