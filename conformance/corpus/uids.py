"""UIDs of a seed: the same seed gives the same, another seed none of them again.

References
----------
PS3.5 B.2, UUID derived UIDs: ``2.25.`` and a UUID as a decimal number.
"""

from __future__ import annotations

import hashlib

from pydicom.uid import UID


def uid_of(seed: str, *names: object) -> UID:
    """The UID of a name under a seed."""
    text = "\0".join([seed, *map(str, names)])
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
    # Version 4, variant 1 of RFC 9562, so that the number is that of a valid UUID.
    number = number & ~(0xF << 76) | (0x4 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return UID(f"2.25.{number}")
