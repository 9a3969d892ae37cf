"""A data set in memory: elements with their values as encoded, or where a long value lies.

Value types and how one asks them may live here. How they are read is `part10`, how they are
written is `write`.
"""

import struct
from array import array
from dataclasses import dataclass, field
from typing import Final

from imaging.charsets import decode

# How PS3.5 table 6.2-1 encodes one value of each VR of fixed width.
INTEGER_FORMATS: Final = {
    "US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q",
}  # fmt: skip

# PS3.5 section 6.2: a backslash in these is text and separates nothing.
UNSPLIT_VRS: Final = frozenset({"ST", "LT", "UT", "UR"})

BINARY_VRS: Final = frozenset(
    {"AT", "FD", "FL", "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UN", *INTEGER_FORMATS}
)


@dataclass(frozen=True, slots=True)
class Bulk:
    """Where a value lies that was not read.

    Parameters
    ----------
    offset
        From the first byte of the file; of the inflated data set when the file is deflated.
    length
        In bytes. Of an encapsulated value: from the first Item up to, and without, the Sequence
        Delimitation Item.
    encapsulated
        The value has undefined length and is a row of fragments (PS3.5 section A.4).
    """

    offset: int
    length: int
    encapsulated: bool = False


@dataclass(slots=True)
class Element:
    """One data element; exactly one of `value`, `items` and `bulk` is not None.

    Parameters
    ----------
    value
        As encoded: padding kept, in the byte order of the data set that holds the element.
    items
        Of a sequence.
    bulk
        Of a long value, which stays where it is.
    """

    tag: int
    vr: str
    value: bytes | None = None
    items: "list[DataSet] | None" = None
    bulk: Bulk | None = None


@dataclass(frozen=True, slots=True)
class PixelData:
    """Where the pixels lie.

    Parameters
    ----------
    tag
        (7FE0,0010), (7FE0,0008) or (7FE0,0009).
    offset
        Of the first byte of the value, as in `Bulk`.
    length
        In bytes, or None when undefined, that is for encapsulated pixels.
    fragments
        Of encapsulated pixels: the lengths of all Items in order, the Basic Offset Table first.
        Items follow each other, so these and `offset` place every one of them.
    """

    tag: int
    vr: str
    offset: int
    length: int | None
    fragments: "array[int] | None" = field(default=None, repr=False)


class DataSet(dict[int, Element]):
    """Elements by tag, in the order of the file.

    Attributes
    ----------
    little_endian
        Byte order of the values.
    charsets
        Values of Specific Character Set that hold here: the data set's own, or those of the data
        set around it (PS3.5 section 7.5.3).
    """

    __slots__ = ("charsets", "little_endian")

    def __init__(self, little_endian: bool = True, charsets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.little_endian = little_endian
        self.charsets = charsets

    def texts(self, tag: int) -> list[str]:
        """All values of an element of a text VR, decoded and stripped of padding."""
        element = self.get(tag)
        if element is None or not element.value or element.vr in BINARY_VRS:
            return []
        text = decode(element.value, self.charsets, element.vr)
        values = [text] if element.vr in UNSPLIT_VRS else text.split("\\")
        return [value.strip(" \0") for value in values]

    def text(self, tag: int, default: str = "") -> str:
        """First value of an element of a text VR, or `default` when it has none."""
        values = self.texts(tag)
        return values[0] if values and values[0] else default

    def integer(self, tag: int) -> int | None:
        """First value of an element as an integer, or None when it is none."""
        element = self.get(tag)
        if element is None or not element.value:
            return None
        code = INTEGER_FORMATS.get(element.vr)
        if code is None:
            return _spelled_integer(self.text(tag)) if element.vr not in BINARY_VRS else None
        if len(element.value) < struct.calcsize(code):
            return None
        order = "<" if self.little_endian else ">"
        number: int = struct.unpack_from(order + code, element.value)[0]
        return number

    def sequence(self, tag: int) -> "list[DataSet]":
        """Items of a sequence; none when there is no such sequence."""
        element = self.get(tag)
        return element.items or [] if element is not None else []


def _spelled_integer(text: str) -> int | None:
    # 24 characters are twice what IS and enough for DS; int() of a longer one takes its time.
    try:
        return int(text) if len(text) <= 24 else None
    except ValueError:
        return None
