"""A Native DICOM Model document as an object of the DICOM JSON Model.

What arrives is hostile: no DTD, no entity, no more depth, elements or text than is allowed. Values
are turned into the types of the JSON model here and checked by `json_reading` afterwards.

References
----------
PS3.19 section A.1.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
)

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from imaging.dictionary import SIGNED_OR_NOT, vr_of
from imaging.errors import LimitExceeded, Malformed
from imaging.json_values import PN_GROUPS, TEXT_READERS
from imaging.limits import Limits

NAMESPACE: Final = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
PN_COMPONENTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")

# Elements of XML that one attribute may have beside its values, and levels that one of DICOM has.
_XML_PER_ELEMENT: Final = 8
_XML_LEVELS: Final = 2
_CHUNK: Final = 65536
FLOAT_VRS: Final = frozenset({"FD", "FL"})
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NO_NUMBERS: Final = {"NaN": None, "INF": "INF", "+INF": "INF", "-INF": "-INF"}
_FIRST_BLOCK, _LAST_BLOCK = 0x10, 0xFF


def from_xml(document: bytes, limits: Limits | None = None) -> dict[str, Any]:
    """Read one NativeDicomModel document.

    Returns
    -------
    dict
        An object of the DICOM JSON Model, for `json_model.from_json`, which checks the values.

    Raises
    ------
    Malformed
        When it is no well-formed XML, has a DTD, or is no NativeDicomModel.
    LimitExceeded
        When it is deeper or longer than `limits`.
    """
    limits = limits or Limits()
    # In base64 three bytes are four characters, and markup comes on top.
    if len(document) > 4 * limits.max_header_bytes:
        raise LimitExceeded(f"a document of more than {4 * limits.max_header_bytes} bytes")
    root = _parse(document, limits)
    if _local(root) != "NativeDicomModel":
        raise Malformed("the document is no NativeDicomModel")
    return _Reading(limits).object(root)


class _Builder(TreeBuilder):
    """Builds no more elements, and none deeper, than it is allowed to."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._elements_left = limits.max_elements * _XML_PER_ELEMENT
        self._levels_left = limits.max_depth * _XML_LEVELS + _XML_LEVELS + 3

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._elements_left -= 1
        self._levels_left -= 1
        if self._elements_left < 0 or self._levels_left < 0:
            raise LimitExceeded("the document has more elements, or deeper, than is allowed")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._levels_left += 1
        return super().end(tag)


def _parse(document: bytes, limits: Limits) -> Element:
    parser = DefusedXMLParser(forbid_dtd=True, target=_Builder(limits))
    try:
        for start in range(0, len(document), _CHUNK):
            parser.feed(document[start : start + _CHUNK])
        root = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Malformed("the document is no well-formed XML without DTD") from error
    if not isinstance(root, Element):
        raise Malformed("the document is empty")
    return root


def _local(node: Element) -> str:
    """Name without namespace; some writers leave the namespace out."""
    space, _, name = node.tag.rpartition("}")
    if space not in ("", "{" + NAMESPACE):
        raise Malformed("an element is of a foreign namespace")
    return name


class _Reading:
    """One conversion: counts the empty values that numbers may leave out."""

    def __init__(self, limits: Limits) -> None:
        self._gaps_left = limits.max_elements

    def object(self, parent: Element) -> dict[str, Any]:
        nodes = [node for node in parent if _local(node) == "DicomAttribute"]
        if len(nodes) != len(parent):
            raise Malformed("a data set holds something else than DicomAttribute")
        tags = _tags(nodes)
        if len(set(tags)) != len(tags):
            raise Malformed("an attribute is there twice")
        model = {tag: self._attribute(node, tag) for tag, node in zip(tags, nodes, strict=True)}
        for tag, creator in _creators(nodes, tags):
            model.setdefault(tag, {"vr": "LO", "Value": [creator]})
        return dict(sorted(model.items()))

    def _attribute(self, node: Element, tag: str) -> dict[str, Any]:
        vr = _vr(node, tag)
        attribute: dict[str, Any] = {"vr": vr}
        read = _CHILDREN.get(_local(node[0])) if len(node) else None
        if len(node) and read is None:
            raise Malformed(f"{tag}: a DicomAttribute holds an unknown element")
        if read is not None:
            member, value_of = read
            if value_of is None:
                attribute[member] = _only(node, tag)
            else:
                attribute[member] = self._values(node, tag, vr, value_of)
        return attribute

    def _values(self, node: Element, tag: str, vr: str, value_of: "ValueOf") -> list[Any]:
        """Values by their numbers; a number that is left out is an empty value."""
        name, values = node[0].tag, list[Any]()
        for child in node:
            number = child.get("number", "")
            if child.tag != name or not _INTEGER.fullmatch(number):
                raise Malformed(f"{tag}: values without number or of several kinds")
            gap = int(number) - len(values) - 1
            self._gaps_left -= gap
            if gap < 0 or self._gaps_left < 0:
                raise Malformed(f"{tag}: values are not numbered in order")
            values += [None] * gap
            values.append(value_of(self, child, vr))
        return values


