"""An instance put together from metadata and what was sent beside them, as a DICOM file.

Which element gets which value, and the order of the bytes, live here; what pixel data become is
`sent_pixels`. The file is given piece by piece, so that nothing long is held.

References
----------
PS3.18 sections 10.5.1.4 and 10.5.2; PS3.3 C.24.2 (Encapsulated Document module).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imaging.data_set import DataSet, Element
from imaging.element_headers import ITEM, ITEM_END, UNDEFINED
from imaging.errors import LimitExceeded, Malformed, Mismatch, Unsupported
from imaging.json_reading import BulkReference, from_json
from imaging.limits import Limits
from imaging.sent.attachments import Attached, Attachment
from imaging.sent.described_pixels import check_native
from imaging.sent.documents import DOCUMENT, complete_document, is_of_its_class
from imaging.sent.pixels import OFFSET_TABLES, PIXEL_DATA, SentPixels, sent_pixels
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN, OCTET_STREAM, is_uid
from imaging.write import (
    SEQUENCE_DELIMITER,
    element_head_bytes,
    padded,
    part10_prefix,
    write_element,
)

FindAttachments = Callable[[str], Sequence[Attachment]]

_SOP_CLASS_UID, _SOP_INSTANCE_UID = 0x00080016, 0x00080018
_FILE_META: Final = "0002"
_MAX_LENGTH: Final = 0xFFFFFFFE
_ITEM_HEAD: Final = element_head_bytes(ITEM, "", UNDEFINED, explicit=False)
_ITEM_END: Final = element_head_bytes(ITEM_END, "", 0, explicit=False)


@dataclass(frozen=True, slots=True)
class Assembled:
    """An instance ready to be written.

    Parameters
    ----------
    corrected
        Tags of the attributes whose values were replaced; Original Attributes keeps them.
    discarded
        Whether something of the metadata is no part of the data set, and was left out.
    of_its_class
        Whether what is encapsulated is what the SOP Class is for.
    """

    transfer_syntax_uid: str
    pieces: Iterator[bytes]
    corrected: Sequence[int] = ()
    discarded: bool = False
    of_its_class: bool = True


def assemble(
    model: Mapping[str, Any],
    find: FindAttachments,
    limits: Limits | None = None,
) -> Assembled:
    """Put an instance together.

    Parameters
    ----------
    model
        An object of the DICOM JSON Model.
    find
        Gives what was sent for a BulkDataURI; nothing when nothing was.

    Raises
    ------
    ImagingError
        When metadata or parts are wrong, here or, of later frames, from the pieces.
    """
    own = {name: one for name, one in model.items() if name[:4] != _FILE_META}
    data_set = from_json(own, limits, lambda reference: _attached(reference, find))
    of_its_class = True
    if DOCUMENT in data_set:
        complete_document(data_set)
        of_its_class = is_of_its_class(data_set)
    pixels = _pixels(data_set)
    uid = pixels.transfer_syntax_uid if pixels else str(EXPLICIT_VR_LITTLE_ENDIAN)
    prefix = part10_prefix(_uid(data_set, _SOP_CLASS_UID), _uid(data_set, _SOP_INSTANCE_UID), uid)
    return Assembled(
        uid,
        _file(prefix, data_set, pixels),
        pixels.corrected if pixels else (),
        len(own) != len(model),
        of_its_class,
    )


def _attached(reference: BulkReference, find: FindAttachments) -> Attached:
    attachments = tuple(find(reference.uri))
    if not attachments:
        raise Malformed(f"{reference.path}: no part was sent for its BulkDataURI")
    if reference.path not in (f"{PIXEL_DATA:08X}", f"{DOCUMENT:08X}"):
        _check_plain(reference.path, attachments)
    value = Attached.of(attachments)
    if value.length > _MAX_LENGTH and reference.tag != PIXEL_DATA:
        raise LimitExceeded(f"{reference.path}: a value is longer than an element can be")
    return value


def _check_plain(path: str, attachments: Sequence[Attachment]) -> None:
    if len(attachments) > 1:
        raise Mismatch(f"{path}: more than one part was sent for its BulkDataURI")
    if attachments[0].media_type != OCTET_STREAM:
        raise Unsupported(f"{path}: its part is not application/octet-stream")


def _pixels(data_set: DataSet) -> SentPixels | None:
    element = data_set.get(PIXEL_DATA)
    if element is None:
        return None
    if not isinstance(element.bulk, Attached):
        if element.value:
            check_native(data_set, len(element.value), element.vr, PIXEL_DATA)
        return None
    return sent_pixels(data_set, element.bulk, element.vr)


def _uid(data_set: DataSet, tag: int) -> str:
    """A UID for the file meta information; whether it must be one is judged when it is stored."""
    text = data_set.text(tag)
    return text if is_uid(text) else ""


def _file(prefix: bytes, data_set: DataSet, pixels: SentPixels | None) -> Iterator[bytes]:
    yield prefix
    for tag in sorted(data_set):
        if pixels is None or tag not in OFFSET_TABLES | {PIXEL_DATA}:
            yield from _element(data_set[tag])
        elif tag == PIXEL_DATA:
            yield from pixels.elements


def _element(element: Element) -> Iterator[bytes]:
    if element.items is not None:
        yield from _sequence(element, element.items)
    elif isinstance(element.bulk, Attached):
        yield from _long_value(element, element.bulk)
    else:
        yield write_element(element)


def _sequence(element: Element, items: list[DataSet]) -> Iterator[bytes]:
    # Undefined lengths, since what stands inside may be long and is not read before its turn.
    yield element_head_bytes(element.tag, "SQ", UNDEFINED)
    for item in items:
        yield _ITEM_HEAD
        for tag in sorted(item):
            yield from _element(item[tag])
        yield _ITEM_END
    yield SEQUENCE_DELIMITER


def _long_value(element: Element, value: Attached) -> Iterator[bytes]:
    odd = value.length % 2
    yield element_head_bytes(element.tag, element.vr, value.length + odd)
    yield from value.pieces()
    if odd:
        yield padded(b"x", element.vr)[1:]
