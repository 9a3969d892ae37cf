"""The preamble and file meta information that we put before a data set from the network.

References
----------
PS3.10 7.1 and table 7.1-1.
"""

from __future__ import annotations

import struct

# Made once for DicomTube by the UUID rule of PS3.5 B.2; it names the implementation, not a site.
IMPLEMENTATION_CLASS_UID = "2.25.231889340612857042365189411098215316604"
IMPLEMENTATION_VERSION_NAME = "DICOMTUBE_0"


def part10_head(
    sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str, source_ae_title: str
) -> bytes:
    """Return what stands before the first byte of the data set.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid
        As the C-STORE command says; the archive compares them with the data set.
    transfer_syntax_uid
        As negotiated for the presentation context.
    source_ae_title
        The calling AE title.
    """
    elements = b"".join(
        (
            b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01",
            _short(0x0002, b"UI", sop_class_uid, b"\0"),
            _short(0x0003, b"UI", sop_instance_uid, b"\0"),
            _short(0x0010, b"UI", transfer_syntax_uid, b"\0"),
            _short(0x0012, b"UI", IMPLEMENTATION_CLASS_UID, b"\0"),
            _short(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME, b" "),
            _short(0x0016, b"AE", source_ae_title, b" "),
        )
    )
    length = struct.pack("<HH2sHL", 0x0002, 0x0000, b"UL", 4, len(elements))
    return bytes(128) + b"DICM" + length + elements


def _short(element: int, vr: bytes, text: str, padding: bytes) -> bytes:
    value = text.encode("ascii", "replace")
    value += padding * (len(value) % 2)
    return struct.pack("<HH2sH", 0x0002, element, vr, len(value)) + value
