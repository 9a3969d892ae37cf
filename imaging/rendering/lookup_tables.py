"""Look-up tables as a data set spells them: modality, VOI, presentation and palette tables.

Reading them lives here; what is looked up in them is `grayscale` and `colour`.

References
----------
PS3.3 sections C.7.6.3.1.5 and C.7.9 (palettes), C.11.1 (modality), C.11.2 (VOI), C.11.6
(presentation).
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from imaging.data_set import Bulk, DataSet, Element
from imaging.errors import Malformed
from imaging.rendering.segmented_palette import expand

ReadBulk = Callable[[Bulk], bytes]

_LUT_DESCRIPTOR, _LUT_DATA = 0x00283002, 0x00283006
# Descriptor, data and segmented data of the red, green and blue palettes.
_PALETTE: Final = (
    (0x00281101, 0x00281201, 0x00281221),
    (0x00281102, 0x00281202, 0x00281222),
    (0x00281103, 0x00281203, 0x00281223),
)
_MAX_ENTRIES: Final = 65536


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A look-up table: stored values from `first` on become `entries` of `bits` bits."""

    first: int
    bits: int
    entries: tuple[int, ...]


Palette = tuple[LookupTable, LookupTable, LookupTable]


def read_palette(data_set: DataSet, read_bulk: ReadBulk | None = None) -> Palette | None:
    """The red, green and blue tables, or None when one is missing or damaged."""
    red, green, blue = (_lut(data_set, *tags, read_bulk=read_bulk) for tags in _PALETTE)
    return (red, green, blue) if red and green and blue else None


def read_item_lut(
    data_set: DataSet, tag: int, read_bulk: ReadBulk | None = None
) -> LookupTable | None:
    """The table of a sequence's first item, or None when there is none that can be used."""
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
    count = count or _MAX_ENTRIES
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
    return b"" if element is None else piece_of(element, 0, 2 * _MAX_ENTRIES, read_bulk)


def piece_of(element: Element, start: int, end: int, read_bulk: ReadBulk | None) -> bytes:
    """Some bytes of a value, wherever it lies; none when nobody can read them."""
    if element.bulk is None:
        return (element.value or b"")[start:end]
    length = min(end, element.bulk.length) - start
    if read_bulk is None or length <= 0:
        return b""
    try:
        return read_bulk(Bulk(element.bulk.offset + start, length))
    except (Malformed, EOFError):
        return b""
