"""Every error that the archive raises, and nothing else.

::

    ArchiveError
    ├── SettingsError          a setting that cannot work, named
    ├── NotFound               no such collection, study, series or instance
    │   └── ObjectMissing      the object store holds no such key
    ├── Gone                   it was erased, and when
    ├── Unauthenticated        nobody we know asks
    ├── NotAllowed             somebody we know may not
    ├── BadSearch              the question is malformed
    ├── TooBroad               the question asks for more than we answer
    ├── InUse                  the name that the request brings is taken
    ├── TooMany                enough of this for now; try again later
    ├── StoreUnavailable       index or object store is down; try again later
    └── StoreFailure           one instance was not stored; `reason` says why
        ├── ProcessingFailure      0110
        ├── DuplicateInstance      0111
        ├── InvalidInstance        0117
        ├── SopClassRefused        0122
        ├── StoreNotAllowed        0124
        ├── OutOfResources         A700
        ├── DoesNotMatch           A900
        ├── CannotUnderstand       C000
        └── TransferSyntaxRefused  C122

Messages are safe to show: they name what is wrong and never repeat a value
that was not validated, nor a patient's. Doors own the numbers of their own
protocol; the Failure Reason word is DICOM's, shared by STOW-RS and C-STORE,
so it is written once, here.

References
----------
PS3.3 C.12.1.14 (Failure Reason), PS3.4 B.2.3 (C-STORE status words),
PS3.18 Annex I (Store Instances Response Module).
"""

# ruff: noqa: N818 — these names are read in sentences ("raise NotFound"), and doors share them.
from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class ArchiveError(Exception):
    """Base of everything that the archive raises on purpose."""


class SettingsError(ArchiveError):
    """A setting is missing or cannot work; the message names it."""


class NotFound(ArchiveError):
    """No such thing in this collection."""


class ObjectMissing(NotFound):
    """The object store holds nothing under this key."""


class Gone(ArchiveError):
    """The thing was here and was erased.

    Parameters
    ----------
    what : str
        "study", "series" or "instance".
    since : datetime
        When it was erased (UTC).
    """

    def __init__(self, what: str, since: datetime) -> None:
        super().__init__(f"this {what} was erased on {since:%Y-%m-%d}")
        self.what = what
        self.since = since


class Unauthenticated(ArchiveError):
    """The request names nobody whom we know."""


class NotAllowed(ArchiveError):
    """The principal lacks the scope."""


class BadSearch(ArchiveError):
    """The question cannot be read; the message names the part."""


class TooBroad(ArchiveError):
    """The question would need more than we are willing to compute."""


class InUse(ArchiveError):
    """What the request wants to make is there already."""


class TooMany(ArchiveError):
    """One caller may have only so many of these at once."""


class StoreUnavailable(ArchiveError):
    """Index or object store cannot be reached; nothing was acknowledged."""


class StoreFailure(ArchiveError):
    """One instance was not stored.

    Attributes
    ----------
    reason : int
        The Failure Reason word (0008,1197).
    """

    reason: ClassVar[int] = 0x0110


class ProcessingFailure(StoreFailure):
    """Our side failed in a way that the instance is not to blame for."""

    reason = 0x0110


class DuplicateInstance(StoreFailure):
    """Another data set is already kept under this SOP Instance UID."""

    reason = 0x0111


class InvalidInstance(StoreFailure):
    """The SOP Instance UID is missing or is no UID."""

    reason = 0x0117


class SopClassRefused(StoreFailure):
    """A SOP Class that is no stored instance, such as a DICOMDIR."""

    reason = 0x0122


class StoreNotAllowed(StoreFailure):
    """The caller may not store here."""

    reason = 0x0124


class OutOfResources(StoreFailure):
    """Larger than the limit, or no room left."""

    reason = 0xA700


class DoesNotMatch(StoreFailure):
    """The data set contradicts its file meta information or the request."""

    reason = 0xA900


class CannotUnderstand(StoreFailure):
    """Not DICOM, truncated, or malformed."""

    reason = 0xC000


class TransferSyntaxRefused(StoreFailure):
    """The transfer syntax cannot be read as far as the index needs."""

    reason = 0xC122
