"""Values put in the place of what identifies: one of each VR, valid, and the same for everybody.

References
----------
PS3.15 section E.1.1 (action codes D and Z); PS3.5 section 6.2 (VRs).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType

from imaging.data_set import DataSet, Element

_TEXT = b"ANONYMIZED"

# What an age, a date and a number look like when they say nothing. Dates are those of nobody's
# life that readers of files accept.
DUMMIES: Mapping[str, bytes] = MappingProxyType(
    {
        "AE": _TEXT,
        "AS": b"000Y",
        "CS": _TEXT,
        "DA": b"19000101",
        "DS": b"0 ",
        "DT": b"19000101000000",
        "IS": b"0 ",
        "LO": _TEXT,
        "LT": _TEXT,
        "PN": b"Anonymized^^^^",
        "SH": _TEXT,
        "ST": _TEXT,
        "TM": b"000000",
        "UC": _TEXT,
        "UR": b"about:blank ",
        "UT": _TEXT,
        "AT": bytes(4),
        "FD": bytes(8),
        "FL": bytes(4),
        "OB": bytes(2),
        "OD": bytes(8),
        "OF": bytes(4),
        "OL": bytes(4),
        "OV": bytes(8),
        "OW": bytes(2),
        "SL": bytes(4),
        "SS": bytes(2),
        "SV": bytes(8),
        "UL": bytes(4),
        "UN": bytes(2),
        "US": struct.pack("<H", 0),
        "UV": bytes(8),
    }
)


def dummy(vr: str) -> bytes:
    """A value that says nothing, as encoded; of a VR that nobody knows, two zero bytes."""
    return DUMMIES.get(vr, bytes(2))


def nobodys_code() -> DataSet:
    """A code in the place of one that names a person or an institution."""
    item = DataSet()
    for tag, vr, text in (
        (0x00080100, "SH", _TEXT),
        (0x00080102, "SH", b"99DICOMTUBE"),
        (0x00080104, "LO", b"Anonymized"),
    ):
        item[tag] = Element(tag, vr, text)
    return item
