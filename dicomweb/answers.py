"""What the rows of the negotiation table become, once it is known how the thing is stored.

A row of the table (`negotiation`) names a media type and a kind; a kind is a function here that
says which answers there are for a stored thing, the one that needs least work first, and which
entries of an Accept list mean each. Which answer wins is `negotiation`; making the bytes is
`representations`.

References
----------
DICOM PS3.18 sections 8.7.3.3 to 8.7.3.5 and tables 8.7.3-2, 8.7.3-4 and 8.7.3-5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from dicomweb.media_types import ANY, AcceptRange
from dicomweb.rendering.kinds import PICTURES, RENDERED_TYPES
from imaging.uids import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    OCTET_STREAM,
    RLE_LOSSLESS,
    TRANSFER_SYNTAXES,
    transfer_syntax,
)


class Coding(Enum):
    """What is to be done to give an answer."""

    AS_STORED = "as stored"
    EXPLICIT_LITTLE_ENDIAN = "as Explicit VR Little Endian"
    TRANSCODED = "in another transfer syntax"
    JSON = "as DICOM JSON"
    XML = "as native XML"
    RENDERED = "as an image for people"
    ZIP = "as a zip archive"
    BULK = "as bulk data"
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
    targets
        Transfer syntaxes that its pixels can be encoded in, the cheapest first; what needs no
        encoding may be among them or not.
    renderings, parts
        Media types that it can be rendered as: as one body, and as parts of several.
    """

    transfer_syntax_uid: str = EXPLICIT_VR_LITTLE_ENDIAN
    decodable: bool = False
    media_type: str = OCTET_STREAM
    several: bool = False
    targets: tuple[str, ...] = ()
    renderings: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that can be given, and the entries of an Accept list that mean it.

    Attributes
    ----------
    by_default
        Entries that name no transfer syntax.
    by_name
        Entries that name this transfer syntax.
    by_star
        Entries whose transfer syntax is ``*``: as it is stored.
    of_its_type
        Entries that name this media type, or its family, and leave the transfer syntax open.
    only_named
        Only entries that name this very media type.
    """

    representation: Representation
    by_default: bool = True
    by_name: bool = True
    by_star: bool = True
    of_its_type: bool = False
    only_named: bool = False

    def is_covered_by(self, entry: AcceptRange) -> bool:
        """Whether an entry of an Accept list means this answer."""
        given = self.representation
        if not entry.takes(given.media_type, given.multipart):
            return False
        if self.only_named and entry.media_type != given.media_type:
            return False
        if given.transfer_syntax is None:
            return True
        if entry.transfer_syntax not in (None, "*"):
            return self.by_name and entry.transfer_syntax == given.transfer_syntax
        if self.of_its_type and entry.media_type != ANY:
            return True
        return self.by_default if entry.transfer_syntax is None else self.by_star


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the negotiation table.

    Attributes
    ----------
    media_type
        `OWN` stands for whatever the stored thing is in itself.
    holds_several
        Whether it can hold more than one frame or value.
    available
        Whether this server gives it at all.
    """

    kind: Kind
    media_type: str
    multipart: bool
    holds_several: bool = True
    available: bool = True


Kind = Callable[[Row, Stored], Iterator[Answer]]

OWN = ""

DEFAULT_SYNTAXES = MappingProxyType(
    {
        "image/jpeg": "1.2.840.10008.1.2.4.70",
        "image/dicom-rle": str(RLE_LOSSLESS),
        "image/jls": "1.2.840.10008.1.2.4.80",
        "image/jp2": "1.2.840.10008.1.2.4.90",
        "image/jpx": "1.2.840.10008.1.2.4.92",
        "image/jphc": "1.2.840.10008.1.2.4.201",
        "image/jxl": "1.2.840.10008.1.2.4.110",
    }
)
"""What a compressed media type means where no transfer syntax is named (table 8.7.3-5)."""

_REWRITABLE = frozenset(
    {IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN}
)
_NEVER_BY_NAME = frozenset({IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN})

EVERY_TARGET: tuple[str, ...] = tuple(
    uid
    for uid, syntax in TRANSFER_SYNTAXES.items()
    if not syntax.video and uid not in _NEVER_BY_NAME
)
"""More than anything can be encoded in: stands for targets that are not known yet."""


def data_set(row: Row, stored: Stored) -> Iterator[Answer]:
    """A whole instance."""
    uid = stored.transfer_syntax_uid
    convertible = uid in _REWRITABLE or stored.decodable
    as_default = uid == EXPLICIT_VR_LITTLE_ENDIAN or not convertible
    yield Answer(
        Representation(row.media_type, row.multipart, Coding.AS_STORED, uid),
        by_default=as_default,
        by_name=uid not in _NEVER_BY_NAME,
    )
    if not as_default:
        yield Answer(_explicit(row), by_star=False)
    for target in _other_targets(stored):
        yield _encoded(row, row.media_type, target)


