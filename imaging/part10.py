"""A DICOM file's header, read in bounded memory and time whatever its bytes say.

How a file begins may live here: preamble, File Meta Information, and which encoding follows
(PS3.10 section 7, PS3.5 section 10). The elements themselves are read by `elements`.
"""

import io
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from pydicom.uid import UID

from imaging.data_set import Bulk, DataSet, Element, PixelData
from imaging.element_headers import BIG, LITTLE, LONG_VRS, SHORT_VRS, Order, is_capitals
from imaging.elements import ElementReader
from imaging.errors import NotDicom
from imaging.inflate import InflatingReader
from imaging.limits import Limits
from imaging.source import ENDLESS, Source
from imaging.uids import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    TransferSyntax,
    is_uid,
    transfer_syntax,
)

__all__ = [
    "Bulk", "DataSet", "Element", "Header", "Limits", "PixelData", "open_data_set", "read_header",
]  # fmt: skip

_PREAMBLE_LENGTH: Final = 128
_PREFIX: Final = b"DICM"
_TRANSFER_SYNTAX_UID: Final = 0x00020010
_DEFAULT_LIMITS: Final = Limits()
# Groups that a file without preamble can begin with, as read in little endian.
_FIRST_GROUPS: Final = frozenset({0x0002, 0x0004, 0x0008, 0x0010, 0x0400, 0x0800, 0x1000})

_GROUP_8: Final = {b"\x08\0": LITTLE, b"\0\x08": BIG}


@dataclass(frozen=True, slots=True)
class Header:
    """Everything of a file but its pixels and other long values.

    Parameters
    ----------
    transfer_syntax_uid
        As the file meta say; the one that the bytes look like when they say none.
    explicit_vr
        Whether the data set really has explicit VRs, whatever its transfer syntax promises. Its
        byte order is `data_set.little_endian`.
    data_set
        All elements, those after Pixel Data too.
    data_set_offset
        From the first byte of the file to the first of the data set, deflated or not.
    deflated
        Offsets of `Bulk` and `PixelData` count in the inflated data set (`open_data_set`).
    size
        Of the file in bytes.
    """

    has_preamble: bool
    file_meta: DataSet
    transfer_syntax_uid: UID
    explicit_vr: bool
    data_set: DataSet
    data_set_offset: int
    deflated: bool
    pixel_data: PixelData | None
    size: int


def read_header(stream: BinaryIO, limits: Limits = _DEFAULT_LIMITS) -> Header:
    """Read a file up to its end, but only the heads of values that are long.

    Parameters
    ----------
    stream
        Seekable, from the first byte of the file on.

    Raises
    ------
    NotDicom, Malformed, LimitExceeded
        And nothing else, except what the stream itself raises.

    References
    ----------
    PS3.10 section 7.1, PS3.5 sections 7 and 10 and annex A.
    """
    source = Source(stream, stream.seek(0, io.SEEK_END))
    has_preamble, meta_at = _begin(source)
    meta_reader = ElementReader(source, limits)
    file_meta = meta_reader.read_group(meta_at, 0x0002)
    offset = meta_reader.at
    declared = file_meta.text(_TRANSFER_SYNTAX_UID)
    syntax = transfer_syntax(declared) if is_uid(declared) else None
    deflated = syntax is not None and syntax.deflated
    at = offset
    if deflated:
        inflating = InflatingReader(stream, offset, limits.max_inflated_bytes)
        source, at = Source(cast(BinaryIO, inflating), ENDLESS), 0
    explicit, order = _encoding(_ahead(source, at), declared)
    reader = ElementReader(source, limits)
    data_set = reader.read_data_set(at, not explicit, order)
    return Header(
        has_preamble=has_preamble,
        file_meta=file_meta,
        transfer_syntax_uid=syntax.uid if syntax else _looks_like(explicit, order),
        explicit_vr=explicit,
        data_set=data_set,
        data_set_offset=offset,
        deflated=deflated,
        pixel_data=reader.pixel_data,
        size=stream.seek(0, io.SEEK_END),
    )


def open_data_set(stream: BinaryIO, header: Header, limits: Limits = _DEFAULT_LIMITS) -> BinaryIO:
    """A stream in which the offsets of `Bulk`, `PixelData` and frame tables hold.

    That is the file itself, or, of a deflated one, a reader that inflates as one goes forward.
    """
    if not header.deflated:
        return stream
    inflating = InflatingReader(stream, header.data_set_offset, limits.max_inflated_bytes)
    return cast(BinaryIO, inflating)


def _begin(source: Source) -> tuple[bool, int]:
    """Whether there is a preamble, and where the first element lies."""
    if not source.reach(0, _PREAMBLE_LENGTH + len(_PREFIX)):
        raise NotDicom("the file is empty")
    window = source.window
    if window[_PREAMBLE_LENGTH:].startswith(_PREFIX):
        return True, _PREAMBLE_LENGTH + len(_PREFIX)
    if window.startswith(_PREFIX):
        return False, len(_PREFIX)
    if len(window) < 8 or int.from_bytes(window[:2], "little") not in _FIRST_GROUPS:
        raise NotDicom("the file has no DICM prefix and does not begin with a data element")
    return False, 0


def _ahead(source: Source, at: int) -> bytes:
    count = source.reach(at, 6)
    first = at - source.start
    return source.window[first : first + count]


def _encoding(ahead: bytes, declared: str) -> tuple[bool, Order]:
    """Whether VRs are explicit, and the byte order, of a data set that begins so.

    The first element is believed more than the transfer syntax: there are files of either kind
    that say the other.
    """
    syntax = transfer_syntax(declared) if is_uid(declared) else None
    if len(ahead) < 6:
        return syntax is not None and syntax.explicit_vr, LITTLE
    raw_vr = ahead[4:6]
    explicit = raw_vr in SHORT_VRS or raw_vr in LONG_VRS
    if syntax is not None and syntax.explicit_vr:
        explicit = is_capitals(raw_vr)
    if not explicit:
        return False, LITTLE
    return True, _byte_order(ahead[:2], syntax)


def _byte_order(group: bytes, syntax: TransferSyntax | None) -> Order:
    if group in _GROUP_8:
        return _GROUP_8[group]
    if syntax is not None:
        return LITTLE if syntax.little_endian else BIG
    # Most data sets begin below group 0100, whose byte order shows in the greater byte.
    return BIG if int.from_bytes(group, "little") >= 0x0400 else LITTLE


def _looks_like(explicit: bool, order: Order) -> UID:
    if not explicit:
        return IMPLICIT_VR_LITTLE_ENDIAN
    return EXPLICIT_VR_LITTLE_ENDIAN if order.little else EXPLICIT_VR_BIG_ENDIAN
