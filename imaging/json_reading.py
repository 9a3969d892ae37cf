"""An object of the DICOM JSON Model as a data set: names, nesting, limits and character set.

What the client sent is hostile until it left here: tags and VRs are checked, depth, number and
size are bounded, and the values are what `json_bytes` let through. The data set that comes out is
Explicit VR Little Endian in UTF-8, in tag order.

References
----------
PS3.18 Annex F.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from imaging.data_set import Bulk, DataSet, Element
from imaging.errors import LimitExceeded, Malformed
from imaging.json_bytes import TEXT_VRS, WRITERS, inline_binary, value_field
from imaging.json_values import BINARY
from imaging.limits import Limits
from imaging.write import padded

_NAME = re.compile(r"[0-9A-Fa-f]{8}")
_PARTS: Final = ("Value", "InlineBinary", "BulkDataURI")
_KNOWN_MEMBERS: Final = frozenset({"vr", "keyword", "privateCreator", *_PARTS})
_SPECIFIC_CHARACTER_SET = 0x00080005
_UTF_8 = b"ISO_IR 192"
_CHARSETS = ("ISO_IR 192",)
_DEFAULT_REPERTOIRE = frozenset({b"", b"ISO_IR 6", b"ISO_IR 6 "})
_MAX_FOREIGN_TAG = 0x0002FFFF
_VRS = frozenset({"SQ", *WRITERS, *BINARY})


@dataclass(frozen=True, slots=True)
class BulkReference:
    """A value that stands elsewhere: what a "BulkDataURI" member says.

    `path` is spelled as for `json_model.to_json`; `uri` is as the client sent it, unchecked.
    """

    path: str
    tag: int
    vr: str
    uri: str


ResolveBulk = Callable[[BulkReference], bytes | Bulk]


def from_json(
    model: Mapping[str, Any],
    limits: Limits | None = None,
    resolve_bulk: ResolveBulk | None = None,
) -> DataSet:
    """Read a data set from an object of the DICOM JSON Model.

    Parameters
    ----------
    model
        One object, as a JSON reader gives it.
    limits
        Depth, number of elements and sum of value bytes that are accepted.
    resolve_bulk
        Gives the value that a BulkDataURI refers to: its bytes, or where they lie. Without it a
        BulkDataURI is refused.

    Returns
    -------
    DataSet
        Explicit VR Little Endian in UTF-8; group lengths are dropped.

    Raises
    ------
    Malformed
        When the model is not one of PS3.18 F; the message names the attribute, never its value.
    LimitExceeded
        When it is deeper, longer or larger than `limits`.
    """
    return _Reader(limits or Limits(), resolve_bulk).data_set(model)


class _Reader:
    """One conversion: counts what it has made so far."""

    def __init__(self, limits: Limits, resolve_bulk: ResolveBulk | None) -> None:
        self._limits = limits
        self._resolve_bulk = resolve_bulk
        self._elements = 0
        self._bytes = 0

    def data_set(self, model: Mapping[str, Any]) -> DataSet:
        made, beyond_ascii = self._object(model, "", 0)
        if beyond_ascii:
            _declare_utf_8(made)
            return _ordered(made)
        return made

    def _object(self, model: Any, prefix: str, depth: int) -> tuple[DataSet, bool]:
        if not isinstance(model, Mapping):
            raise Malformed(f"{prefix or 'the data set'} is not an object")
        if depth > self._limits.max_depth:
            raise LimitExceeded(f"sequences are nested more than {self._limits.max_depth} deep")
        self._count()
        made = DataSet(charsets=_CHARSETS)
        beyond_ascii = False
        for tag, name, attribute in _attributes(model, prefix):
            element, beyond = self._element(tag, prefix + name, attribute, depth)
            made[tag] = element
            beyond_ascii = beyond_ascii or beyond
        declared = made.get(_SPECIFIC_CHARACTER_SET)
        if declared is None:
            return made, beyond_ascii
        if beyond_ascii or declared.value not in _DEFAULT_REPERTOIRE:
            _declare_utf_8(made)
        return made, False

    def _count(self) -> None:
        self._elements += 1
        if self._elements > self._limits.max_elements:
            raise LimitExceeded(f"more than {self._limits.max_elements} elements and items")

    def _element(self, tag: int, path: str, attribute: Any, depth: int) -> tuple[Element, bool]:
        self._count()
        vr, part = _checked(attribute, path)
        content = attribute.get(part) if part else None
        if vr == "SQ":
            return self._sequence(tag, path, content, part, depth)
        if part == "BulkDataURI":
            return self._bulk(tag, path, vr, content), False
        raw = _value(vr, part, content, path)
        self._bytes += len(raw)
        if self._bytes > self._limits.max_header_bytes:
            raise LimitExceeded(f"values of more than {self._limits.max_header_bytes} bytes")
        beyond_ascii = part == "Value" and vr in TEXT_VRS and not raw.isascii()
        return Element(tag=tag, vr=vr, value=raw), beyond_ascii

    def _sequence(
        self, tag: int, path: str, content: Any, part: str | None, depth: int
    ) -> tuple[Element, bool]:
        if part not in (None, "Value"):
            raise Malformed(f"{path}: a sequence has a Value only")
        # An empty item may come as null from writers that know no empty objects.
        models = [{} if item is None else item for item in _array(content, path)]
        pairs = [self._object(m, f"{path}/{i}/", depth + 1) for i, m in enumerate(models)]
        items = [made for made, _ in pairs]
        element = Element(tag=tag, vr="SQ", items=items)
        return element, any(beyond for _, beyond in pairs)

    def _bulk(self, tag: int, path: str, vr: str, uri: Any) -> Element:
        if not isinstance(uri, str):
            raise Malformed(f"{path}: BulkDataURI is not a string")
        if self._resolve_bulk is None:
            raise Malformed(f"{path}: nothing was sent for its BulkDataURI")
        found = self._resolve_bulk(BulkReference(path, tag, vr, uri))
        if isinstance(found, bytes):
            return Element(tag, vr, value=padded(found, vr))
        return Element(tag, vr, bulk=found)


def _declare_utf_8(made: DataSet) -> None:
    made[_SPECIFIC_CHARACTER_SET] = Element(_SPECIFIC_CHARACTER_SET, "CS", value=_UTF_8)


def _ordered(made: DataSet) -> DataSet:
    ordered = DataSet(made.little_endian, made.charsets)
    ordered.update(sorted(made.items()))
    return ordered


def _attributes(model: Mapping[str, Any], prefix: str) -> list[tuple[int, str, Any]]:
    """Tag, name and attribute in tag order; group lengths are dropped, other names refused."""
    found = {}
    for name, attribute in model.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Malformed(f"{prefix or 'the data set'}: a name is not eight hexadecimal digits")
        tag = int(name, 16)
        if tag <= _MAX_FOREIGN_TAG:
            raise Malformed(f"{name.upper()} is no attribute of a data set")
        if tag & 0xFFFF:
            found[tag] = attribute
    return [(tag, f"{tag:08X}", found[tag]) for tag in sorted(found)]


def _checked(attribute: Any, path: str) -> tuple[str, str | None]:
    """VR, and the name of the one member that holds the value."""
    if not isinstance(attribute, Mapping):
        raise Malformed(f"{path}: an attribute is not an object")
    vr = attribute.get("vr")
    if not isinstance(vr, str) or vr not in _VRS:
        raise Malformed(f"{path}: vr is missing or unknown")
    if not attribute.keys() <= _KNOWN_MEMBERS:
        raise Malformed(f"{path}: an attribute has an unknown member")
    parts = [part for part in _PARTS if part in attribute]
    if len(parts) > 1:
        raise Malformed(f"{path}: more than one of Value, InlineBinary and BulkDataURI")
    return vr, parts[0] if parts else None


def _value(vr: str, part: str | None, content: Any, path: str) -> bytes:
    if part is None:
        return b""
    try:
        if part == "InlineBinary":
            return inline_binary(content)
        return value_field(vr, _array(content, path))
    except Malformed as error:
        raise Malformed(f"{path}: {error}") from error


def _array(content: Any, path: str) -> list[Any]:
    if content is None:
        return []
    if not isinstance(content, list):
        raise Malformed(f"{path}: Value is not an array")
    return content
