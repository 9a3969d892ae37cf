"""Media types, Accept lists and Content-Types, read as leniently as clients need.

Only the reading of header text may live here. What a resource can answer is `negotiation`.

Clients quote the ``type`` of a multipart range or forget to, put the transfer syntax inside the
quotes, ask for ``type="*/*"``, and name types that nobody knows. An entry that cannot be read is
skipped; it never spoils its neighbours.

References
----------
DICOM PS3.18 sections 8.7.5 (acceptable media types), 8.7.3.5.2 (transfer syntax parameter),
RFC 9110 section 12.5.1 (Accept).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

MAX_ACCEPT_LENGTH = 4096
"""Characters of an Accept list that are read; what follows is ignored."""

MAX_RANGES = 64
"""Entries of an Accept list that are read."""

ANY = "*/*"

_MULTIPART = "multipart/related"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TRANSFER_SYNTAX = re.compile(r'transfer-syntax\s*=\s*"?([0-9.*]+)', re.IGNORECASE)
# Behind the entry that it comes from, and before whatever a client would call worse.
_FALLBACK = 0.999
_QUALITY = re.compile(r"(?:0(?:\.\d*)?|1(?:\.0*)?|\.\d+)")

# Names that older clients use for what the standard calls otherwise (PS3.18 8.7.3.3 note 8, and
# the names of the 2013 to 2015 editions).
_ALIASES = {
    "image/x-jls": "image/jls",
    "image/dicom+jpeg-ls": "image/jls",
    "image/x-dicom-rle": "image/dicom-rle",
    "image/dicom+rle": "image/dicom-rle",
    "image/dicom+jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "image/jll": "image/jpeg",
    "image/dicom+jp2": "image/jp2",
    "image/dicom+jpx": "image/jpx",
}


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type and its parameters.

    Attributes
    ----------
    name
        ``type/subtype`` in lower case.
    parameters
        Names in lower case, values unquoted and otherwise as given.
    """

    name: str
    parameters: Mapping[str, str]

    @property
    def is_multipart(self) -> bool:
        """Whether this is some multipart type."""
        return self.name.startswith("multipart/")


@dataclass(frozen=True, slots=True)
class AcceptRange:
    """One entry of an Accept list, told apart from how it was spelled.

    Attributes
    ----------
    media_type
        Of the body, or of the parts of a multipart one; may be ``*/*`` or ``image/*``.
    multipart
        Whether a multipart answer is meant; None when the entry leaves that open.
    transfer_syntax
        A UID, ``*``, or None when the entry does not say.
    quality
        From 0 (never) to 1.
    """

    media_type: str
    multipart: bool | None
    transfer_syntax: str | None = None
    quality: float = 1.0

    def takes(self, media_type: str, multipart: bool) -> bool:
        """Say whether the entry covers a media type, its transfer syntax left aside."""
        if self.multipart is not None and self.multipart is not multipart:
            return False
        name = media_type.lower()  # "video/H265" is registered in capitals
        return self.media_type in (ANY, name) or self.media_type == f"{name.partition('/')[0]}/*"

    @property
    def specificity(self) -> tuple[int, bool, bool]:
        """Sorts entries that cover the same answer: the most telling one decides its quality."""
        named = 0 if self.media_type == ANY else 1 if self.media_type.endswith("/*") else 2
        return named, self.multipart is not None, self.transfer_syntax not in (None, "*")


def parse_media_type(text: str) -> MediaType | None:
    """Read one media type, as in a Content-Type.

    Parameters
    ----------
    text
        For example ``multipart/related; type=application/dicom; boundary=a=b``. Parameter values
        may be quoted or not; an unquoted value reaches to the next semicolon.

    Returns
    -------
    MediaType or None
        None if there is no ``type/subtype`` at its beginning.
    """
    name, *rest = _split(text, ";")
    # A "+" that came through form decoding is a blank.
    name = re.sub(r"(?<=\S) (?=\S)", "+", name.strip()).lower()
    if not _TOKEN.fullmatch(name):
        return None
    parameters: dict[str, str] = {}
    for parameter in rest:
        key, equals, value = parameter.partition("=")
        if equals:
            parameters.setdefault(key.strip().lower(), _unquote(value.strip()))
    return MediaType(name, parameters)


@lru_cache(maxsize=512)
def parse_accept(text: str) -> tuple[AcceptRange, ...]:
    """Read an Accept header or an ``accept`` query parameter.

    Returns
    -------
    tuple of AcceptRange
        In the order given; entries that cannot be read are left out. Of an empty text, nothing.

    References
    ----------
    PS3.18 sections 8.3.3.1 and 8.7.7
    """
    return tuple(_ranges(text[:MAX_ACCEPT_LENGTH]))


def _ranges(text: str) -> Iterator[AcceptRange]:
    for entry in _split(text, ",")[:MAX_RANGES]:
        media_type = parse_media_type(entry)
        if media_type is not None and (found := _range(media_type)):
            yield found
            yield from _fallbacks(found, entry)


def _fallbacks(first: AcceptRange, entry: str) -> Iterator[AcceptRange]:
    """What an entry takes instead, by its further transfer syntaxes.

    OHIF names the one that it wants and then ``*`` in the same entry.
    """
    quality = first.quality
    for uid in dict.fromkeys(_TRANSFER_SYNTAX.findall(entry)):
        if uid != first.transfer_syntax:
            quality *= _FALLBACK
            yield replace(first, transfer_syntax=uid, quality=quality)


def _range(media_type: MediaType) -> AcceptRange | None:
    parameters = media_type.parameters
    quality = parameters.get("q", "1")
    if not _QUALITY.fullmatch(quality):
        return None
    if not media_type.is_multipart:
        return AcceptRange(
            canonical(media_type.name),
            None if media_type.name == ANY else False,
            parameters.get("transfer-syntax"),
            float(quality),
        )
    if media_type.name not in (_MULTIPART, "multipart/*"):
        return None
    part = parse_media_type(parameters.get("type", ANY))
    if part is None:
        return None
    transfer_syntax = parameters.get("transfer-syntax", part.parameters.get("transfer-syntax"))
    return AcceptRange(canonical(part.name), True, transfer_syntax, float(quality))


def canonical(name: str) -> str:
    """Return the standard's name of a media type that goes by several."""
    return _ALIASES.get(name, name)


def _split(text: str, separator: str) -> list[str]:
    """Split at separators outside of quotes; quotes that do not pair up are ordinary."""
    if '"' not in text:
        return text.split(separator)
    pieces: list[str] = []
    begin = 0
    quoted = escaped = False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            pieces.append(text[begin:index])
            begin = index + 1
    pieces.append(text[begin:])
    return text.split(separator) if quoted else pieces


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value.strip('"')
