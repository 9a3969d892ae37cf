"""What the children do to frames: decode one, or decode and encode it. Runs in a child only.

References
----------
PS3.5 section 8.2 and annex A.4.
"""

from dataclasses import asdict
from typing import Any

from imaging import codecs, encoders
from imaging.byte_order import swap_words
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.targets import is_native
from imaging.uids import transfer_syntax

Answer = tuple[dict[str, Any], bytes]


def decode(head: dict[str, Any], encoded: bytes) -> Answer:
    """Make a frame native."""
    decoded = codecs.decode(encoded, FrameDescription(**head["description"]))
    return {"description": asdict(decoded.description)}, decoded.data


def transcode(head: dict[str, Any], encoded: bytes) -> Answer:
    """Make a frame native and encode it in the transfer syntax "target"."""
    native = _native(FrameDescription(**head["description"]), encoded)
    made = encoders.encode(native, head["target"], head["quality"])
    return {"description": asdict(made.description)}, made.data


def _native(description: FrameDescription, data: bytes) -> DecodedFrame:
    if not is_native(description.transfer_syntax_uid):
        return codecs.decode(data, description)
    if not transfer_syntax(description.transfer_syntax_uid).little_endian:
        data = swap_words(data, description.word_bytes)
    return codecs.exactly(data[: description.native_bytes], description)
