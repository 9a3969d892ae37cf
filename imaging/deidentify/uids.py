"""UIDs of instances, studies and references mapped by a keyed hash, alike wherever they stand.

References
----------
PS3.15 section E.3.9 (UIDs), PS3.5 section B.2 (UIDs made from a UUID), RFC 9562 (UUID version 8).
"""

from __future__ import annotations

from imaging.deidentify.secrets import Secret
from imaging.uids import is_uid

DICOM_ROOT = "1.2.840.10008."
VOCABULARIES = frozenset({0x0008010C, 0x0008010D, 0x00080117, 0x00080118})
"""Attributes whose UIDs are those of coding schemes and their parts, which PS3.15 leaves alone."""

_VERSION, _VARIANT = 0x8 << 76, 0b10 << 62
_MAX_DIGITS = 39
_VERSION_BITS, _VARIANT_BITS = 0xF << 76, 0b11 << 62


def map_uid(secret: Secret, collection: str, uid: str) -> str:
    """Map a UID of an instance, a study, a frame of reference …

    The same UID in the same collection always gives the same one, from which nobody without the
    key finds the way back. What is no UID is mapped all the same: it may say something.
    """
    return _made_of(secret.number("uid", collection, uid))


def waiting_uid(secret: Secret, collection: str, uid: str) -> str:
    """Name what waits to be de-identified: neither as it was sent nor as it will be published."""
    return _made_of(secret.number("waiting uid", collection, uid))


def is_made(uid: str) -> bool:
    """Whether a UID has the form of those that `map_uid` makes, and few others have (version 8)."""
    root, _, digits = uid.rpartition(".")
    if root != "2.25" or not digits.isdecimal() or len(digits) > _MAX_DIGITS:
        return False
    number = int(digits)
    return number & _VERSION_BITS == _VERSION and number & _VARIANT_BITS == _VARIANT


def is_well_known(uid: str) -> bool:
    """Whether a UID names a class, a syntax or a well-known object, and no person's study.

    All below the root of the standard do (PS3.6 annex A): it is given to nobody's instances.
    """
    return is_uid(uid) and uid.startswith(DICOM_ROOT)


def _made_of(derived: int) -> str:
    number = derived >> 128 & ~_VERSION_BITS & ~_VARIANT_BITS | _VERSION | _VARIANT
    return f"2.25.{number}"
