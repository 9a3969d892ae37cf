"""Values of Explicit VR Big Endian turned to little endian, by VR (PS3.5 section 7.3).

Turning bytes round may live here; how elements are written is `write`.
"""

from array import array
from typing import Final

from imaging.data_set import DataSet, Element

# Bytes of the words that a VR's values consist of; other VRs are bytes (PS3.5 table 6.2-1).
WORD_LENGTHS: Final = {
    "AT": 2, "OW": 2, "SS": 2, "US": 2,
    "FL": 4, "OF": 4, "OL": 4, "SL": 4, "UL": 4,
    "FD": 8, "OD": 8, "OV": 8, "SV": 8, "UV": 8,
}  # fmt: skip

_ARRAY_CODES: Final = {2: "H", 4: "I", 8: "Q"}


def swap_words(value: bytes, word_length: int) -> bytes:
    """Turn every word round; bytes beyond the last whole word stay as they are."""
    code = _ARRAY_CODES.get(word_length)
    if code is None:
        return value
    whole = len(value) // word_length * word_length
    words = array(code, value[:whole])
    words.byteswap()
    return words.tobytes() + value[whole:]


def to_little_endian(element: Element) -> Element:
    """A big endian element as a little endian one, with everything inside it.

    The value of a `bulk` element lies in the file and stays big endian: whoever reads it turns
    it with `swap_words`. A value of VR UN stays as it is, since nothing tells its words.
    """
    if element.items is not None:
        items = [little_endian_data_set(item) for item in element.items]
        return Element(element.tag, element.vr, items=items)
    if element.value is None:
        return element
    value = swap_words(element.value, WORD_LENGTHS.get(element.vr, 1))
    return Element(element.tag, element.vr, value)


def little_endian_data_set(data_set: DataSet) -> DataSet:
    """The data set itself when it is little endian, otherwise one with every value turned."""
    if data_set.little_endian:
        return data_set
    turned = DataSet(True, data_set.charsets)
    for tag, element in data_set.items():
        turned[tag] = to_little_endian(element)
    return turned
