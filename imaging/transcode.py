"""A frame from one transfer syntax to native pixels, or to another transfer syntax.

Codecs are C code and the bytes are a stranger's, so they run in child processes with bounds on
memory and time (`children`, `frame_jobs`); native pixels that stay native need no child. What
decodes what is the table in `codecs`, what encodes what is `encoders`, and what can be asked for
is `targets`.
"""

from dataclasses import asdict
from typing import Any, Final

from imaging.byte_order import swap_words
from imaging.children import ChildLimits, run_job
from imaging.codecs.decoders import CODECS
from imaging.errors import DecodeFailed, LimitExceeded, Unsupported
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription
from imaging.targets import SUBSETS, is_native, refusal
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN, is_uid

_MAX_FRAME_BYTES: Final = ChildLimits().max_body_bytes


def can_decode(transfer_syntax_uid: str) -> bool:
    """Whether frames of this transfer syntax can be made native."""
    uid = str(transfer_syntax_uid)
    return uid in CODECS or is_native(uid)


def decode_frame(description: FrameDescription, encoded: bytes) -> DecodedFrame:
    """Decode one frame, in one of this process's children.

    Parameters
    ----------
    description
        Of the frame as it is stored, with its transfer syntax.
    encoded
        All fragments of the frame, joined.

    Raises
    ------
    Unsupported
        When there is no codec for the transfer syntax.
    LimitExceeded
        When the frame, or what it declares, is larger than a child may be given.
    DecodeFailed
        When the codec refuses the frame, crashes over it or takes too long.
    """
    _check(description, encoded)
    if is_native(description.transfer_syntax_uid):
        return _native(description, encoded)
    head, data = run_job("decode", {"description": asdict(description)}, encoded)
    now = _described(head, description)
    if len(data) != now.native_bytes:
        raise DecodeFailed("the frame has another length than the data set says")
    return DecodedFrame(data, now)


def transcode_frame(
    description: FrameDescription,
    encoded: bytes,
    target_uid: str,
    quality: int | None = None,
) -> EncodedFrame:
    """Give one frame in another transfer syntax: decoded and encoded in one trip to a child.

    Parameters
    ----------
    description
        Of the frame as it is stored, with its transfer syntax.
    encoded
        All fragments of the frame, joined.
    target_uid
        One of `targets.targets_of(description)`. For the transfer syntax that the frame has
        already, the frame is passed on as it is; for a native one, what comes back is native
        little endian.
    quality
        Of a lossy target, 1 to 100; the usual quality when None.

    Raises
    ------
    Unsupported
        When such frames cannot be given in that transfer syntax.
    LimitExceeded, DecodeFailed
        As `decode_frame`.
    """
    target = str(target_uid)
    if target == description.transfer_syntax_uid and target != _BIG_ENDIAN:
        return EncodedFrame(encoded, description)
    if (reason := refusal(description, target)) is not None:
        raise Unsupported(reason)
    if (description.transfer_syntax_uid, target) in SUBSETS:
        return EncodedFrame(encoded, description.in_syntax(target))
    if is_native(target):
        decoded = decode_frame(description, encoded)
        return EncodedFrame(decoded.data, decoded.description)
    _check(description, encoded)
    asked = {"description": asdict(description), "target": target, "quality": quality}
    head, data = run_job("transcode", asked, encoded)
    return EncodedFrame(data, _described(head, description, target))


_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"


def _check(description: FrameDescription, encoded: bytes) -> None:
    if not can_decode(description.transfer_syntax_uid):
        raise Unsupported("there is no codec for the transfer syntax")
    if max(description.native_bytes, len(encoded)) > _MAX_FRAME_BYTES:
        raise LimitExceeded(f"a frame has more than {_MAX_FRAME_BYTES} bytes")


def _native(description: FrameDescription, data: bytes) -> DecodedFrame:
    description = description.of_length(len(data))
    if len(data) < description.native_bytes:
        raise DecodeFailed("the frame is shorter than the data set says")
    if description.transfer_syntax_uid == _BIG_ENDIAN:
        data = swap_words(data, description.word_bytes)
    return DecodedFrame(data[: description.native_bytes], description.decoded())


def _described(
    head: dict[str, Any], asked: FrameDescription, target: str = str(EXPLICIT_VR_LITTLE_ENDIAN)
) -> FrameDescription:
    """What the child says that the frame is now; it worked on hostile bytes and is not trusted."""
    said = head.get("description")
    photometric = said.get("photometric_interpretation") if isinstance(said, dict) else None
    bits = said.get("bits_allocated") if isinstance(said, dict) else None
    planar = said.get("planar_configuration") if isinstance(said, dict) else None
    if (
        not isinstance(photometric, str)
        or bits not in (asked.bits_allocated, 8, 16, 32)
        or planar not in (0, 1)
        or not is_uid(target)
    ):
        raise DecodeFailed("the codec process gave no description")
    return asked.decoded(
        photometric_interpretation=photometric[:16],
        bits_allocated=bits,
        planar_configuration=planar,
    ).in_syntax(target)
