"""Which representation of a resource answers an Accept list: one table, one rule.

The table says what each resource can be given as; a row becomes one or more answers once it is
known how the thing is stored (`answers`). Reading Accept text is `media_types`; making the bytes
is `representations`. Adding a media type is adding a row.

The rule is PS3.18 8.7.8: every answer that can be given gets the quality of the most specific
entry that covers it, the highest quality wins, and among equals the one that needs least work
(rows and answers are listed in that order), whatever the order in which the client listed them.

Transfer syntaxes
-----------------
An entry that names none means Explicit VR Little Endian; where pixels cannot be decoded it means
the stored syntax (8.7.3.4). ``*`` means as stored. Any other that the pixels can be encoded in is
given by name, and the lossless ones by the media type whose default they are (`image/jls`). What
can be encoded is looked up only when nothing cheaper is wanted as much. Implicit VR Little Endian
and Explicit VR Big Endian are never sent (8.7.3.4), with one exception that is ours: a whole
instance asked for with ``*`` comes back byte for byte as it was stored, whatever its syntax,
because store-and-forward is what such a request is for
(``docs/decisions/0040-as-stored-means-byte-for-byte.md``; more in 0105).

References
----------
DICOM PS3.18 sections 8.7.3 to 8.7.8, 10.4.4 (2025a: single part for single-item resources only).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from functools import lru_cache

from dicomweb.answers import (
    EVERY_TARGET,
    OWN,
    Answer,
    Coding,
    Representation,
    Row,
    Stored,
    bulk_as_octets,
    bulk_in_its_type,
    data_set,
    its_bulkdata,
    media_types_of_row,
    pictures,
    pixels_as_stored,
    pixels_encoded,
    pixels_uncompressed,
    renderings,
    simply,
)
from dicomweb.media_types import ANY, MAX_ACCEPT_LENGTH, AcceptRange, parse_accept
from dicomweb.rendering.kinds import PICTURES
from imaging.uids import OCTET_STREAM

__all__ = [
    "Coding",
    "NotAcceptable",
    "Representation",
    "Resource",
    "Stored",
    "choose",
    "media_types_of",
]

DICOM = "application/dicom"
DICOM_JSON = "application/dicom+json"
DICOM_XML = "application/dicom+xml"
JSON = "application/json"
OPENAPI = "application/vnd.oai.openapi+json"
WADL = "application/vnd.sun.wadl+xml"
ZIP = "application/zip"


class Resource(Enum):
    """What can be asked for; one entry of the table each."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    METADATA = "metadata"
    FRAMES = "frames"
    BULKDATA = "bulkdata"
    ALL_BULKDATA = "all bulkdata"
    PIXELDATA = "pixeldata"
    BULK_PARTS = "bulkdata as parts"
    PIXEL_PARTS = "pixeldata as parts"
    PARTS = "instances as parts"
    ZIPPED = "instances in a zip archive"
    URI = "instance by the URI service"
    RENDERED = "rendered instance"
    RENDERED_FRAMES = "rendered frames"
    RENDERED_SEVERAL = "rendered study or series"
    RENDERED_VOLUME = "rendered volume"
    VOLUME_PARAMETERS = "parameters of a rendered volume"
    THUMBNAIL = "thumbnail"
    SEARCH = "search"
    STORE_RESPONSE = "store response"
    COMMITMENT = "storage commitment"
    CAPABILITIES = "capabilities"
    OPENAPI = "OpenAPI document"


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


_json, _xml, _wadl = simply(Coding.JSON), simply(Coding.XML), simply(Coding.WADL)
_rendered, _zip = simply(Coding.RENDERED), simply(Coding.ZIP)

_INSTANCES = Row(data_set, DICOM, multipart=True)
_ZIPPED = Row(data_set, ZIP, multipart=False)
# "Retained for historical reasons": the same as the resource's bulk data (10.4.4 note 2).
_ITS_BULKDATA = Row(its_bulkdata, OCTET_STREAM, multipart=True)
_DOCUMENTS = (
    Row(_json, DICOM_JSON, multipart=False),
    Row(_json, JSON, multipart=False),
    Row(_xml, DICOM_XML, multipart=True),
)
_FRAMES = (
    Row(pixels_as_stored, OWN, multipart=True),
    Row(pixels_as_stored, OCTET_STREAM, multipart=True),
    Row(pixels_uncompressed, OCTET_STREAM, multipart=True),
    Row(pixels_as_stored, OWN, multipart=False, holds_several=False),
    Row(pixels_as_stored, OCTET_STREAM, multipart=False, holds_several=False),
    Row(pixels_uncompressed, OCTET_STREAM, multipart=False, holds_several=False),
    Row(pixels_encoded, OWN, multipart=True),
    Row(pixels_encoded, OCTET_STREAM, multipart=True),
    Row(pixels_encoded, OWN, multipart=False, holds_several=False),
    Row(pixels_encoded, OCTET_STREAM, multipart=False, holds_several=False),
)
# All frames of uncompressed Pixel Data are one value.
_PIXEL_DATA = (
    *_FRAMES[:5],
    Row(pixels_uncompressed, OCTET_STREAM, multipart=False),
    *_FRAMES[6:],
)
_BULK_VALUE = (
    Row(bulk_in_its_type, OWN, multipart=True),
    Row(bulk_as_octets, OCTET_STREAM, multipart=True),
    Row(bulk_in_its_type, OWN, multipart=False, holds_several=False),
    Row(bulk_as_octets, OCTET_STREAM, multipart=False, holds_several=False),
)

