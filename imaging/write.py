"""Data sets and File Meta Information as bytes, always little endian.

How an element, an item and the beginning of a file are encoded may live here (PS3.5 section 7,
PS3.10 section 7.1). Streaming a whole stored object is `rewrite`.
"""

import struct
from collections.abc import Callable
from typing import Final

from imaging.byte_order import little_endian_data_set
from imaging.data_set import BINARY_VRS, DataSet, Element
from imaging.element_headers import ITEM, LONG_VRS, SEQUENCE_END, UNDEFINED

IMPLEMENTATION_CLASS_UID: Final = "2.25.115244826953470364446519888508886096491"
IMPLEMENTATION_VERSION_NAME: Final = "DICOMTUBE_0"

SEQUENCE_DELIMITER: Final = struct.pack("<HHI", SEQUENCE_END >> 16, SEQUENCE_END & 0xFFFF, 0)

_HEAD: Final = struct.Struct("<HH2sH")
_LONG_HEAD: Final = struct.Struct("<HH2sHI")
_IMPLICIT_HEAD: Final = struct.Struct("<HHI")
_LONG_NAMES: Final = frozenset(LONG_VRS.values())
_MAX_SHORT_LENGTH: Final = 0xFFFF

ReadBulk = Callable[[Element], bytes]


def element_head_bytes(tag: int, vr: str, length: int, explicit: bool = True) -> bytes:
    """The bytes before a value.

    A value too long for the 16-bit length of its VR is written as UN, as PS3.5 section 6.2.2
    note 2 allows.
    """
    group, number = tag >> 16, tag & 0xFFFF
    if not explicit:
        return _IMPLICIT_HEAD.pack(group, number, length)
    if vr in _LONG_NAMES:
        return _LONG_HEAD.pack(group, number, vr.encode(), 0, length)
    if length > _MAX_SHORT_LENGTH:
        return _LONG_HEAD.pack(group, number, b"UN", 0, length)
    return _HEAD.pack(group, number, vr.encode(), length)


def padded(value: bytes, vr: str) -> bytes:
    """A value of even length: text ends in a space, UIDs and binary values in NUL."""
    if not len(value) % 2:
        return value
    return value + (b"\0" if vr == "UI" or vr in BINARY_VRS else b" ")


def write_element(
    element: Element, explicit: bool = True, read_bulk: ReadBulk | None = None
) -> bytes:
    """One little endian element with its value.

    Parameters
    ----------
    read_bulk
        Gets the value of an element that has only its place; without it, such an element is a
        mistake of the caller.
    """
    if element.items is not None:
        value = b"".join(_write_item(item, explicit, read_bulk) for item in element.items)
        return element_head_bytes(element.tag, element.vr, len(value), explicit) + value
    value = _value(element, read_bulk)
    if element.bulk is not None and element.bulk.encapsulated:
        head = element_head_bytes(element.tag, element.vr, UNDEFINED, explicit)
        return head + value + SEQUENCE_DELIMITER
    value = padded(value, element.vr)
    return element_head_bytes(element.tag, element.vr, len(value), explicit) + value


def write_data_set(
    data_set: DataSet, explicit: bool = True, read_bulk: ReadBulk | None = None
) -> bytes:
    """A data set in ascending order of tags, sequences and items with defined lengths.

    A big endian data set is turned; what `read_bulk` gives for it must be little endian.
    """
    turned = little_endian_data_set(data_set)
    return b"".join(write_element(turned[tag], explicit, read_bulk) for tag in sorted(turned))


def file_meta(
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    source_ae_title: str = "",
) -> bytes:
    """File Meta Information with its group length (PS3.10 table 7.1-1)."""
    texts = [
        (0x00020002, "UI", sop_class_uid),
        (0x00020003, "UI", sop_instance_uid),
        (0x00020010, "UI", transfer_syntax_uid),
        (0x00020012, "UI", IMPLEMENTATION_CLASS_UID),
        (0x00020013, "SH", IMPLEMENTATION_VERSION_NAME),
        (0x00020016, "AE", source_ae_title),
    ]
    elements = [Element(0x00020001, "OB", b"\0\1")]
    elements += [Element(tag, vr, text.encode("ascii")) for tag, vr, text in texts if text]
    group = b"".join(write_element(element) for element in elements)
    return write_element(Element(0x00020000, "UL", struct.pack("<I", len(group)))) + group


def part10_prefix(
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    source_ae_title: str = "",
) -> bytes:
    """What makes a DICOM file of a data set when put before it: preamble, DICM, file meta."""
    meta = file_meta(sop_class_uid, sop_instance_uid, transfer_syntax_uid, source_ae_title)
    return b"\0" * 128 + b"DICM" + meta


def _write_item(item: DataSet, explicit: bool, read_bulk: ReadBulk | None) -> bytes:
    value = write_data_set(item, explicit, read_bulk)
    return _IMPLICIT_HEAD.pack(ITEM >> 16, ITEM & 0xFFFF, len(value)) + value


def _value(element: Element, read_bulk: ReadBulk | None) -> bytes:
    if element.bulk is None:
        return element.value or b""
    if read_bulk is None:
        raise ValueError("an element with its value left in a file needs read_bulk")
    return read_bulk(element)
