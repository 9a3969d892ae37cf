"""Which representation of a resource answers an Accept list: one table, one rule.

The table says what each resource can be given as; a row becomes one or more answers once it is
known how the thing is stored (`Stored`). Reading Accept text is `media_types`; making the bytes is
`representations`. Adding a media type is adding a row.

The rule is PS3.18 8.7.8: every answer that can be given gets the quality of the most specific
entry that covers it, the highest quality wins, and among equals the one that needs least work
(rows and answers are listed in that order), whatever the order in which the client listed them.

Transfer syntaxes
-----------------
An entry that names none means Explicit VR Little Endian; where pixels cannot be decoded it means
the stored syntax (8.7.3.4). ``*`` means as stored. Implicit VR Little Endian and Explicit VR Big
Endian are never sent (8.7.3.4), with one exception that is ours: a whole instance asked for with
``*`` comes back byte for byte as it was stored, whatever its syntax, because store-and-forward is
what such a request is for (``docs/decisions/0040-as-stored-means-byte-for-byte.md``).

References
----------
DICOM PS3.18 sections 8.7.3 to 8.7.8, 10.4.4 (2025a: single part for single-item resources only).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from dicomweb.media_types import ANY, MAX_ACCEPT_LENGTH, AcceptRange, parse_accept
from imaging.uids import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    OCTET_STREAM,
    TRANSFER_SYNTAXES,
    transfer_syntax,
)

DICOM = "application/dicom"
DICOM_JSON = "application/dicom+json"
DICOM_XML = "application/dicom+xml"
JSON = "application/json"
OPENAPI = "application/vnd.oai.openapi+json"
WADL = "application/vnd.sun.wadl+xml"


class Resource(Enum):
    """What can be asked for; one entry of the table each."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    METADATA = "metadata"
    FRAMES = "frames"
    BULKDATA = "bulkdata"
    RENDERED = "rendered"
    THUMBNAIL = "thumbnail"
    SEARCH = "search"
    STORE_RESPONSE = "store response"
    CAPABILITIES = "capabilities"
    OPENAPI = "OpenAPI document"


class Coding(Enum):
    """What is to be done to give an answer."""

    AS_STORED = "as stored"
    EXPLICIT_LITTLE_ENDIAN = "as Explicit VR Little Endian"
    JSON = "as DICOM JSON"
    XML = "as native XML"
    RENDERED = "as an image for people"
    ZIP = "as a zip archive"
    WADL = "as WADL"


@dataclass(frozen=True, slots=True)
class Stored:
    """What negotiation must know of a stored thing.

    Attributes
    ----------
    transfer_syntax_uid
        As received.
    decodable
        Whether compressed pixels in that syntax can be decoded here.
    media_type
        What a bulk value is in itself, e.g. ``application/pdf`` of an encapsulated document.
    several
        More than one frame or value is asked for, so that a single part cannot hold the answer.
    """

    transfer_syntax_uid: str = EXPLICIT_VR_LITTLE_ENDIAN
    decodable: bool = False
    media_type: str = OCTET_STREAM
    several: bool = False


@dataclass(frozen=True, slots=True)
class Representation:
    """The chosen answer.

    Attributes
    ----------
    media_type
        Of the body, or of each part.
    multipart
        Whether the body is multipart/related.
    coding
        What is to be done to make it.
    transfer_syntax
        The UID to say in the Content-Type of the body or part; None where none is said.
    """

    media_type: str
    multipart: bool
    coding: Coding
    transfer_syntax: str | None = None

    @property
    def content_type(self) -> str:
        """The Content-Type of a part, or of a body that is not multipart."""
        if self.transfer_syntax is None:
            return self.media_type
        return f"{self.media_type}; transfer-syntax={self.transfer_syntax}"

    @property
    def acceptable(self) -> str:
        """How an Accept header asks for exactly this."""
        if not self.multipart:
            return self.content_type
        root = f'multipart/related; type="{self.media_type}"'
        return f"{root}; transfer-syntax={self.transfer_syntax}" if self.transfer_syntax else root


class NotAcceptable(Exception):  # noqa: N818 - reads as the fact it states
    """Nothing that the client accepts can be given.

    Attributes
    ----------
    available
        What the resource can be given as, spelled as an Accept header asks for it.
    """

    def __init__(self, available: tuple[str, ...]) -> None:
        listed = ", ".join(available) or "nothing yet"
        super().__init__(f"this resource can be given as: {listed}")
        self.available = available


