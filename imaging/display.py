"""How a data set wants its frames to be shown: rescale, window, look-up tables, palette.

Only reading the description lives here; `grayscale`, `colour` and `render` apply it.

References
----------
PS3.3 sections C.7.6.3.1.5 (palette), C.7.6.16.2.9 and .10 (functional groups), C.11.1 (modality
LUT), C.11.2 (VOI LUT), C.7.5.1.1.2 (pixel padding).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from struct import unpack_from
from typing import Final

from imaging.data_set import Bulk, DataSet
from imaging.errors import Malformed
from imaging.segmented_palette import expand

ReadBulk = Callable[[Bulk], bytes]

_SHARED_GROUPS, _PER_FRAME_GROUPS = 0x52009229, 0x52009230
_TRANSFORMATION, _FRAME_VOI = 0x00289145, 0x00289132
_MODALITY_LUT, _VOI_LUT, _LUT_DESCRIPTOR, _LUT_DATA = 0x00283000, 0x00283010, 0x00283002, 0x00283006
# Descriptor, data and segmented data of the red, green and blue palettes.
_PALETTE: Final = (
    (0x00281101, 0x00281201, 0x00281221),
    (0x00281102, 0x00281202, 0x00281222),
    (0x00281103, 0x00281203, 0x00281223),
)
_MAX_LUT_ENTRIES: Final = 65536
_MAX_NUMBER_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A look-up table: stored values from `first` on become `entries` of `bits` bits."""

    first: int
    bits: int
    entries: tuple[int, ...]


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
        Presentation LUT Shape says so.
    palette
        Red, green and blue.
    """

    slope: float = 1.0
    intercept: float = 0.0
    modality_lut: LookupTable | None = None
    window: Window | None = None
    voi_lut: LookupTable | None = None
    padding: tuple[int, int] | None = None
    inverse: bool = False
    palette: tuple[LookupTable, LookupTable, LookupTable] | None = None


def describe_display(
    data_set: DataSet, number: int = 1, read_bulk: ReadBulk | None = None
) -> Display:
    """Read how frame `number` (from 1) is to be shown; what is damaged is left out.

    Parameters
    ----------
    read_bulk
        Gives the bytes of a long table. Without it such a table counts as missing.
    """
    rescale = _group(data_set, number, _TRANSFORMATION)
    voi = _group(data_set, number, _FRAME_VOI)
    slope = _number(rescale, 0x00281053)
    return Display(
        slope=slope if slope else 1.0,
        intercept=_number(rescale, 0x00281052) or 0.0,
        modality_lut=_item_lut(data_set, _MODALITY_LUT, read_bulk),
        window=_window(voi),
        voi_lut=_item_lut(data_set, _VOI_LUT, read_bulk),
        padding=_padding(data_set),
        inverse=data_set.text(0x20500020) == "INVERSE",
        palette=_palette(data_set, read_bulk),
    )


def representative_frame(data_set: DataSet, count: int) -> int:
    """The number (from 1) of the frame that stands for an instance of `count` frames.

    References
    ----------
    PS3.3 section C.7.6.6, Representative Frame Number (0028,6010).
    """
    said = data_set.integer(0x00286010)
    return said if said is not None and 1 <= said <= count else (count + 1) // 2


def _group(data_set: DataSet, number: int, tag: int) -> DataSet:
    """The item of a functional group macro that holds for a frame, or the data set itself."""
    frames = data_set.sequence(_PER_FRAME_GROUPS)
    for groups in (frames[number - 1 : number], data_set.sequence(_SHARED_GROUPS)[:1]):
        for group in groups:
            if items := group.sequence(tag):
                return items[0]
    return data_set


def _number(data_set: DataSet, tag: int) -> float | None:
    text = data_set.text(tag)
    try:
        value = float(text) if 0 < len(text) <= _MAX_NUMBER_LENGTH else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None


def _window(data_set: DataSet) -> Window | None:
    center, width = _number(data_set, 0x00281050), _number(data_set, 0x00281051)
    if center is None or width is None or width <= 0:
        return None
    function = data_set.text(0x00281056, "LINEAR")
    return Window(center, width, function)


def _padding(data_set: DataSet) -> tuple[int, int] | None:
    value = data_set.integer(0x00280120)
    if value is None:
        return None
    limit = data_set.integer(0x00280121)
    return (value, value) if limit is None else (min(value, limit), max(value, limit))


def _palette(
    data_set: DataSet, read_bulk: ReadBulk | None
) -> tuple[LookupTable, LookupTable, LookupTable] | None:
    tables = [_lut(data_set, *tags, read_bulk=read_bulk) for tags in _PALETTE]
    red, green, blue = tables
    return (red, green, blue) if red and green and blue else None


def _item_lut(data_set: DataSet, tag: int, read_bulk: ReadBulk | None) -> LookupTable | None:
    items = data_set.sequence(tag)
    return _lut(items[0], _LUT_DESCRIPTOR, _LUT_DATA, read_bulk=read_bulk) if items else None


def _lut(
    data_set: DataSet,
    descriptor_tag: int,
    data_tag: int,
    segmented_tag: int | None = None,
    *,
    read_bulk: ReadBulk | None,
) -> LookupTable | None:
    element = data_set.get(descriptor_tag)
    if element is None or element.value is None or len(element.value) < 6:
        return None
    order = "<" if data_set.little_endian else ">"
    # PS3.3 C.11.1.1: 0 entries mean 65536; the first value is signed where the pixels are.
    count, first, bits = unpack_from(
        f"{order}H{'h' if element.vr == 'SS' else 'H'}H", element.value
    )
    count = count or _MAX_LUT_ENTRIES
    raw = _bytes(data_set, data_tag, read_bulk)
    if raw:
        # Tables of bytes are packed two to a word (PS3.3 C.7.6.3.1.5).
        code = "H" if len(raw) >= 2 * count else "B"
        size = 2 if code == "H" else 1
        entries = unpack_from(f"{order}{min(count, len(raw) // size)}{code}", raw)
        return LookupTable(first, bits if 8 <= bits <= 16 else 8 * size, entries)
    return _segmented(data_set, segmented_tag, LookupTable(first, bits, ()), count, read_bulk)


def _segmented(
    data_set: DataSet,
    tag: int | None,
    table: LookupTable,
    count: int,
    read_bulk: ReadBulk | None,
) -> LookupTable | None:
    raw = _bytes(data_set, tag, read_bulk) if tag is not None else b""
    code = "H" if table.bits > 8 else "B"
    order = "<" if data_set.little_endian else ">"
    words = unpack_from(f"{order}{len(raw) // (2 if code == 'H' else 1)}{code}", raw)
    try:
        entries = expand(words, count)
    except Malformed:
        return None
    return LookupTable(table.first, max(8, min(table.bits, 16)), entries) if entries else None


def _bytes(data_set: DataSet, tag: int, read_bulk: ReadBulk | None) -> bytes:
    element = data_set.get(tag)
    if element is None:
        return b""
    if element.bulk is None:
        return element.value or b""
    if read_bulk is None or element.bulk.length > 2 * _MAX_LUT_ENTRIES:
        return b""
    try:
        return read_bulk(element.bulk)
    except (Malformed, EOFError):
        return b""
