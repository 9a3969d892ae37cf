"""A DICOMDIR over instances, from their metadata: no file of them is read.

Only how records are made, linked and written lives here; which record lists what is
`dicomdir_records`.

References
----------
PS3.3 annex F (Basic Directory IOD), PS3.10 section 8.6 (DICOMDIR).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydicom.uid import generate_uid

from imaging.data_set import Element
from imaging.dicomdir_records import TAGS, record_of
from imaging.errors import ImagingError
from imaging.json_reading import from_json
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN
from imaging.write import part10_prefix, write_data_set, write_element

MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"

_FILE_SET_ID, _FIRST, _LAST, _CONSISTENCY, _RECORDS = (
    0x00041130,
    0x00041200,
    0x00041202,
    0x00041212,
    0x00041220,
)
_NEXT, _IN_USE, _LOWER, _TYPE = 0x00041400, 0x00041410, 0x00041420, 0x00041430
_FILE_ID, _CLASS, _INSTANCE, _SYNTAX = 0x00041500, 0x00041510, 0x00041511, 0x00041512
_PATIENT_ID: Final = "00100020"
_STUDY_UID: Final = "0020000D"
_SERIES_UID: Final = "0020000E"
_IN_USE_NOW: Final = b"\xff\xff"
# Every record begins with three elements of fixed length; so do the offsets in the first two.
_ITEM_HEAD: Final = struct.Struct("<HHI")
_NEXT_AT, _LOWER_AT = _ITEM_HEAD.size + 8, _ITEM_HEAD.size + 12 + 10 + 8
_OFFSET: Final = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Referenced:
    """A file that the directory points to.

    Parameters
    ----------
    file_id
        Up to eight components of up to eight capitals, digits and underscores each.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    file_id: tuple[str, ...]


@dataclass(slots=True)
class _Record:
    data: bytearray
    lower: "list[_Record]"

    @classmethod
    def made(
        cls, record_type: str, model: Mapping[str, Any], referenced: Referenced | None = None
    ) -> "_Record":
        return cls(bytearray(_record_bytes(record_type, model, referenced)), [])


class Directory:
    """Collects the records of instances, of one study or of several, then spells the file."""

    def __init__(self) -> None:
        self._patients: dict[str, _Record] = {}
        self._studies: dict[str, _Record] = {}
        self._series: dict[str, _Record] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, model: Mapping[str, Any], referenced: Referenced) -> None:
        """List one more instance.

        Parameters
        ----------
        model
            Its metadata as an object of the DICOM JSON Model.
        """
        series = self._series_of(model)
        kind = record_of(referenced.sop_class_uid)
        series.lower.append(_Record.made(kind, model, referenced))
        self._count += 1

    def _series_of(self, model: Mapping[str, Any]) -> _Record:
        """The record of an instance's series; those above it are made if they are new.

        A study stays under the patient that it first came with.
        """
        uid = _first_value(model, _SERIES_UID)
        found = self._series.get(uid)
        if found is None:
            found = self._series[uid] = _Record.made("SERIES", model)
            self._study_of(model).lower.append(found)
        return found

    def _study_of(self, model: Mapping[str, Any]) -> _Record:
        uid = _first_value(model, _STUDY_UID)
        found = self._studies.get(uid)
        if found is None:
            found = self._studies[uid] = _Record.made("STUDY", model)
            patient = _first_value(model, _PATIENT_ID)
            if patient not in self._patients:
                self._patients[patient] = _Record.made("PATIENT", model)
            self._patients[patient].lower.append(found)
        return found

    def to_bytes(self) -> bytes:
        """The DICOMDIR, a DICOM file in Explicit VR Little Endian."""
        prefix = part10_prefix(
            MEDIA_STORAGE_DIRECTORY, generate_uid(None), str(EXPLICIT_VR_LITTLE_ENDIAN)
        )
        roots = list(self._patients.values())
        # The same length whatever the offsets say: it places the first record.
        begin = len(prefix) + len(_before_records(0, 0, 0))
        _link(roots, begin)
        ordered = list(_in_order(roots))
        length = sum(len(record.data) for record in ordered)
        first = begin if roots else 0
        head = _before_records(first, _last_of(roots, begin), length)
        return b"".join([prefix, head, *(record.data for record in ordered)])


def _first_value(model: Mapping[str, Any], tag: str) -> str:
    return str((model.get(tag, {}).get("Value") or [""])[0])


def _last_of(roots: list[_Record], begin: int) -> int:
    """Where the last of the uppermost records begins, after the first begins at `begin`."""
    before = _in_order(roots[:-1])
    return begin + sum(len(record.data) for record in before) if roots else 0


def _in_order(records: list[_Record]) -> "list[_Record]":
    found = []
    for record in records:
        found.append(record)
        found += _in_order(record.lower)
    return found


def _link(records: list[_Record], begin: int) -> int:
    """Write the offsets into records that begin at a byte of the file; return where they end."""
    at = begin
    for index, record in enumerate(records):
        lower_at = at + len(record.data)
        end = _link(record.lower, lower_at)
        _OFFSET.pack_into(record.data, _LOWER_AT, lower_at if record.lower else 0)
        _OFFSET.pack_into(record.data, _NEXT_AT, end if index + 1 < len(records) else 0)
        at = end
    return at


def _before_records(first: int, last: int, length: int) -> bytes:
    elements = (
        Element(_FILE_SET_ID, "CS", b""),
        Element(_FIRST, "UL", _OFFSET.pack(first)),
        Element(_LAST, "UL", _OFFSET.pack(last)),
        Element(_CONSISTENCY, "US", b"\0\0"),
    )
    head = struct.pack("<HH2sHI", _RECORDS >> 16, _RECORDS & 0xFFFF, b"SQ", 0, length)
    return b"".join(write_element(element) for element in elements) + head


def _record_bytes(
    record_type: str, model: Mapping[str, Any], referenced: Referenced | None
) -> bytes:
    elements = [
        Element(_NEXT, "UL", bytes(4)),
        Element(_IN_USE, "US", _IN_USE_NOW),
        Element(_LOWER, "UL", bytes(4)),
        Element(_TYPE, "CS", record_type.encode("ascii")),
    ]
    if referenced is not None:
        elements += [
            Element(_FILE_ID, "CS", "\\".join(referenced.file_id).encode("ascii")),
            Element(_CLASS, "UI", referenced.sop_class_uid.encode("ascii")),
            Element(_INSTANCE, "UI", referenced.sop_instance_uid.encode("ascii")),
            Element(_SYNTAX, "UI", referenced.transfer_syntax_uid.encode("ascii")),
        ]
    value = b"".join(write_element(element) for element in elements)
    value += _keys(record_type, model)
    return _ITEM_HEAD.pack(0xFFFE, 0xE000, len(value)) + value


def _keys(record_type: str, model: Mapping[str, Any]) -> bytes:
    """The attributes that the record repeats; what cannot be spelled is left out of it."""
    wanted = TAGS[record_type]
    told = {tag: attribute for tag, attribute in model.items() if tag in wanted}
    try:
        return write_data_set(from_json(_without_bulk(told)))
    except ImagingError:
        return b""


def _without_bulk(told: Mapping[str, Any]) -> dict[str, Any]:
    return {tag: attribute for tag, attribute in told.items() if "BulkDataURI" not in attribute}