ValueOf = Callable[[_Reading, Element, str], Any]


def _vr(node: Element, tag: str) -> str:
    """The VR, which a writer may leave out (PS3.19 table A.1.5-2)."""
    vr = node.get("vr") or vr_of(int(tag, 16))
    return "US" if vr == SIGNED_OR_NOT else vr


def _only(node: Element, tag: str) -> str:
    if len(node) > 1:
        raise Malformed(f"{tag}: more than one BulkData or InlineBinary")
    child = node[0]
    if _local(child) == "InlineBinary":
        return "".join((child.text or "").split())
    uri = child.get("uri", child.get("uuid"))
    if uri is None:
        raise Malformed(f"{tag}: BulkData without uri")
    return uri


def _item(reading: _Reading, child: Element, _vr: str) -> Any:
    return reading.object(child)


def _person_name(_reading: _Reading, child: Element, _vr: str) -> Any:
    name = {}
    for group in child:
        if _local(group) not in PN_GROUPS:
            raise Malformed("a PersonName holds an unknown component group")
        texts = {_local(part): part.text or "" for part in group}
        if not texts.keys() <= set(PN_COMPONENTS):
            raise Malformed("a PersonName holds an unknown component")
        spelled = "^".join(texts.get(component, "") for component in PN_COMPONENTS).rstrip("^")
        if spelled:
            name[_local(group)] = spelled
    return name or None


def _value(_reading: _Reading, child: Element, vr: str) -> Any:
    text = child.text or ""
    if len(child):
        raise Malformed("a Value holds elements")
    if vr in TEXT_READERS or vr == "AT":
        return text or None
    if text in _NO_NUMBERS and vr in FLOAT_VRS:
        return _NO_NUMBERS[text]
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    raise Malformed("a Value is no number")


def _tags(nodes: list[Element]) -> list[str]:
    """Tags as they will be in the data set: private ones get a block of their creator's."""
    for node in nodes:
        if not _TAG.fullmatch(node.get("tag", "")):
            raise Malformed("a tag is not eight hexadecimal digits")
    blocks = _Blocks(nodes)
    return [blocks.tag(node) for node in nodes]


class _Blocks:
    """Blocks of private elements: those that the document names, then free ones (PS3.5 7.8.1)."""

    def __init__(self, nodes: list[Element]) -> None:
        self._by_creator: dict[tuple[str, str], int] = {}
        self._taken: set[tuple[str, int]] = set()
        for node in nodes:
            tag, creator = node.get("tag", "").upper(), node.get("privateCreator")
            if tag[3] not in "13579BDF":
                continue
            if creator is None and tag[4:6] == "00":
                block, creator = int(tag[6:], 16), _text_of(node)
            else:
                block = int(tag[4:6], 16)
            if block >= _FIRST_BLOCK:
                self._taken.add((tag[:4], block))
                self._by_creator.setdefault((tag[:4], creator or ""), block)

    def tag(self, node: Element) -> str:
        tag, creator = node.get("tag", "").upper(), node.get("privateCreator")
        if creator is None or tag[4:6] != "00":
            return tag
        return f"{tag[:4]}{self._block(tag[:4], creator):02X}{tag[6:]}"

    def _block(self, group: str, creator: str) -> int:
        known = self._by_creator.get((group, creator))
        if known is not None:
            return known
        for block in range(_FIRST_BLOCK, _LAST_BLOCK + 1):
            if (group, block) not in self._taken:
                self._taken.add((group, block))
                self._by_creator[group, creator] = block
                return block
        raise LimitExceeded("a group has more private creators than blocks")


def _text_of(node: Element) -> str:
    return (node[0].text or "") if len(node) else ""


def _creators(nodes: list[Element], tags: list[str]) -> Iterator[tuple[str, str]]:
    """Private Creator elements that the elements of their blocks imply."""
    for node, tag in zip(nodes, tags, strict=True):
        creator = node.get("privateCreator")
        if creator is not None and tag[4:6] != "00":
            yield f"{tag[:4]}00{tag[4:6]}", creator


# Which member of the JSON attribute each child of a DicomAttribute becomes, and how it is read.
_CHILDREN: Final[dict[str, tuple[str, ValueOf | None]]] = {
    "BulkData": ("BulkDataURI", None),
    "InlineBinary": ("InlineBinary", None),
    "Item": ("Value", _item),
    "PersonName": ("Value", _person_name),
    "Value": ("Value", _value),
}
