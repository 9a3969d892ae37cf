"""Texts looked for in bytes, in every way in which bytes can hold them.

It shares nothing with the product's own second pass.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pypdfium2
from pydicom import config

from tests.planted.plants import Plant

_CODECS = (
    "utf-8", "latin-1", "iso8859_5", "iso2022_jp", "euc_jp", "shift_jis", "euc_kr", "gb18030",
    "big5", "iso8859_6", "iso8859_7", "utf-16-le", "utf-16-be", "cp1251",
)  # fmt: skip
_MAX_INFLATED = 16 << 20
_DATE = re.compile(r"1987\d{4}")
_PDF_STREAM = re.compile(rb"stream\r?\n")


def found(plants: Iterable[Plant], data: bytes) -> list[Plant]:
    """Give the plants that are somewhere in these bytes."""
    views = [_View(view.lower()) for view in _views(data)]
    views.append(_View("\n".join(map(_folded, _texts(data))).encode()))
    return [plant for plant in plants if _is_in(plant, data, views)]


def found_in_folder(plants: Iterable[Plant], folder: Path) -> dict[str, list[Plant]]:
    """Search all files and their names below a folder."""
    known = list(plants)
    hits = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        hits[name] = found(known, name.encode())
        if path.is_file():
            hits[name] += found(known, path.read_bytes())
    return {name: plants for name, plants in hits.items() if plants}


class _View:
    """Bytes, and all groups of four that are in them: most texts need not be looked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        words = [
            np.frombuffer(data[at : len(data) - (len(data) - at) % 4], "<u4") for at in range(4)
        ]
        self._fours = frozenset(np.unique(np.concatenate(words)).tolist())

    def __contains__(self, needle: bytes) -> bool:
        if len(needle) >= 4 and int.from_bytes(needle[:4], "little") not in self._fours:
            return False
        return needle in self._data

    def has_date(self, text: str) -> bool:
        """Whether the digits are there as a date: those within a longer number are none."""
        digits = text.encode()
        return digits in self and re.search(rb"(?<![\d.])" + digits, self._data) is not None


def _is_in(plant: Plant, data: bytes, views: list[_View]) -> bool:
    if plant.data and plant.data in data:
        return True
    for text in plant.texts:
        if _DATE.fullmatch(text):
            if any(view.has_date(text) for view in views):
                return True
        elif any(needle in view for needle in _needles(text) for view in views):
            return True
    return False


@cache
def _needles(text: str) -> frozenset[bytes]:
    made = {_folded(text).encode()}
    for variant in {text, text.lower(), text.upper(), unicodedata.normalize("NFD", text)}:
        for codec in _CODECS:
            try:
                made.add(variant.encode(codec).lower())
            except UnicodeEncodeError:
                continue
    return frozenset(made)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in folded if not unicodedata.combining(c))


# ---- what bytes can be seen as


def _views(data: bytes) -> Iterator[bytes]:
    """The bytes, and whatever can be inflated out of them."""
    yield data
    if b"%PDF" in data:
        for match in _PDF_STREAM.finditer(data):
            if inflated := _inflated(data[match.end() :], zlib.MAX_WBITS):
                yield inflated
    if data[128:132] == b"DICM":
        at = 132 + 12 + int.from_bytes(data[140:144], "little")
        if inflated := _inflated(data[at:], -zlib.MAX_WBITS):
            yield inflated


def _inflated(data: bytes, bits: int) -> bytes:
    try:
        return zlib.decompressobj(bits).decompress(data, _MAX_INFLATED)
    except zlib.error:
        return b""


def _texts(data: bytes) -> Iterator[str]:
    """Values of elements as pydicom reads them, pages of documents as a reader shows them."""
    at = data.find(b"%PDF")
    if at >= 0:
        yield from _pages(data[at:])
    if data[128:132] != b"DICM":
        return
    try:
        with config.disable_value_validation():
            ds = pydicom.dcmread(io.BytesIO(data), force=True)
            for element in ds.iterall():
                if isinstance(element.value, bytes | int | float | type(None)):
                    continue
                if element.VR != "SQ":
                    yield str(element.value)
    # pydicom raises what it likes over files that are damaged on purpose.
    except Exception:
        return


def _pages(data: bytes) -> Iterator[str]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return
    for page in document:
        yield page.get_textpage().get_text_range()
