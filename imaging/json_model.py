"""A data set as an object of the DICOM JSON Model: objects, items, paths and character sets.

How the values of one element are spelled belongs to `json_values`; the way back to a data set is
`json_reading`. Nothing here opens a file: what was too long to keep is named by the `bulk_uri`
callable that the caller gives.

Specific Character Set (0008,0005): JSON text is UTF-8 whatever the file used (PS3.18 F.2), so the
attribute is given as ISO_IR 192 wherever it named another repertoire than the default, and is added
when text beyond ASCII came out of a data set that did not declare any.

References
----------
PS3.18 Annex F (ascending order, no group lengths: F.2.2; empty values: F.2.5; bulk data: F.2.6).
"""

from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from imaging.byte_order import WORD_LENGTHS, swap_words
from imaging.data_set import DataSet, Element
from imaging.json_reading import BulkReference, from_json
from imaging.json_values import (
    BINARY,
    BINARY_READERS,
    TEXT_READERS,
    UNIT,
    TextReader,
    is_plain,
    read_text,
)

__all__ = ["BulkReference", "BulkUri", "from_json", "to_json"]

BulkUri = Callable[[str, Element], str]

PIXEL_DATA_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_UTF_8 = {"vr": "CS", "Value": ["ISO_IR 192"]}
# Groups of the command set and of the file meta information, which are no part of a data set.
_MAX_FOREIGN_TAG = 0x0002FFFF
# Of a value that is remembered: a UID, and most codes, names and numbers.
_MAX_REMEMBERED: Final = 64
_VRS = frozenset({"SQ", *TEXT_READERS, *BINARY_READERS, *BINARY})


def to_json(data_set: DataSet, bulk_uri: BulkUri | None = None) -> dict[str, Any]:
    """Give a data set as an object of the DICOM JSON Model, ready for a JSON writer.

    Parameters
    ----------
    data_set
        As read: values as encoded, in the byte order and character sets that it says.
    bulk_uri
        Spells the BulkDataURI of an element whose value was not read, and of Pixel Data. It is
        given the element's path (``7FE00010``, or ``54000100/0/54001010`` inside the first item)
        and the element. Without it such elements have their VR only.

    Returns
    -------
    dict
        Valid whatever the bytes were: numbers are finite, text can be written as UTF-8. To be read
        only: equal attributes of several data sets may be one object.

    References
    ----------
    PS3.18 F.2.
    """
    writer = _Writer(bulk_uri)
    model = writer.object(data_set, "")
    if writer.beyond_ascii:
        model["00080005"] = _UTF_8
        return dict(sorted(model.items()))
    return model


class _Writer:
    """One conversion.

    Attributes
    ----------
    beyond_ascii
        Whether text was met that no character set declared so far explains.
    """

    __slots__ = ("_bulk_uri", "beyond_ascii")

    def __init__(self, bulk_uri: BulkUri | None) -> None:
        self._bulk_uri = bulk_uri
        self.beyond_ascii = False

    def object(self, data_set: DataSet, prefix: str) -> dict[str, Any]:
        """A data set or item; `prefix` is the path of what stands around it."""
        outside, self.beyond_ascii = self.beyond_ascii, False
        model: dict[str, Any] = {}
        little_endian, charsets = data_set.little_endian, data_set.charsets
        for tag in sorted(data_set):
            if not tag & 0xFFFF or tag <= _MAX_FOREIGN_TAG:
                continue
            element, name = data_set[tag], _name(tag)
            vr, raw = element.vr, element.value
            if element.items is not None:
                model[name] = self._sequence(element.items, prefix + name)
            elif raw is None or tag in PIXEL_DATA_TAGS:
                model[name] = self._bulk(element, prefix + name)
            elif len(raw) <= _MAX_REMEMBERED and (vr not in TEXT_READERS or is_plain(raw)):
                model[name] = _remembered(vr, raw, little_endian)
            elif (read := TEXT_READERS.get(vr)) is not None:
                model[name] = self._text(vr, read_text(raw, charsets, vr), read)
            else:
                model[name] = _of_bytes(vr, raw, little_endian)
        self._declare(model)
        self.beyond_ascii = self.beyond_ascii or outside
        return model

    def _declare(self, model: dict[str, Any]) -> None:
        """Let the object's own character set, when it has one, explain its text."""
        declared = model.get("00080005")
        if declared is None:
            return
        if self.beyond_ascii or declared.get("Value", ["ISO_IR 6"]) != ["ISO_IR 6"]:
            model["00080005"] = _UTF_8
        self.beyond_ascii = False

    def _text(self, vr: str, text: str, read: TextReader) -> dict[str, Any]:
        values = read(text)
        if values == [None]:
            return {"vr": vr}
        if not text.isascii():
            self.beyond_ascii = True
        return {"vr": vr, "Value": values}

    def _sequence(self, items: list[DataSet], path: str) -> dict[str, Any]:
        # A sequence that came as UN (PS3.5 6.2.2) was read as what it is, so it is called SQ.
        if not items:
            return {"vr": "SQ"}
        models = [self.object(item, f"{path}/{number}/") for number, item in enumerate(items)]
        return {"vr": "SQ", "Value": models}

    def _bulk(self, element: Element, path: str) -> dict[str, Any]:
        if self._bulk_uri is None or (element.bulk is None and not element.value):
            return {"vr": element.vr}
        return {"vr": element.vr, "BulkDataURI": self._bulk_uri(path, element)}


@lru_cache(maxsize=4096)
def _name(tag: int) -> str:
    return f"{tag:08X}"


@lru_cache(maxsize=4096)
def _remembered(vr: str, raw: bytes, little_endian: bool) -> dict[str, Any]:
    """A short value that no character set has a say in; most stand in many data sets alike."""
    if not raw:
        return {"vr": vr if vr in _VRS else "UN"}
    read = TEXT_READERS.get(vr)
    if read is None:
        return _of_bytes(vr, raw, little_endian)
    values = read(raw.decode("ascii"))
    return {"vr": vr} if values == [None] else {"vr": vr, "Value": values}


def _of_bytes(vr: str, raw: bytes, little_endian: bool) -> dict[str, Any]:
    unit = UNIT.get(vr)
    if unit is not None and len(raw) % unit == 0:
        return {"vr": vr, "Value": BINARY_READERS[vr](raw, little_endian)}
    if vr not in BINARY:
        # The bytes are no whole values of the VR, or nobody knows the VR: they are given as what
        # they are, bytes of unknown meaning.
        vr = "UN"
    if not little_endian:
        raw = swap_words(raw, WORD_LENGTHS.get(vr, 1))
    return {"vr": vr, "InlineBinary": b64encode(raw).decode("ascii")}