@dataclass(frozen=True, slots=True)
class _Answer:
    representation: Representation
    # Whether entries that name no transfer syntax, or this one, mean this answer. `of_its_type`
    # says so for entries that name the compressed media type itself.
    by_default: bool = True
    by_name: bool = True
    of_its_type: bool = False

    def is_covered_by(self, entry: AcceptRange) -> bool:
        given = self.representation
        if not entry.takes(given.media_type, given.multipart):
            return False
        if given.transfer_syntax is None or entry.transfer_syntax == "*":
            return True
        if entry.transfer_syntax is not None:
            return self.by_name and entry.transfer_syntax == given.transfer_syntax
        return self.by_default or (self.of_its_type and entry.media_type != ANY)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: "_Kind"
    media_type: str
    multipart: bool
    holds_several: bool = True
    available: bool = True


_Kind = Callable[[_Row, Stored], Iterator[_Answer]]

_REWRITABLE = frozenset(
    {IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN}
)
_NEVER_BY_NAME = frozenset({IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN})


def _data_set(row: _Row, stored: Stored) -> Iterator[_Answer]:
    uid = stored.transfer_syntax_uid
    convertible = uid in _REWRITABLE or stored.decodable
    as_default = uid == EXPLICIT_VR_LITTLE_ENDIAN or not convertible
    yield _Answer(
        Representation(row.media_type, row.multipart, Coding.AS_STORED, uid),
        by_default=as_default,
        by_name=uid not in _NEVER_BY_NAME,
    )
    if not as_default:
        yield _Answer(_explicit(row))


def _pixels_as_stored(row: _Row, stored: Stored) -> Iterator[_Answer]:
    """Compressed frames under their own media type or, if the row says so, as octets."""
    syntax = transfer_syntax(stored.transfer_syntax_uid)
    own_type = row.media_type != OCTET_STREAM
    media_type = syntax.media_type if own_type else OCTET_STREAM
    if not syntax.encapsulated or (own_type and media_type == OCTET_STREAM):
        return
    yield _Answer(
        Representation(media_type, row.multipart, Coding.AS_STORED, str(syntax.uid)),
        by_default=not stored.decodable,
        of_its_type=own_type,
    )


def _pixels_uncompressed(row: _Row, stored: Stored) -> Iterator[_Answer]:
    """Native frames are the same octets in every little endian syntax (8.7.3.3 note 3)."""
    syntax = transfer_syntax(stored.transfer_syntax_uid)
    if not syntax.encapsulated and syntax.little_endian:
        uid = str(EXPLICIT_VR_LITTLE_ENDIAN)
        yield _Answer(Representation(row.media_type, row.multipart, Coding.AS_STORED, uid))
    elif not syntax.encapsulated or stored.decodable:
        yield _Answer(_explicit(row))


def _bulk_in_its_type(row: _Row, stored: Stored) -> Iterator[_Answer]:
    if stored.media_type != OCTET_STREAM:
        yield _Answer(Representation(stored.media_type, row.multipart, Coding.AS_STORED))


def _bulk_as_octets(row: _Row, stored: Stored) -> Iterator[_Answer]:
    if transfer_syntax(stored.transfer_syntax_uid).little_endian:
        uid = str(EXPLICIT_VR_LITTLE_ENDIAN)
        yield _Answer(Representation(row.media_type, row.multipart, Coding.AS_STORED, uid))
    else:
        yield _Answer(_explicit(row))


def _explicit(row: _Row) -> Representation:
    coding = Coding.EXPLICIT_LITTLE_ENDIAN
    uid = str(EXPLICIT_VR_LITTLE_ENDIAN)
    return Representation(row.media_type, row.multipart, coding, uid)


def _simply(coding: Coding) -> _Kind:
    def answers(row: _Row, _stored: Stored) -> Iterator[_Answer]:
        yield _Answer(Representation(row.media_type, row.multipart, coding))

    return answers


_json, _xml, _wadl = _simply(Coding.JSON), _simply(Coding.XML), _simply(Coding.WADL)
_rendered, _zip = _simply(Coding.RENDERED), _simply(Coding.ZIP)

# Stands in a row for whatever media type the stored thing has in itself.
_OWN = ""
_LATER = False

_ZIPPED = _Row(_zip, "application/zip", multipart=False, available=_LATER)
_INSTANCES = _Row(_data_set, DICOM, multipart=True)
_DOCUMENTS = (
    _Row(_json, DICOM_JSON, multipart=False),
    _Row(_json, JSON, multipart=False),
    _Row(_xml, DICOM_XML, multipart=True),
)

