"""Elements off a window of bytes: one pass, no recursion, every length checked before it is used.

The walk through data sets, sequences and items may live here (PS3.5 sections 7.1 and 7.5). How a
file begins is `part10`, how one head is spelled is `element_headers`.
"""

from typing import Final

from imaging.data_set import Bulk, DataSet, Element, PixelData
from imaging.dictionary import SIGNED_OR_NOT, VRS, private_vr, vr_of
from imaging.element_headers import (
    ITEM,
    ITEM_END,
    LITTLE,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    ElementHead,
    Order,
    element_head,
    is_capitals,
)
from imaging.errors import LimitExceeded, Malformed
from imaging.fragments import walk_fragments
from imaging.limits import Limits
from imaging.source import ENDLESS, Source

SPECIFIC_CHARACTER_SET: Final = 0x00080005
PIXEL_REPRESENTATION: Final = 0x00280103
PIXEL_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})

_MAX_CHARSETS: Final = 16
# LO: 64 characters, of which none takes more than four bytes.
_MAX_CREATOR_LENGTH: Final = 256
_LITTLE_ITEM: Final = b"\xfe\xff\x00\xe0"
_BIG_ITEM: Final = b"\xff\xfe\xe0\x00"
# What the quick loop over implicit elements leaves to the thorough one.
_SPECIAL: Final = frozenset({"SQ", "UN", SIGNED_OR_NOT})


class _Level:
    """A data set or a sequence whose end has not been reached.

    Attributes
    ----------
    items
        Of a sequence; None while elements are read.
    data_set
        Whose elements are read; of a sequence, the one that holds it.
    end
        Position after the last byte, `ENDLESS` when a delimiter tells.
    """

    __slots__ = ("data_set", "end", "implicit", "items", "order")

    def __init__(
        self,
        data_set: DataSet,
        end: int,
        implicit: bool,
        order: Order,
        items: list[DataSet] | None = None,
    ) -> None:
        self.data_set = data_set
        self.end = end
        self.implicit = implicit
        self.order = order
        self.items = items


