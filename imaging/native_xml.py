"""A data set in the Native DICOM Model, as XML, from the DICOM JSON Model and back.

The spelling in XML lives here; what values are is settled by the JSON model, so there is one
conversion from bytes and not two.

XML 1.0 has no way to write most control characters, escaped or not. They are written as U+FFFD,
as PS3.19 A.1 gives no other: a reader that needs them asks for the JSON.

References
----------
PS3.19 section A.1; PS3.18 section F.3 compares the two models.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from pydicom.datadict import keyword_for_tag

from imaging.json_values import PN_GROUPS
from imaging.native_xml_reading import FLOAT_VRS, NAMESPACE, PN_COMPONENTS, from_xml

__all__ = ["from_xml", "to_xml"]

_XML_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_ODD: Final = "13579BDF"
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(model: Mapping[str, Any]) -> bytes:
    """Write one object of the DICOM JSON Model as a NativeDicomModel document in UTF-8.

    Parameters
    ----------
    model
        As `json_model.to_json` gives it.

    References
    ----------
    PS3.19 section A.1.
    """
    root = Element("NativeDicomModel", {"xmlns": NAMESPACE, "xml:space": "preserve"})
    _write_object(root, model)
    text: str = tostring(root, encoding="unicode")
    # A parser turns a bare carriage return into a line feed (XML 1.0 section 2.11).
    return _XML_DECLARATION + text.replace("\r", "&#13;").encode("utf-8")


def _write_object(parent: Element, model: Mapping[str, Any]) -> None:
    blocks = _named_blocks(model)
    for name, attribute in model.items():
        block = blocks.get(name[:6])
        if block is None and name[:4] + name[6:] in blocks and name[4:6] == "00":
            # A creator whose block is named by each of its elements is not sent itself.
            continue
        node = SubElement(parent, "DicomAttribute", _head(name, attribute, block))
        _write_value(node, attribute)


def _named_blocks(model: Mapping[str, Any]) -> dict[str, str]:
    """Creator by group and block, for the blocks whose elements are named by their creator.

    Two blocks of one creator in a group could not be told apart; their elements keep their tags.
    """
    creators = {
        name[:4] + name[6:]: _first_text(attribute)
        for name, attribute in model.items()
        if name[3] in _ODD and name[4:6] == "00"
    }
    often = Counter((block[:4], creator) for block, creator in creators.items())
    used = {name[:6] for name in model if name[3] in _ODD and name[4:6] >= "10"}
    return {
        block: creator
        for block, creator in creators.items()
        if block in used
        and creator
        and creator == _writable(creator)
        and often[block[:4], creator] == 1
    }


def _first_text(attribute: Mapping[str, Any] | None) -> str:
    values = (attribute or {}).get("Value", ())
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""


def _head(name: str, attribute: Mapping[str, Any], creator: str | None) -> dict[str, str]:
    """XML attributes of a DicomAttribute (PS3.19 table A.1.5-2: private tags are gggg00ee)."""
    tag = f"{name[:4]}00{name[6:]}" if creator else name
    head = {"tag": tag, "vr": str(attribute["vr"])}
    if creator:
        head["privateCreator"] = creator
    elif keyword := keyword_for_tag(int(name, 16)):
        head["keyword"] = keyword
    return head


def _write_value(node: Element, attribute: Mapping[str, Any]) -> None:
    if (uri := attribute.get("BulkDataURI")) is not None:
        SubElement(node, "BulkData", {"uri": _writable(uri)})
    elif (text := attribute.get("InlineBinary")) is not None:
        SubElement(node, "InlineBinary").text = text
    write = {"SQ": _write_item, "PN": _write_person_name}.get(attribute["vr"], _write_text)
    for number, value in enumerate(attribute.get("Value", ()), start=1):
        write(node, str(number), value)
    if attribute["vr"] in FLOAT_VRS:
        _write_no_numbers(node)


def _write_no_numbers(node: Element) -> None:
    # XML Schema has a spelling for the floats that JSON lacks.
    for value in node.iter("Value"):
        value.text = value.text or "NaN"


def _write_item(node: Element, number: str, value: Any) -> None:
    _write_object(SubElement(node, "Item", {"number": number}), value)


def _write_person_name(node: Element, number: str, value: Any) -> None:
    name = SubElement(node, "PersonName", {"number": number})
    for group in PN_GROUPS:
        if value and group in value:
            part = SubElement(name, group)
            for component, text in _components(value[group]):
                SubElement(part, component).text = _writable(text)


def _components(group: str) -> Iterator[tuple[str, str]]:
    """Component names and texts; what stands past the fifth delimiter stays in the last one."""
    texts = group.split("^", len(PN_COMPONENTS) - 1)
    return ((name, text) for name, text in zip(PN_COMPONENTS, texts, strict=False) if text)


def _write_text(node: Element, number: str, value: Any) -> None:
    value_node = SubElement(node, "Value", {"number": number})
    if value is not None:
        value_node.text = _writable(str(value))


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
