"""Data sets as DICOM JSON (PS3.18 F.2) and as Native DICOM Model (PS3.19 A.1)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from conformance.data_sets import BULK, json_values, tag_of

inline_bytes: Final = 64
"""Longer values are fetched from where BulkDataURI says."""

Spelled = Callable[[str], str]
"""The address of the bulk data at a path of tags and item numbers."""


def to_json(ds: Dataset, uri: Spelled, at: str = "") -> dict[str, Any]:
    """A data set as an object, the bulk data by reference."""
    return {tag_of(one): _element(one, uri, at) for one in ds if not tag_of(one).endswith("0000")}


def _element(element: DataElement, uri: Spelled, at: str) -> dict[str, Any]:
    row: dict[str, Any] = {"vr": element.VR}
    place = at + tag_of(element)
    if element.VR == "SQ":
        items = [to_json(item, uri, f"{place}/{n}/") for n, item in enumerate(element.value, 1)]
        if items:
            row["Value"] = items
    elif element.VR in BULK:
        data = bytes(element.value or b"")
        if len(data) > inline_bytes:
            row["BulkDataURI"] = uri(place)
        elif data:
            row["InlineBinary"] = base64.b64encode(data).decode()
    elif element.tag == 0x00080005:
        row["Value"] = ["ISO_IR 192"]
    elif values := json_values(element):
        row["Value"] = [_number(element.VR, one) for one in values]
    return row


def _number(vr: str, one: Any) -> Any:
    if one is not None and vr == "IS":
        return int(one)
    if one is not None and vr == "DS":
        return float(one)
    return one


def bulk_at(ds: Dataset, path: str) -> bytes | None:
    """The bytes at a path of tags and item numbers, or None."""
    parts = path.split("/")
    for n in range(0, len(parts) - 1, 2):
        try:
            ds = ds[int(parts[n], 16)].value[int(parts[n + 1]) - 1]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    try:
        value = ds[int(parts[-1], 16)].value
    except (KeyError, ValueError):
        return None
    return bytes(value) if isinstance(value, bytes | bytearray) else None


def to_xml(ds: Dataset, uri: Spelled) -> bytes:
    """A data set as a document."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    space = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
    inside = _attributes(ds, uri, "")
    text = (
        f'{head}<NativeDicomModel xmlns="{space}" xml:space="preserve">{inside}</NativeDicomModel>'
    )
    return text.encode()


def _attributes(ds: Dataset, uri: Spelled, at: str) -> str:
    return "".join(_attribute(ds, one, uri, at) for one in ds)


def _attribute(ds: Dataset, element: DataElement, uri: Spelled, at: str) -> str:
    tag = tag_of(element)
    names = f"tag={quoteattr(tag)} vr={quoteattr(element.VR)}"
    if element.tag.is_private:
        creator = ds.get((element.tag.group, element.tag.element >> 8))
        if creator is not None:
            names += f" privateCreator={quoteattr(str(creator.value))}"
    elif element.keyword:
        names += f" keyword={quoteattr(element.keyword)}"
    return f"<DicomAttribute {names}>{_inside(element, uri, at + tag)}</DicomAttribute>"


def _inside(element: DataElement, uri: Spelled, place: str) -> str:
    row = _element(element, uri, place[: -len(tag_of(element))])
    if element.VR == "SQ":
        return "".join(
            f'<Item number="{n}">{_attributes(item, uri, f"{place}/{n}/")}</Item>'
            for n, item in enumerate(element.value, 1)
        )
    if "BulkDataURI" in row:
        return f"<BulkData uri={quoteattr(row['BulkDataURI'])}/>"
    if "InlineBinary" in row:
        return f"<InlineBinary>{row['InlineBinary']}</InlineBinary>"
    spell = _name if element.VR == "PN" else _value
    return "".join(
        spell(n, one) for n, one in enumerate(row.get("Value", []), 1) if one is not None
    )


def _value(number: int, one: Any) -> str:
    return f'<Value number="{number}">{escape(str(one))}</Value>'


_COMPONENTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")


def _name(number: int, groups: dict[str, str]) -> str:
    inside = ""
    for group, text in groups.items():
        parts = zip(_COMPONENTS, text.split("^"), strict=False)
        names = "".join(f"<{name}>{escape(part)}</{name}>" for name, part in parts if part)
        inside += f"<{group}>{names}</{group}>"
    return f'<PersonName number="{number}">{inside}</PersonName>'
