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
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from imaging.deidentify.needles import Needles, uids_in
from imaging.deidentify.plain_files import Leaf, NotPlain, read_plain
from imaging.deidentify.sought import Sought, sought_of
from imaging.deidentify.spellings import Identity, Kind
from imaging.documents.jobs import text_of_pdf
from imaging.errors import ImagingError

CHUNK: Final = 8 * 1024 * 1024
max_inflated_bytes: Final = 1024 * 1024 * 1024
max_findings: Final = 100

# Lines of an OBJ that are numbers alone: a corner is counted as a patient may be.
_GEOMETRY: Final = re.compile(r"^(?:[flp]|v[tnp]?) [0-9+\-.eE/ ]+$", re.MULTILINE)
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
# Numbers and bytes, which have no words; bytes are searched as bytes.
_WORDLESS: Final = frozenset(
    {"AT", "DS", "FD", "FL", "IS", "OB", "OD", "OF", "OL", "OV", "OW", "SL", "SS", "SV", "UL",
     "US", "UV"}
)  # fmt: skip
_UNSPLIT: Final = frozenset({"LT", "ST", "UR", "UT"})
_ESCAPE: Final = b"\x1b"
_DOCUMENT: Final = 0x00420011
_CHARACTER_SET: Final = 0x00080005
_UTF_8: Final = b"ISO_IR 192"


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
    found = dict.fromkeys(_search(stream, sought_of(identity, original_uids)))
    return list(found)[:max_findings]


def _search(stream: BinaryIO, sought: Sought) -> Iterator[Finding]:
    stream.seek(0)
    if any(stream.read(_PREAMBLE)):
        yield Finding("preamble", "bytes")
    stream.seek(0)
    head = stream.read(CHUNK)
    try:
        leaves, pixels_at = read_plain(head)
        # What ends with the first piece may go on behind it.
        is_quiet = pixels_at < CHUNK and _Texts.of(leaves).are_quiet(sought)
    except NotPlain:
        is_quiet = False
    if not is_quiet:
        stream.seek(0)
        ds = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
        pixels_at = stream.tell()
        yield from _in_elements(ds.file_meta, sought, "FileMeta.")
        yield from _in_elements(ds, sought, "")
        if ds.file_meta.get("TransferSyntaxUID") == _DEFLATED:
            yield from _in_bytes(_inflated(stream), sought, sought.needles)
            return
    yield from _in_bytes(_pieces(stream, head, 0, pixels_at), sought, sought.needles)
    pixels = _pieces(stream, head, pixels_at, None)
    yield from _in_bytes(pixels, sought, sought.long_needles)
    for fragment in _heads(stream, pixels_at):
        yield from (Finding("bytes", kind) for kind in sought.needles.kinds_in(fragment))


def _pieces(stream: BinaryIO, head: bytes, start: int, end: int | None) -> Iterator[bytes]:
    """Bytes of a file whose first ones have been read."""
    if start < len(head):
        yield (first := head[start:end])
        start += len(first)
        if len(head) < CHUNK:
            return
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


def _in_bytes(pieces: Iterator[bytes], sought: Sought, needles: Needles) -> Iterator[Finding]:
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


@dataclass(slots=True)
class _Texts:
    """All texts of a plain file, each once, wherever they stand.

    Attributes
    ----------
    free
        What anybody may have written.
    terms
        Terms, and what is said of codes.
    """

    free: set[str] = field(default_factory=set)
    terms: set[str] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    is_utf_8: bool = False

    @classmethod
    def of(cls, leaves: Iterable[Leaf]) -> _Texts:
        """Sort the texts.

        Raises
        ------
        NotPlain
            Some are encoded otherwise than in UTF-8, or there is a document.
        """
        texts = cls()
        for tag, vr, value in leaves:
            if vr in _WORDLESS and tag not in _OF_CODES:
                if tag == _DOCUMENT:
                    raise NotPlain
            elif tag == _CHARACTER_SET:
                texts.is_utf_8 = value.strip() == _UTF_8
                if not texts.is_utf_8:
                    raise NotPlain
            elif tag not in _OURS and value:
                texts._sort(tag, vr, value)
        return texts

    def _sort(self, tag: int, vr: str, value: bytes) -> None:
        if _ESCAPE in value or not (self.is_utf_8 or value.isascii()):
            raise NotPlain
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotPlain from error
        values = [text] if vr in _UNSPLIT else text.split("\\")
        if vr == "UI":
            self.uids.update(one.strip(" \0") for one in values)
        elif vr == "CS" or tag in _OF_CODES or _is_creator(tag):
            self.terms.update(values)
        else:
            self.free.update(values)

    def are_quiet(self, sought: Sought) -> bool:
        """Whether nothing is in them that `_in_elements` would find."""
        return (
            sought.uids.isdisjoint(self.uids)
            and sought.is_quiet(self.free, free=True)
            and sought.is_quiet(self.terms, free=False)
        )


def _is_creator(tag: int) -> bool:
    return bool(tag >> 16 & 1) and 0x10 <= tag & 0xFFFF <= 0xFF


def _in_elements(ds: Dataset, sought: Sought, path: str) -> Iterator[Finding]:
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
        elif int(tag) == _DOCUMENT:
            yield from _in_document(bytes(element.value or b""), sought)
        else:
            yield from (Finding(where, kind) for kind in _in_value(element, sought))


def _element(ds: Dataset, tag: BaseTag) -> DataElement | None:
    """An element; None for one that pydicom cannot convert: its bytes were searched."""
    try:
        return ds[tag]
    except Exception:
        return None


def _in_value(element: DataElement, sought: Sought) -> Iterator[str]:
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


def _in_document(document: bytes, sought: Sought) -> Iterator[Finding]:
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