def pixels_as_stored(row: Row, stored: Stored) -> Iterator[Answer]:
    """Compressed frames under their own media type or, if the row says so, as octets."""
    syntax = transfer_syntax(stored.transfer_syntax_uid)
    own_type = row.media_type != OCTET_STREAM
    media_type = syntax.media_type if own_type else OCTET_STREAM
    if not syntax.encapsulated or (own_type and media_type == OCTET_STREAM):
        return
    uid = str(syntax.uid)
    # What is stored lossy cannot be had in the lossless default of its type but by expanding it;
    # 8.7.3.4 lets it go as it is.
    is_default = not syntax.lossless or DEFAULT_SYNTAXES.get(media_type) == uid
    yield Answer(
        Representation(media_type, row.multipart, Coding.AS_STORED, uid),
        by_default=not stored.decodable,
        of_its_type=own_type and (is_default or not stored.decodable),
    )


def pixels_uncompressed(row: Row, stored: Stored) -> Iterator[Answer]:
    """Native frames are the same octets in every little endian syntax (8.7.3.3 note 3)."""
    syntax = transfer_syntax(stored.transfer_syntax_uid)
    if not syntax.encapsulated and syntax.little_endian:
        uid = str(EXPLICIT_VR_LITTLE_ENDIAN)
        yield Answer(Representation(row.media_type, row.multipart, Coding.AS_STORED, uid))
    elif not syntax.encapsulated or stored.decodable:
        yield Answer(_explicit(row))


def pixels_encoded(row: Row, stored: Stored) -> Iterator[Answer]:
    """Frames in other syntaxes: by name, or by a media type whose default they are."""
    for target in _other_targets(stored):
        syntax = transfer_syntax(target)
        media_type = row.media_type or syntax.media_type
        if syntax.encapsulated and not (row.media_type == OWN and media_type == OCTET_STREAM):
            yield _encoded(row, media_type, target)


def bulk_in_its_type(row: Row, stored: Stored) -> Iterator[Answer]:
    """A bulk value as what it says that it is."""
    if stored.media_type != OCTET_STREAM:
        yield Answer(Representation(stored.media_type, row.multipart, Coding.AS_STORED))


def bulk_as_octets(row: Row, stored: Stored) -> Iterator[Answer]:
    """A bulk value as little endian octets."""
    if transfer_syntax(stored.transfer_syntax_uid).little_endian:
        uid = str(EXPLICIT_VR_LITTLE_ENDIAN)
        yield Answer(Representation(row.media_type, row.multipart, Coding.AS_STORED, uid))
    else:
        yield Answer(_explicit(row))


def its_bulkdata(row: Row, _stored: Stored) -> Iterator[Answer]:
    """All bulk data in place of the instances themselves; no wild card means that."""
    yield Answer(Representation(row.media_type, row.multipart, Coding.BULK), only_named=True)


def renderings(row: Row, stored: Stored) -> Iterator[Answer]:
    """What people look at or read, as far as this thing has it."""
    for media_type in stored.parts if row.multipart else stored.renderings:
        yield Answer(Representation(media_type, row.multipart, Coding.RENDERED))


def pictures(row: Row, stored: Stored) -> Iterator[Answer]:
    """What people look at, of frames."""
    yield from renderings(row, stored)


def simply(coding: Coding) -> Kind:
    """What is given in one way however it is stored."""

    def answers(row: Row, _stored: Stored) -> Iterator[Answer]:
        yield Answer(Representation(row.media_type, row.multipart, coding))

    return answers


def media_types_of_row(row: Row) -> Iterator[str]:
    """List what a row can be, for whatever is stored."""
    if row.media_type:
        yield row.media_type
    elif row.kind in (pixels_as_stored, pixels_encoded):
        types = (syntax.media_type for syntax in TRANSFER_SYNTAXES.values())
        yield from sorted({name for name in types if name != OCTET_STREAM})
    elif row.kind in (renderings, pictures):
        yield from RENDERED_TYPES if row.kind is renderings else PICTURES
    else:
        yield "application/pdf"


def _other_targets(stored: Stored) -> Iterator[str]:
    for target in stored.targets:
        if target not in (stored.transfer_syntax_uid, EXPLICIT_VR_LITTLE_ENDIAN):
            yield target


def _explicit(row: Row) -> Representation:
    coding = Coding.EXPLICIT_LITTLE_ENDIAN
    uid = str(EXPLICIT_VR_LITTLE_ENDIAN)
    return Representation(row.media_type, row.multipart, coding, uid)


def _encoded(row: Row, media_type: str, target: str) -> Answer:
    return Answer(
        Representation(media_type, row.multipart, Coding.TRANSCODED, target),
        by_default=False,
        by_star=False,
        # The defaults are lossless all of them: nobody loses pixels who did not name the way.
        of_its_type=DEFAULT_SYNTAXES.get(media_type) == target,
    )
