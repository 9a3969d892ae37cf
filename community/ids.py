"""Names of rows: UUIDs of version 7, as text. Later ones sort behind earlier ones.

References
----------
RFC 9562 section 5.7 (UUID version 7).
"""

from __future__ import annotations

import re
import secrets
import time

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id() -> str:
    """Return a name that nothing else has: 48 bits of milliseconds, 74 bits of chance."""
    milliseconds = time.time_ns() // 1_000_000
    chance = secrets.randbits(74)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    digits = f"{milliseconds << 80 | _VERSION | high << 64 | _VARIANT | low:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def is_id(text: str) -> bool:
    """Whether `new_id` could have made this."""
    return _FORM.fullmatch(text) is not None
