"""What became of instances that were sent: kept, with or without a warning, or not.

Words for it that a door speaks are the door's.

References
----------
PS3.18 Annex I (Warning Reason).
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.errors import StoreFailure

COERCED = 0xB000
"""Warning Reason: what was stored differs, or will, from what was sent (PS3.18 Annex I)."""

DISCARDED = 0xB006
"""Warning Reason: some of what was sent is no part of what was stored."""

NOT_OF_ITS_CLASS = 0xB007
"""Warning Reason: the data set is not what its SOP Class is for."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Under which names an instance will be published.

    Attributes
    ----------
    upload : str
        The token of the upload, by which its sender can follow it.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    upload: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance that is kept, durable and visible.

    Attributes
    ----------
    warning : int or None
        Warning Reason (0008,1196).
    already : bool
        The same bytes were kept before.
    retrievable : bool
        Whether it can be had under the UIDs that were sent.
    note : str
        What the warning is about, in words for the sender.
    coming : Coming or None
        Of an instance that is de-identified first.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    warning: int | None = None
    already: bool = False
    retrievable: bool = True
    note: str = ""
    coming: Coming | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An instance that is not kept; UIDs only where they are UIDs."""

    sop_class_uid: str | None
    sop_instance_uid: str | None
    failure: StoreFailure


Outcome = Stored | Failed