TABLE: dict[Resource, tuple[Row, ...]] = {
    Resource.STUDY: (_INSTANCES, _ITS_BULKDATA, _ZIPPED),
    Resource.SERIES: (_INSTANCES, _ITS_BULKDATA, _ZIPPED),
    Resource.INSTANCE: (
        _INSTANCES,
        Row(data_set, DICOM, multipart=False),
        _ITS_BULKDATA,
        _ZIPPED,
    ),
    Resource.METADATA: (*_DOCUMENTS, Row(_zip, ZIP, multipart=False)),
    Resource.PARTS: (_INSTANCES,),
    Resource.ZIPPED: (_ZIPPED,),
    Resource.FRAMES: _FRAMES,
    Resource.BULKDATA: _BULK_VALUE,
    Resource.PIXELDATA: _PIXEL_DATA,
    Resource.BULK_PARTS: tuple(row for row in _BULK_VALUE if row.multipart),
    Resource.PIXEL_PARTS: tuple(row for row in _PIXEL_DATA if row.multipart),
    Resource.ALL_BULKDATA: (*_BULK_VALUE, *_PIXEL_DATA),
    Resource.RENDERED: (
        Row(renderings, OWN, multipart=False),
        Row(renderings, OWN, multipart=True),
    ),
    Resource.RENDERED_FRAMES: (
        Row(pictures, OWN, multipart=False),
        Row(pictures, OWN, multipart=True),
    ),
    Resource.RENDERED_SEVERAL: (Row(renderings, OWN, multipart=True),),
    Resource.RENDERED_VOLUME: (
        Row(pictures, OWN, multipart=False),
        Row(pictures, OWN, multipart=True),
    ),
    Resource.VOLUME_PARAMETERS: _DOCUMENTS,
    Resource.THUMBNAIL: tuple(Row(_rendered, name, multipart=False) for name in PICTURES),
    Resource.SEARCH: _DOCUMENTS,
    Resource.STORE_RESPONSE: (
        Row(_json, DICOM_JSON, multipart=False),
        Row(_xml, DICOM_XML, multipart=True),
        Row(_xml, DICOM_XML, multipart=False),
        Row(_json, JSON, multipart=False),
    ),
    Resource.URI: (
        Row(renderings, OWN, multipart=False),
        Row(data_set, DICOM, multipart=False),
    ),
    Resource.COMMITMENT: (*_DOCUMENTS, Row(_xml, DICOM_XML, multipart=False)),
    Resource.CAPABILITIES: (
        Row(_wadl, WADL, multipart=False),
        Row(_json, JSON, multipart=False),
    ),
    Resource.OPENAPI: (
        Row(_json, JSON, multipart=False),
        Row(_json, OPENAPI, multipart=False),
    ),
}

_UNKNOWN = Stored()

# What was done cannot be undone by a 406: these are answered in their default instead.
_ALWAYS_ANSWERED = frozenset({Resource.STORE_RESPONSE})


def choose(
    resource: Resource,
    accept: str | None,
    accept_parameter: str | None = None,
    stored: Stored = _UNKNOWN,
    targets: Callable[[], tuple[str, ...]] | None = None,
) -> Representation:
    """Choose the representation that answers a request.

    Parameters
    ----------
    resource
        What is asked for. Pixel Data as bulk data is chosen like `Resource.PIXELDATA`.
    accept
        The Accept header; None or empty is taken as ``*/*``, since clients of `/rendered` and
        `/thumbnail` send none (8.7.5 would have us answer 406).
    accept_parameter
        The ``accept`` query parameter, which goes before the header (8.7.8.1).
    stored
        How the thing is stored. In a study each instance is chosen for by itself (8.7.8.2 note
        1); `multipart` comes out the same for all.
    targets
        Finds out `stored.targets`; called only when it matters.

    Raises
    ------
    NotAcceptable
        406: nothing fits; it carries what could be given.
    """
    header = accept if accept and accept.strip() else ANY
    asked = header[:MAX_ACCEPT_LENGTH], (accept_parameter or "")[:MAX_ACCEPT_LENGTH]
    if targets is None:
        return _choose(resource, *asked, stored)
    chosen = _choose_whatever_is_encoded(resource, *asked, stored)
    # Among equals an answer without encoding comes first: one that wins here wins in any case.
    if chosen is not None and chosen.coding is not Coding.TRANSCODED:
        return chosen
    return _choose(resource, *asked, replace(stored, targets=targets()))


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
    raise NotAcceptable(
        tuple(dict.fromkeys(answer.representation.acceptable for answer in answers))
    )


@lru_cache(maxsize=1024)
def _choose_whatever_is_encoded(
    resource: Resource, header: str, parameter: str, stored: Stored
) -> Representation | None:
    """What would answer if all could be encoded; None where not even then anything would."""
    try:
        return _choose(resource, header, parameter, replace(stored, targets=EVERY_TARGET))
    except NotAcceptable:
        return None


def _answers(resource: Resource, stored: Stored) -> Iterator[Answer]:
    for row in TABLE[resource]:
        if row.available and (row.holds_several or not stored.several):
            yield from row.kind(row, stored)


def _quality(answer: Answer, entries: tuple[AcceptRange, ...]) -> float:
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
            for media_type in media_types_of_row(row):
                spelled[
                    f'multipart/related; type="{media_type}"' if row.multipart else media_type
                ] = None
    return tuple(spelled)
