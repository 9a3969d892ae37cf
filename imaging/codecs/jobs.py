"""What the children do to frames: decode one, or decode and encode it. Runs in a child only.

References
----------
PS3.5 section 8.2 and annex A.4.
"""

from dataclasses import asdict
from typing import Any

from imaging.byte_order import swap_words
from imaging.codecs import decoders as codecs
from imaging.codecs import encoders
from imaging.errors import Unsupported
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription
from imaging.targets import is_native
from imaging.uids import transfer_syntax

Answer = tuple[dict[str, Any], bytes]


def decode(head: dict[str, Any], encoded: bytes) -> Answer:
    """Make a frame native."""
    decoded = codecs.decode(encoded, FrameDescription(**head["description"]))
    return {"description": asdict(decoded.description)}, decoded.data


def transcode(head: dict[str, Any], encoded: bytes) -> Answer:
    """Make a frame native and encode it in the transfer syntax "target".

    A JPEG that is packed as JPEG XL, or taken out of it, is never decoded.
    """
    description, target = FrameDescription(**head["description"]), head["target"]
    repack = _REPACKED.get((description.transfer_syntax_uid, target))
    if repack is not None:
        made = EncodedFrame(repack(encoded), description.in_syntax(target))
    else:
        made = encoders.encode(_native(description, encoded), target, head["quality"])
    return {"description": asdict(made.description)}, made.data


def _native(description: FrameDescription, data: bytes) -> DecodedFrame:
    if not is_native(description.transfer_syntax_uid):
        return codecs.decode(data, description)
    if not transfer_syntax(description.transfer_syntax_uid).little_endian:
        data = swap_words(data, description.word_bytes)
    description = description.of_length(len(data))
    return codecs.exactly(data[: description.native_bytes], description)


def _pack_jpeg(data: bytes) -> bytes:
    """A JPEG as JPEG XL that can be turned back to the very same bytes."""
    import imagecodecs

    # Frames are padded to even length, and padding is no part of a JPEG.
    stream = data[: data.rindex(b"\xff\xd9") + 2]
    packed = bytes(imagecodecs.jpegxl_encode_jpeg(stream, usecontainer=True, numthreads=1))
    if _unpack_jpeg(packed) != stream:
        raise Unsupported("this JPEG does not come out of JPEG XL as it went in")
    return packed


def _unpack_jpeg(data: bytes) -> bytes:
    import imagecodecs

    # The stub asks for a number of threads, the function takes none.
    return bytes(imagecodecs.jpegxl_decode_jpeg(data))  # type: ignore[call-arg] # see above


_BASELINE, _RECOMPRESSED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.111"
_REPACKED = {
    (_BASELINE, _RECOMPRESSED): _pack_jpeg,
    (_RECOMPRESSED, _BASELINE): _unpack_jpeg,
}