class ElementReader:
    """Reads data sets off a source within limits.

    Attributes
    ----------
    at
        Position of the next byte to read.
    pixel_data
        Where the pixels of the outermost data set lie, once they were met.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self.at = 0
        self.pixel_data: PixelData | None = None
        self._source = source
        self._limits = limits
        self._elements_left = limits.max_elements
        self._bytes_left = limits.max_header_bytes
        self._fragments_left = limits.max_fragments
        self._quick_length = min(limits.max_inline_bytes, limits.max_inline_text_bytes)
        self._levels: list[_Level] = []
        self._has_signed_or_not = False

    def read_group(self, at: int, group: int) -> DataSet:
        """Read the Explicit VR Little Endian elements of one group, leaving `at` after them."""
        data_set = DataSet()
        self.at = at
        level = _Level(data_set, self._source.size, False, LITTLE)
        while self._source.reach(self.at, 8) == 8:
            self._explicit_run(level, group)
            if self._source.reach(self.at, 8) < 8:
                break
            head = element_head(self._source, self.at, False, LITTLE)
            if head.tag >> 16 != group:
                break
            if head.length == UNDEFINED:
                raise Malformed("File Meta Information holds an element of undefined length")
            self._count()
            self._value(level, head)
        return data_set

    def read_data_set(self, at: int, implicit: bool, order: Order) -> DataSet:
        """Read the outermost data set from `at` to the end of the source."""
        data_set = DataSet(order.little)
        self.at = at
        self._levels = [_Level(data_set, self._source.size, implicit, order)]
        try:
            self._walk()
        except Malformed:
            # What is no element after Pixel Data is padding of some kind, and hides nothing.
            if self.pixel_data is None:
                raise
            self._drop_unfinished(data_set)
        if self._has_signed_or_not:
            _settle_signs(data_set)
        return data_set

    def _drop_unfinished(self, data_set: DataSet) -> None:
        if len(self._levels) > 1:
            unfinished = self._levels[1].items
            for tag in [tag for tag, element in data_set.items() if element.items is unfinished]:
                del data_set[tag]

    def _walk(self) -> None:
        levels = self._levels
        while levels:
            level = levels[-1]
            if self.at >= level.end:
                levels.pop()
            elif level.items is not None:
                self._item(level, level.items)
            elif self._element(level):
                self._run(level)

    def _run(self, level: _Level) -> None:
        """Read plain short elements as fast as they come, up to the first of another kind."""
        if self.pixel_data is not None:
            return
        if level.implicit:
            self._implicit_run(level)
        else:
            self._explicit_run(level)

    def _explicit_run(self, level: _Level, only: int | None = None) -> None:
        """As `_run`, of one group or of all."""
        source, at, left = self._source, self.at, self._elements_left
        window, start, data_set = source.window, source.start, level.data_set
        unpack, known = level.order.explicit.unpack_from, SHORT_VRS.get
        longest, kept = self._quick_length, 0
        last = min(len(window), level.end - start) - 8
        while (first := at - start) <= last and left > 0:
            group, number, raw_vr, length = unpack(window, first)
            vr = known(raw_vr)
            end = first + 8 + length
            if vr is None or length > longest or end - 8 > last or group != (only or group):
                break
            tag = group << 16 | number
            data_set[tag] = Element(tag, vr, window[first + 8 : end])
            if tag == SPECIFIC_CHARACTER_SET:
                self._note_charsets(data_set)
            at = start + end
            left -= 1
            kept += length
        self._account(at, left, kept)

    def _implicit_run(self, level: _Level) -> None:
        source, at, left = self._source, self.at, self._elements_left
        window, start, data_set = source.window, source.start, level.data_set
        unpack, known = level.order.implicit.unpack_from, VRS.get
        longest, kept = self._quick_length, 0
        last = min(len(window), level.end - start) - 8
        while (first := at - start) <= last and left > 0:
            group, number, length = unpack(window, first)
            tag = group << 16 | number
            vr = known(tag)
            end = first + 8 + length
            if vr is None or vr in _SPECIAL or length > longest or end - 8 > last:
                break
            if tag in PIXEL_TAGS:
                break
            data_set[tag] = Element(tag, vr, window[first + 8 : end])
            if tag == SPECIFIC_CHARACTER_SET:
                self._note_charsets(data_set)
            at = start + end
            left -= 1
            kept += length
        self._account(at, left, kept)

    def _account(self, at: int, elements_left: int, kept: int) -> None:
        self.at = at
        self._elements_left = elements_left
        self._keep(kept)

    def _count(self) -> None:
        self._elements_left -= 1
        if self._elements_left < 0:
            raise LimitExceeded("the data set has more elements than are allowed")

    def _keep(self, length: int) -> None:
        self._bytes_left -= length
        if self._bytes_left < 0:
            raise LimitExceeded("the data set is larger, without pixels, than is allowed")

    def _element(self, level: _Level) -> bool:
        """Read one element of whatever kind; False when another level is on top now."""
        if not self._is_element_ahead(level):
            return False
        self._count()
        head = element_head(self._source, self.at, level.implicit, level.order)
        if not head.vr:
            return self._delimiter(level, head)
        if self.pixel_data is not None and self._is_outermost(level) and head.tag <= 0x7FE00010:
            raise Malformed("bytes after Pixel Data are no elements")
        if head.vr == "UN" or head.vr == SIGNED_OR_NOT:
            head = self._settle_vr(level, head)
        if head.length == UNDEFINED:
            return self._undefined_length(level, head)
        if head.vr == "SQ" and self._starts_with_item(head, level.order):
            return self._open_sequence(level, head, head.value_at + head.length)
        self._value(level, head)
        return True

    def _is_element_ahead(self, level: _Level) -> bool:
        if level.end - self.at < 8:
            crumbs = self._source.take(self.at, level.end - self.at)
            if self._is_outermost(level) and any(crumbs) and self.pixel_data is None:
                raise Malformed("the file ends inside the head of an element")
            self.at = level.end
            return False
        ahead = self._source.reach(self.at, 8)
        if ahead == 8:
            return True
        if not self._is_outermost(level) or any(self._source.window[-ahead:] if ahead else b""):
            raise Malformed("the data set ends inside a sequence or an element")
        level.end = self.at
        return False

    def _is_outermost(self, level: _Level) -> bool:
        return len(self._levels) == 1 and level is self._levels[0]

    def _delimiter(self, level: _Level, head: ElementHead) -> bool:
        self.at = head.value_at
        if head.tag == ITEM:
            raise Malformed("an Item stands outside of a sequence")
        if self._is_outermost(level):
            return True
        self._levels.pop()
        if head.tag == SEQUENCE_END:
            # The delimiter of the Item was left out.
            self._levels.pop()
        return False

    def _settle_vr(self, level: _Level, head: ElementHead) -> ElementHead:
        """Find a VR for an element whose file says UN or none (PS3.5 section 6.2.2)."""
        vr = vr_of(head.tag)
        if vr == "UN" and head.tag >> 16 & 1:
            vr = private_vr(_private_creator(level.data_set, head.tag), head.tag)
        if vr == SIGNED_OR_NOT:
            self._has_signed_or_not = True
        if vr == "SQ" and not self._starts_with_item(head, level.order):
            return head
        return head._replace(vr=vr)

    def _starts_with_item(self, head: ElementHead, order: Order) -> bool:
        if not head.length:
            return True
        if head.length < 8 or self._source.reach(head.value_at, 4) < 4:
            return False
        first = head.value_at - self._source.start
        return self._source.window[first : first + 4] in (_LITTLE_ITEM, _BIG_ITEM)

    def _undefined_length(self, level: _Level, head: ElementHead) -> bool:
        is_pixels = head.tag in PIXEL_TAGS
        if not is_pixels and head.vr in ("SQ", "UN"):
            return self._open_sequence(level, head, ENDLESS)
        lengths, end = walk_fragments(
            self._source, head.value_at, level.order, self._fragments_left
        )
        self._fragments_left -= len(lengths)
        bulk = Bulk(head.value_at, end - head.value_at, encapsulated=True)
        # PS3.5 section A.4: fragments are OB, where the file leaves it open.
        vr = "OB" if level.implicit or head.vr == "UN" else head.vr
        level.data_set[head.tag] = Element(head.tag, vr, bulk=bulk)
        if is_pixels and self._is_outermost(level):
            self.pixel_data = PixelData(head.tag, vr, head.value_at, None, lengths)
        self.at = end + 8
        return True

    def _open_sequence(self, level: _Level, head: ElementHead, end: int) -> bool:
        if end != ENDLESS and end > self._source.size:
            raise _past_the_end(head.tag)
        if len(self._levels) // 2 >= self._limits.max_depth:
            raise LimitExceeded("sequences are nested deeper than is allowed")
        items: list[DataSet] = []
        level.data_set[head.tag] = Element(head.tag, "SQ", items=items)
        order = level.order
        if self._source.reach(head.value_at, 4) == 4:
            first = head.value_at - self._source.start
            # PS3.5 section 6.2.2: what was made UN is little endian inside, whatever is outside.
            order = LITTLE if self._source.window[first : first + 4] == _LITTLE_ITEM else order
        self._levels.append(_Level(level.data_set, end, level.implicit, order, items))
        self.at = head.value_at
        return False

    def _item(self, level: _Level, items: list[DataSet]) -> None:
        """Read the head of the next Item, or the end of the sequence."""
        if self._source.reach(self.at, 8) < 8:
            raise Malformed("the data set ends inside a sequence")
        self._count()
        head = element_head(self._source, self.at, level.implicit, level.order)
        self.at = head.value_at
        if head.tag == SEQUENCE_END:
            self._levels.pop()
        elif head.tag == ITEM:
            self._open_item(level, items, head)
        elif head.tag != ITEM_END:
            raise Malformed("a sequence holds something else than Items")

    def _open_item(self, level: _Level, items: list[DataSet], head: ElementHead) -> None:
        end = ENDLESS if head.length == UNDEFINED else head.value_at + head.length
        if end != ENDLESS and end > self._source.size:
            raise Malformed("an Item runs past the end of the file")
        data_set = DataSet(level.order.little, level.data_set.charsets)
        items.append(data_set)
        implicit = level.implicit or self._is_implicit_ahead()
        self._levels.append(_Level(data_set, end, implicit, level.order))

    def _is_implicit_ahead(self) -> bool:
        """Say whether an item of an explicit data set holds implicit elements.

        It does so in values of VR UN (PS3.5 section 6.2.2) and in the files of some writers.
        """
        if self._source.reach(self.at, 6) < 6:
            return False
        first = self.at - self._source.start
        return not is_capitals(self._source.window[first + 4 : first + 6])

    def _value(self, level: _Level, head: ElementHead) -> None:
        tag, vr, length, at = head
        if not self._source.holds(at, length):
            raise _past_the_end(tag)
        # Pixels are never kept, not even those of an icon: they are asked for by their place.
        is_pixels = length > 0 and tag in PIXEL_TAGS
        if is_pixels and self._is_outermost(level):
            self.pixel_data = PixelData(tag, "OW" if vr == "UN" else vr, at, length)
        if is_pixels or length > self._longest_inline(vr):
            element = Element(tag, vr, bulk=Bulk(at, length))
        else:
            self._keep(length)
            element = Element(tag, vr, self._source.take(at, length))
        level.data_set[tag] = element
        self.at = at + length
        if tag == SPECIFIC_CHARACTER_SET:
            self._note_charsets(level.data_set)

    def _longest_inline(self, vr: str) -> int:
        limits = self._limits
        is_binary = vr[0] == "O" or vr == "UN"
        return limits.max_inline_bytes if is_binary else limits.max_inline_text_bytes

    def _note_charsets(self, data_set: DataSet) -> None:
        value = data_set[SPECIFIC_CHARACTER_SET].value
        if value is None:
            return
        terms = value.decode("ascii", "replace").split("\\", _MAX_CHARSETS)[:_MAX_CHARSETS]
        charsets = tuple(term.strip(" \0") for term in terms)
        data_set.charsets = charsets if any(charsets) else ()


def _private_creator(data_set: DataSet, tag: int) -> str:
    """Who reserved the block that a private element lies in (PS3.5 section 7.8.1)."""
    creator = data_set.get(tag & 0xFFFF0000 | tag >> 8 & 0xFF)
    if creator is None or creator.value is None or len(creator.value) > _MAX_CREATOR_LENGTH:
        return ""
    return creator.value.decode("latin-1").strip(" \0")


def _past_the_end(tag: int) -> Malformed:
    return Malformed(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) runs past the end of the file")


def _settle_signs(outermost: DataSet) -> None:
    """Decide US or SS by Pixel Representation, the item's own or that of a data set around it."""
    waiting = [(outermost, False)]
    while waiting:
        data_set, signed = waiting.pop()
        own = data_set.integer(PIXEL_REPRESENTATION)
        signed = signed if own is None else own == 1
        for element in data_set.values():
            if element.items is not None:
                waiting.extend((item, signed) for item in element.items)
            elif element.vr == SIGNED_OR_NOT:
                element.vr = "SS" if signed else "US"
