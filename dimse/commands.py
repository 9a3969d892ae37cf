"""The commands of C-STORE as bytes: a request read and a response written, no data set between.

Only what every peer sends is read here. Anything unusual is nobody's error: `read_store_request`
says None, and the library reads it, with all the patience that it has.

References
----------
PS3.7 6.3.1 (a command set is Implicit VR Little Endian), 9.3.1 (C-STORE), E.1 (the dictionary),
PS3.8 9.3.5 and Annex E.2 (P-DATA-TF and the message control header).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

C_STORE_RQ: Final = 0x0001
C_STORE_RSP: Final = 0x8001
NO_DATA_SET: Final = 0x0101

_GROUP_LENGTH, _SOP_CLASS, _FIELD = 0x0000, 0x0002, 0x0100
_MESSAGE_ID, _RESPONDED_TO, _DATA_SET_TYPE = 0x0110, 0x0120, 0x0800
_STATUS, _COMMENT, _SOP_INSTANCE = 0x0900, 0x0902, 0x1000

_HEAD: Final = struct.Struct("<HHI")
_SHORT: Final = struct.Struct("<H")
_LONG: Final = struct.Struct("<I")
# PDU type, reserved, length; then the one item's length, context and message control header.
_P_DATA: Final = struct.Struct(">BBIIBB")
_LAST_OF_COMMAND: Final = 0x03
_ITEM_OVERHEAD: Final = 6


@dataclass(frozen=True, slots=True)
class StoreCommand:
    """What a C-STORE-RQ says."""

    message_id: int
    sop_class_uid: str
    sop_instance_uid: str
    has_data_set: bool


def read_store_request(encoded: bytes) -> StoreCommand | None:
    """Read a C-STORE-RQ; None of any other command, and of one that is not as simple as most."""
    values = _values(encoded)
    if values is None or _number(values, _FIELD) != C_STORE_RQ:
        return None
    message_id, kind = _number(values, _MESSAGE_ID), _number(values, _DATA_SET_TYPE)
    sop_class, sop_instance = _uid(values, _SOP_CLASS), _uid(values, _SOP_INSTANCE)
    if message_id is None or kind is None or sop_class is None or sop_instance is None:
        return None
    return StoreCommand(message_id, sop_class, sop_instance, kind != NO_DATA_SET)


def store_response(
    context_id: int,
    message_id: int,
    status: int,
    sop_class_uid: str = "",
    sop_instance_uid: str = "",
    comment: str = "",
) -> bytes:
    """A C-STORE-RSP as one P-DATA-TF; what is "" is left out."""
    elements = [
        _text(_SOP_CLASS, sop_class_uid, b"\0"),
        _element(_FIELD, _SHORT.pack(C_STORE_RSP)),
        _element(_RESPONDED_TO, _SHORT.pack(message_id)),
        _element(_DATA_SET_TYPE, _SHORT.pack(NO_DATA_SET)),
        _element(_STATUS, _SHORT.pack(status)),
        _text(_COMMENT, comment, b" "),
        _text(_SOP_INSTANCE, sop_instance_uid, b"\0"),
    ]
    group = b"".join(elements)
    command = _element(_GROUP_LENGTH, _LONG.pack(len(group))) + group
    item = len(command) + 2
    return _P_DATA.pack(4, 0, item + 4, item, context_id, _LAST_OF_COMMAND) + command


def fits(pdu: bytes, max_length: int) -> bool:
    """Whether a peer that takes so much at once takes this PDU; 0 is no limit (PS3.8 D.1.1)."""
    return not max_length or len(pdu) - _ITEM_OVERHEAD <= max_length


def _values(encoded: bytes) -> dict[int, bytes] | None:
    """The values of a command set by element number; None unless all is in order."""
    values: dict[int, bytes] = {}
    at, end, before = 0, len(encoded), -1
    while at < end:
        if end - at < _HEAD.size:
            return None
        group, number, length = _HEAD.unpack_from(encoded, at)
        at += _HEAD.size
        if group or number <= before or length > end - at:
            return None
        values[number] = encoded[at : at + length]
        at, before = at + length, number
    return values


def _number(values: dict[int, bytes], number: int) -> int | None:
    value = values.get(number, b"")
    return _SHORT.unpack(value)[0] if len(value) == _SHORT.size else None


def _uid(values: dict[int, bytes], number: int) -> str | None:
    """A value of digits and dots, whatever they say; None of anything else."""
    text = values.get(number, b"").rstrip(b"\0 ")
    return text.decode("ascii") if text and not text.strip(b"0123456789.") else None


def _element(number: int, value: bytes) -> bytes:
    return _HEAD.pack(0, number, len(value)) + value


def _text(number: int, text: str, padding: bytes) -> bytes:
    value = text.encode("ascii")
    return _element(number, value + padding * (len(value) % 2)) if value else b""
