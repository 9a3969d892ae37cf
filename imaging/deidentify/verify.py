"""The second pass: a finished file searched for everything that the original was known by.

It shares no code with the cleaning, so that a mistake there is no mistake here: files are read by
pydicom, texts are compared by rules of its own.

The rules. Texts of seven bytes and more are searched for in all bytes of the file, in every
encoding; in native pixels, and behind the first kilobytes of a compressed frame, texts of twelve.
Shorter ones count as words of decoded text only: as bytes, pixels hold them by chance. A name that
is a word of the standard as well (White, Head) counts wherever free text stands, not in terms and
meanings of codes. Numbers and dates count where digits do not go on.

References
----------
PS3.15 section E.1.1.
"""

from __future__ import annotations

import html
import re
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import BinaryIO, Final

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from imaging.deidentify.needles import Needles, min_bytes_in_pixels, uids_in
from imaging.deidentify.spellings import Identity, Kind
from imaging.deidentify.tables import load
from imaging.documents.jobs import text_of_pdf
from imaging.errors import ImagingError

CHUNK: Final = 8 * 1024 * 1024
max_inflated_bytes: Final = 1024 * 1024 * 1024
max_findings: Final = 100

# Lines of an OBJ that are numbers alone: a corner is counted as a patient may be.
_GEOMETRY: Final = re.compile(r"^(?:[flp]|v[tnp]?) [0-9+\-.eE/ ]+$", re.MULTILINE)
_WORDS: Final = re.compile(r"[\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_TEXT_VRS: Final = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "UN"})
_DATED_VRS: Final = _TEXT_VRS | {"DA", "DT", "TM", "AS"}
# What these say of codes is the standard's, or another vocabulary's.
_OF_CODES: Final = frozenset(
    {0x00080100, 0x00080102, 0x00080103, 0x00080104, 0x00080105, 0x0008010F, 0x00080119}
)
_OURS: Final = frozenset({0x00120062, 0x00120063, 0x00120064, 0x00080005})
_PREAMBLE: Final = 128
_ITEM: Final = b"\xfe\xff\x00\xe0"
_HEAD_BYTES: Final = 8192
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_OTHER_COMMON: Final = frozenset(
    {"anonymized", "removed", "confidentiality", "annex", "dicomtube", "clean", "safe"}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be there.

    Attributes
    ----------
    where
        Keywords of the sequences and the element; or ``bytes``, ``preamble``, ``document``.
    kind
        What it is: ``name``, ``number``, ``date``, ``place`` or ``uid``. Never the text itself.
    """

    where: str
    kind: str


def search(
    stream: BinaryIO, identity: Identity, original_uids: frozenset[str] = frozenset()
) -> list[Finding]:
    """Search a finished file.

    Parameters
    ----------
    stream
        A DICOM file, seekable.
    identity
        Of the whole study as it was received.
    original_uids
        Those that were replaced.

    Returns
    -------
    list of Finding
        Nothing when the file is clean; at most `max_findings`.
    """
    found = dict.fromkeys(_search(stream, _sought(identity, original_uids)))
    return list(found)[:max_findings]


class _Sought:
    """What is searched for, sorted by how."""

    def __init__(self, identity: Identity, uids: frozenset[str]) -> None:
        self.uids = uids
        self.raw_uids = frozenset(uid.encode("ascii", "replace") for uid in uids)
        self.single: dict[str, str] = {}
        self.rows: dict[str, list[tuple[str, str]]] = {}
        self.unspaced: list[tuple[str, str]] = []
        self.dates = tuple(
            text for text in identity.texts(Kind.DATE) if len(text) >= 6 and " " not in text
        )
        raw = [(str(Kind.DATE), text) for text in self.dates]
        for kind in (Kind.NAME, Kind.PLACE, Kind.NUMBER):
            for text in identity.texts(kind):
                self._add(str(kind), text)
                if not _is_common(text):
                    raw.append((str(kind), text))
        self.needles = Needles(raw)
        self.long_needles = Needles(raw, min_bytes_in_pixels)

    def _add(self, kind: str, text: str) -> None:
        words = _normal(text).split()
        if not words:
            return
        if len(words) == 1 and not text.isascii() and len(text) > 1:
            self.unspaced.append((kind, words[0]))
        if len(words) == 1:
            self.single.setdefault(words[0], kind)
        else:
            self.rows.setdefault(words[0], []).append((kind, f" {' '.join(words)} "))
            if not words[0].isascii():
                self.unspaced.append((kind, "".join(words)))
            if all(len(word) > 1 for word in words):
                self.single.setdefault("".join(words), kind)

    def kinds_in(self, text: str, *, free: bool = True) -> Iterator[str]:
        """What kinds of identifier are words of a text.

        Parameters
        ----------
        free
            Whether anybody may have written it; else common words say nothing.
        """
        folded = _fold(text)
        for spelled in {_normal(text), _normal(_CAMEL.sub(" ", text))}:
            words = set(spelled.split())
            for word in words & self.single.keys():
                if free or not _is_common(word):
                    yield self.single[word]
            for word in words & self.rows.keys():
                yield from (kind for kind, row in self.rows[word] if row in f" {spelled} ")
        if not folded.isascii():
            yield from (kind for kind, one in self.unspaced if one in folded)

    def has_date(self, text: str) -> bool:
        """Whether one of the dates stands in a text, digits not going on around it."""
        folded = _fold(text)
        return any(
            one in folded and re.search(rf"(?<![\d.]){re.escape(one)}(?![\d]|\.\d)", folded)
            for one in self.dates
        )


@lru_cache(maxsize=4)
def _sought(identity: Identity, uids: frozenset[str]) -> _Sought:
    """Made once for all files of a study."""
    return _Sought(identity, uids)


def _search(stream: BinaryIO, sought: _Sought) -> Iterator[Finding]:
    stream.seek(0)
    if any(stream.read(_PREAMBLE)):
        yield Finding("preamble", "bytes")
    stream.seek(0)
    ds = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
    pixels_at = stream.tell()
    yield from _in_elements(ds.file_meta, sought, "FileMeta.")
    yield from _in_elements(ds, sought, "")
    if ds.file_meta.get("TransferSyntaxUID") == _DEFLATED:
        yield from _in_bytes(_inflated(stream), sought, sought.needles)
        return
    yield from _in_bytes(_pieces(stream, 0, pixels_at), sought, sought.needles)
    yield from _in_bytes(_pieces(stream, pixels_at, None), sought, sought.long_needles)
    for head in _heads(stream, pixels_at):
        yield from (Finding("bytes", kind) for kind in sought.needles.kinds_in(head))


def _pieces(stream: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    stream.seek(start)
    while end is None or start < end:
        piece = stream.read(CHUNK if end is None else min(CHUNK, end - start))
        if not piece:
            return
        start += len(piece)
        yield piece


def _heads(stream: BinaryIO, at: int) -> Iterator[bytes]:
    """How each fragment of encapsulated pixels begins: codestreams say there who made them."""
    stream.seek(at)
    element = stream.read(12)
    if element[8:] != b"\xff\xff\xff\xff":
        return
    at += 12
    while (item := stream.read(8))[:4] == _ITEM:
        length = int.from_bytes(item[4:], "little")
        yield stream.read(min(length, _HEAD_BYTES))
        at += 8 + length
        stream.seek(at)


def _in_bytes(pieces: Iterator[bytes], sought: _Sought, needles: Needles) -> Iterator[Finding]:
    overlap = max(needles.longest, 65)
    before = b""
    for piece in pieces:
        data = before + piece
        yield from (Finding("bytes", kind) for kind in needles.kinds_in(data))
        if sought.raw_uids and not sought.raw_uids.isdisjoint(uids_in(data)):
            yield Finding("bytes", "uid")
        before = data[-overlap:]


def _inflated(stream: BinaryIO) -> Iterator[bytes]:
    """The data set of a deflated file; its file meta say how long they are."""
    stream.seek(_PREAMBLE + 4 + 8)
    length = int.from_bytes(stream.read(4), "little")
    stream.seek(length, 1)
    inflater, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    with suppress(zlib.error):
        while piece := stream.read(CHUNK):
            made = inflater.decompress(piece, max_inflated_bytes)
            total += len(made)
            yield made
            if total > max_inflated_bytes:
                return


def _in_elements(ds: Dataset, sought: _Sought, path: str) -> Iterator[Finding]:
    for tag in sorted(ds.keys()):
        if int(tag) in _OURS:
            continue
        element = _element(ds, tag)
        if element is None:
            continue
        where = f"{path}{element.keyword or tag}"
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _in_elements(item, sought, f"{where}.")
        elif int(tag) == 0x00420011:
            yield from _in_document(bytes(element.value or b""), sought)
        else:
            yield from (Finding(where, kind) for kind in _in_value(element, sought))


def _element(ds: Dataset, tag: BaseTag) -> DataElement | None:
    """An element; None for one that pydicom cannot convert: its bytes were searched."""
    try:
        return ds[tag]
    except Exception:
        return None


def _in_value(element: DataElement, sought: _Sought) -> Iterator[str]:
    tag = int(element.tag)
    creator = element.tag.is_private_creator
    for text in _texts(element):
        if element.VR == "UI":
            if text in sought.uids:
                yield "uid"
            continue
        if element.VR in _TEXT_VRS and tag not in _OF_CODES:
            free = element.VR != "CS" and not creator
            yield from sought.kinds_in(text, free=free)
        elif tag in _OF_CODES:
            kinds = set(sought.kinds_in(text, free=False)) - {str(Kind.NUMBER)}
            yield from kinds
        if element.VR in _DATED_VRS and sought.has_date(text):
            yield str(Kind.DATE)


def _texts(element: DataElement) -> Iterator[str]:
    value = element.value
    values = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    for one in values:
        if isinstance(one, bytes):
            yield one.decode("latin-1")
        elif one is not None:
            yield str(one)


def _in_document(document: bytes, sought: _Sought) -> Iterator[Finding]:
    """A PDF by what it shows, anything else by its text."""
    texts = [_GEOMETRY.sub("", document.decode("utf-8", "replace"))]
    if document.startswith(b"%PDF"):
        try:
            texts = list(text_of_pdf(document).texts())
        except ImagingError:
            yield Finding("document", "unreadable")
            return
    for text in map(html.unescape, texts):
        yield from (Finding("document", kind) for kind in sought.kinds_in(text))
        if sought.has_date(text):
            yield Finding("document", str(Kind.DATE))


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if unicodedata.category(letter) not in ("Mn", "Cf")
    )


def _normal(text: str) -> str:
    return _WORDS.sub(" ", _fold(text)).strip()


def _is_common(text: str) -> bool:
    words = _normal(text).split()
    return all(len(word) == 1 or word in _common() or word in _OTHER_COMMON for word in words)


@cache
def _common() -> frozenset[str]:
    """The words that the standard is written in: facts, and no code of the cleaning."""
    return frozenset(load("words")["words"])
