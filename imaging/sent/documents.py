"""Encapsulated documents that were sent in a part: their type and their length.

References
----------
PS3.18 section 10.5.1.4 (the part's media type is that of the document); PS3.3 table C.24-2.
"""

from struct import pack
from typing import Final

from imaging.data_set import DataSet, Element
from imaging.errors import Malformed, Mismatch
from imaging.sent.attachments import Attached
from imaging.uids import OCTET_STREAM
from imaging.write import padded

DOCUMENT: Final = 0x00420011
_MIME_TYPE, _LENGTH, _SOP_CLASS_UID = 0x00420012, 0x00420015, 0x00080016

# What each SOP Class of documents is for (PS3.3 A.45, A.85, A.104 and A.105).
_TYPES: Final = {
    "1.2.840.10008.5.1.4.1.1.104.1": "application/pdf",
    "1.2.840.10008.5.1.4.1.1.104.2": "text/xml",
    "1.2.840.10008.5.1.4.1.1.104.3": "model/stl",
    "1.2.840.10008.5.1.4.1.1.104.4": "model/obj",
    "1.2.840.10008.5.1.4.1.1.104.5": "model/mtl",
}
# How some of them begin, whatever their sender calls them.
_BEGINNINGS: Final = {"application/pdf": b"%PDF-"}
_BEGINNING_WITHIN: Final = 1024


def complete_document(data_set: DataSet) -> None:
    """Let the data set say the type and the length of the document that was sent for it.

    Raises
    ------
    Mismatch
        When it says others.
    """
    element = data_set[DOCUMENT]
    if not isinstance(element.bulk, Attached):
        return
    element.vr = "OB"
    if len(element.bulk.attachments) > 1:
        raise Mismatch("more than one part was sent for the encapsulated document")
    [part] = element.bulk.attachments
    _settle_type(data_set, part.media_type)
    _settle_length(data_set, part.size)
    beginning = _BEGINNINGS.get(data_set.text(_MIME_TYPE).lower())
    if beginning is not None and beginning not in part.head(_BEGINNING_WITHIN):
        raise Malformed("the encapsulated document is not of its MIME type")


def _settle_type(data_set: DataSet, sent_as: str) -> None:
    said = data_set.text(_MIME_TYPE)
    if not said:
        if sent_as == OCTET_STREAM:
            raise Malformed("neither MIME Type (0042,0012) nor the part tells the document's type")
        data_set[_MIME_TYPE] = Element(_MIME_TYPE, "LO", padded(sent_as.encode("ascii"), "LO"))
    elif sent_as not in (OCTET_STREAM, said.lower()):
        raise Mismatch("MIME Type (0042,0012) is another than the media type of the document")


def _settle_length(data_set: DataSet, size: int) -> None:
    said = data_set.integer(_LENGTH)
    if said is None:
        data_set[_LENGTH] = Element(_LENGTH, "UL", pack("<I", size))
    # One less is a document that comes with the byte that made it even.
    elif said not in (size, size - 1 + size % 2):
        raise Mismatch(f"Encapsulated Document Length is {said}, and the part has {size} bytes")


def is_of_its_class(data_set: DataSet) -> bool:
    """Whether the document is of the type that its SOP Class is for."""
    expected = _TYPES.get(data_set.text(_SOP_CLASS_UID))
    return expected is None or data_set.text(_MIME_TYPE).lower() == expected
