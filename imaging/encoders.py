"""How native pixels become a frame of each transfer syntax: one row per syntax.

References
----------
PS3.5 section 8.2 and annex A.4.
"""

from collections.abc import Callable
from typing import Final

from imaging.errors import Unsupported
from imaging.pixels import DecodedFrame, EncodedFrame

Encoder = Callable[[DecodedFrame, int | None], EncodedFrame]

ENCODERS: Final[dict[str, Encoder]] = {}


def encode(native: DecodedFrame, target_uid: str, quality: int | None) -> EncodedFrame:
    """Encode one frame."""
    if target_uid not in ENCODERS:
        raise Unsupported("there is no encoder for the transfer syntax")
    return ENCODERS[target_uid](native, quality)