TABLE: dict[Resource, tuple[_Row, ...]] = {
    Resource.STUDY: (_INSTANCES, _ZIPPED),
    Resource.SERIES: (_INSTANCES, _ZIPPED),
    Resource.INSTANCE: (_INSTANCES, _Row(_data_set, DICOM, multipart=False), _ZIPPED),
    Resource.METADATA: (*_DOCUMENTS, _ZIPPED),
    Resource.FRAMES: (
        _Row(_pixels_as_stored, _OWN, multipart=True),
        _Row(_pixels_as_stored, OCTET_STREAM, multipart=True),
        _Row(_pixels_uncompressed, OCTET_STREAM, multipart=True),
        _Row(_pixels_as_stored, _OWN, multipart=False, holds_several=False),
        _Row(_pixels_as_stored, OCTET_STREAM, multipart=False, holds_several=False),
        _Row(_pixels_uncompressed, OCTET_STREAM, multipart=False, holds_several=False),
    ),
    Resource.BULKDATA: (
        _Row(_bulk_in_its_type, _OWN, multipart=True),
        _Row(_bulk_as_octets, OCTET_STREAM, multipart=True),
        _Row(_bulk_in_its_type, _OWN, multipart=False, holds_several=False),
        _Row(_bulk_as_octets, OCTET_STREAM, multipart=False, holds_several=False),
    ),
    Resource.RENDERED: (
        _Row(_rendered, "image/jpeg", multipart=False, holds_several=False, available=_LATER),
        _Row(_rendered, "image/png", multipart=False, holds_several=False, available=_LATER),
        _Row(_rendered, "image/gif", multipart=False, available=_LATER),
        _Row(_rendered, "image/jpeg", multipart=True, available=_LATER),
    ),
    Resource.THUMBNAIL: (_Row(_rendered, "image/jpeg", multipart=False),),
    Resource.SEARCH: _DOCUMENTS,
    Resource.STORE_RESPONSE: (
        _Row(_json, DICOM_JSON, multipart=False),
        _Row(_xml, DICOM_XML, multipart=False),
        _Row(_json, JSON, multipart=False),
    ),
    Resource.CAPABILITIES: (
        _Row(_wadl, WADL, multipart=False),
        _Row(_json, JSON, multipart=False),
    ),
    Resource.OPENAPI: (
        _Row(_json, JSON, multipart=False),
        _Row(_json, OPENAPI, multipart=False),
    ),
}

# What was done cannot be undone by a 406: these are answered in their default instead.
_ALWAYS_ANSWERED = frozenset({Resource.STORE_RESPONSE})


def choose(
    resource: Resource,
    accept: str | None,
    accept_parameter: str | None = None,
    stored: Stored = Stored(),
) -> Representation:
    """Choose the representation that answers a request.

    Parameters
    ----------
    resource
        What is asked for. Pixel Data as bulk data is chosen like `Resource.FRAMES`.
    accept
        The Accept header; None or empty is taken as ``*/*``, since clients of `/rendered` and
        `/thumbnail` send none (8.7.5 would have us answer 406).
    accept_parameter
        The ``accept`` query parameter, which goes before the header (8.7.8.1).
    stored
        How the thing is stored. In a study each instance is chosen for by itself (8.7.8.2 note
        1); `multipart` comes out the same for all.

    Raises
    ------
    NotAcceptable
        406: nothing fits; it carries what could be given.
    """
    header = accept if accept and accept.strip() else ANY
    parameter = (accept_parameter or "")[:MAX_ACCEPT_LENGTH]
    return _choose(resource, header[:MAX_ACCEPT_LENGTH], parameter, stored)


@lru_cache(maxsize=1024)
def _choose(resource: Resource, header: str, parameter: str, stored: Stored) -> Representation:
    answers = list(_answers(resource, stored))
    for text in (parameter, header):
        entries = parse_accept(text)
        qualities = [_quality(answer, entries) for answer in answers]
        best = max(qualities, default=0.0)
        if best > 0:
            return answers[qualities.index(best)].representation
    if resource in _ALWAYS_ANSWERED:
        return answers[0].representation
    raise NotAcceptable(tuple(answer.representation.acceptable for answer in answers))


def _answers(resource: Resource, stored: Stored) -> Iterator[_Answer]:
    for row in TABLE[resource]:
        if row.available and (row.holds_several or not stored.several):
            yield from row.kind(row, stored)


def _quality(answer: _Answer, entries: tuple[AcceptRange, ...]) -> float:
    covering = [entry for entry in entries if answer.is_covered_by(entry)]
    if not covering:
        return 0.0
    return max(covering, key=lambda entry: (entry.specificity, entry.quality)).quality


def media_types_of(resource: Resource) -> tuple[str, ...]:
    """List what a resource can be given as, for whatever is stored, the default first.

    The capability description and the conformance statement are made from this.
    """
    spelled: dict[str, None] = {}
    for row in TABLE[resource]:
        if row.available:
            for media_type in _types_of_row(row):
                spelled[
                    f'multipart/related; type="{media_type}"' if row.multipart else media_type
                ] = None
    return tuple(spelled)


def _types_of_row(row: _Row) -> Iterator[str]:
    if row.media_type:
        yield row.media_type
    elif row.kind is _pixels_as_stored:
        types = (syntax.media_type for syntax in TRANSFER_SYNTAXES.values())
        yield from sorted({name for name in types if name != OCTET_STREAM})
    else:
        yield "application/pdf"
