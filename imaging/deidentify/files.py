"""A finished file: the cleaned data set and the pixels, under a preamble and meta information new.

Which bytes a de-identified file consists of may live here. Nothing of the source's preamble, file
meta information or data set is copied: only what the cleaned data set still names, and pixels.
What is taken out is `engine`, which samples are blackened is `pixels`.

References
----------
PS3.15 section E.1.1 (preamble and file meta information are replaced), PS3.10 section 7.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, Final

from pydicom.uid import RLELossless

from imaging.data_set import DataSet, PixelData
from imaging.deidentify.bare_codestreams import bare, starts_codestream
from imaging.deidentify.bare_samples import bare_samples
from imaging.deidentify.engine import Outcome
from imaging.deidentify.video.errors import Unfollowed
from imaging.deidentify.video.streams import bared_video, max_video_bytes
from imaging.errors import DecodeFailed, ImagingError, Unsupported
from imaging.part10 import Header
from imaging.pixels import EncodedFrame, FrameDescription, describe_frame
from imaging.rewrite import FrameChange, rewritten
from imaging.rewrite_pixels import BareCodestreams, BareStream
from imaging.targets import encodable, is_native
from imaging.transcode import decode_frame, transcode_frame
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN, transfer_syntax

HTJ2K_RPCL: Final = "1.2.840.10008.1.2.4.202"
"""HTJ2K Lossless with RPCL order: what a collection stores images in by default."""

_NUMBER_OF_FRAMES: Final = 0x00280008
_BARE: Final = BareCodestreams(starts_codestream, bare)
_PHOTOMETRIC, _LOSSY_COMPRESSION = 0x00280004, 0x00282110


@dataclass(frozen=True, slots=True)
class Finished:
    """A file ready to be written.

    Attributes
    ----------
    pieces
        Read from the source while they are taken.
    transcoded
        Whether the frames are in another transfer syntax than they were; every sample is the
        same, or blackened on purpose.
    """

    transfer_syntax_uid: str
    pieces: Iterator[bytes]
    transcoded: bool


def finished(
    stream: BinaryIO,
    header: Header,
    outcome: Outcome,
    wanted: str | None = None,
    change: FrameChange | None = None,
) -> Finished:
    """Make the file of an outcome.

    Parameters
    ----------
    stream, header
        The source, which the outcome was made of.
    wanted
        The transfer syntax that frames shall have, where it suits them and keeps every sample;
        None leaves them as they are.
    change
        What is done to the samples of a frame; `blackout` of the pixel plan.

    Raises
    ------
    ImagingError
        The samples had to be changed and cannot be, or the data set says nothing of an instance.
    """
    cleaned = replace(
        header,
        data_set=outcome.data_set,
        file_meta=DataSet(),
        has_preamble=True,
        pixel_data=_without_surplus(header),
    )
    change = _first(_bared(stream, header), change)
    kept = _kept(header)
    for target in _targets(header, wanted, changed=change is not None):
        try:
            pieces = rewritten(stream, cleaned, target, exact_frame, change, kept)
        except ImagingError:
            if target == _last_resort(header, changed=change is not None):
                raise
            continue
        return Finished(target, pieces, target != _as_received(header))
    raise Unsupported("these pixels cannot be written")


def _kept(header: Header) -> BareCodestreams | BareStream:
    """How codestreams are changed that are not encoded anew."""
    uid, pixels = str(header.transfer_syntax_uid), header.pixel_data
    if not transfer_syntax(uid).video:
        return _BARE
    if pixels is not None and sum(pixels.fragments or ()) > max_video_bytes:
        raise Unfollowed(f"the video has more than {max_video_bytes >> 20} MiB")
    return BareStream(partial(bared_video, uid))


def _without_surplus(header: Header) -> PixelData | None:
    """Native pixels as long as the frames that are announced: nobody sees what is behind them."""
    pixels = header.pixel_data
    if pixels is None or pixels.length is None:
        return pixels
    try:
        described = describe_frame(
            header.data_set, str(header.transfer_syntax_uid), pixels.vr, pixels.tag
        )
    except ImagingError:
        return pixels
    frames = max(1, header.data_set.integer(_NUMBER_OF_FRAMES) or 1)
    # The last byte of a big endian file lies in the second half of the last word.
    word_bits = 8 * max(2, described.word_bytes)
    length = -(-described.native_bits * frames // word_bits) * word_bits // 8
    return replace(pixels, length=min(pixels.length, length))


def _bared(stream: BinaryIO, header: Header) -> FrameChange | None:
    """What must be done to samples so that nothing hides beside them."""
    if header.transfer_syntax_uid == RLELossless and header.pixel_data is not None:
        # Where the bytes of a segment end, only a decoder knows: they are packed anew.
        return lambda _number, frame: frame
    try:
        return bare_samples(stream, header)
    except ImagingError:
        # Frames that cannot be told apart; there is nothing that could be changed.
        return None


def _first(one: FrameChange | None, other: FrameChange | None) -> FrameChange | None:
    if one is None or other is None:
        return one or other
    return lambda number, frame: other(number, one(number, frame))


def exact_frame(description: FrameDescription, encoded: bytes, target_uid: str) -> EncodedFrame:
    """Give a frame in another lossless transfer syntax, or fail: decoded again and compared.

    Raises
    ------
    DecodeFailed
        The samples would not be the same.
    """
    if is_native(target_uid) or target_uid == description.transfer_syntax_uid:
        return transcode_frame(description, encoded, target_uid)
    native = decode_frame(description, encoded)
    made = transcode_frame(native.description, native.data, target_uid)
    again = decode_frame(made.description, made.data)
    if again.data != native.data or not _alike(again.description, native.description):
        raise DecodeFailed("the frame does not come back as it was")
    return made


def suits(header: Header, target_uid: str) -> bool:
    """Whether images of this kind are to be stored in a transfer syntax.

    What was compressed with loss is not: it would only grow.
    """
    pixels = header.pixel_data
    if pixels is None or header.data_set.text(_LOSSY_COMPRESSION) == "01":
        return False
    if not transfer_syntax(str(header.transfer_syntax_uid)).lossless:
        return False
    try:
        described = describe_frame(
            header.data_set, str(header.transfer_syntax_uid), pixels.vr, pixels.tag
        )
    except ImagingError:
        return False
    return encodable(described, target_uid)


def _alike(one: FrameDescription, other: FrameDescription) -> bool:
    return (one.bits_allocated, one.planar_configuration, one.photometric_interpretation) == (
        other.bits_allocated,
        other.planar_configuration,
        other.photometric_interpretation,
    )


def _targets(header: Header, wanted: str | None, *, changed: bool) -> list[str]:
    """Transfer syntaxes to be tried, the best first."""
    tried = [wanted] if wanted is not None and (changed or suits(header, wanted)) else []
    as_received = _as_received(header)
    if changed and header.pixel_data is not None:
        # What was blackened is encoded anew, and never with loss.
        if transfer_syntax(as_received).lossless and not transfer_syntax(as_received).deflated:
            tried.append(as_received)
        tried.append(HTJ2K_RPCL)
    tried.append(_last_resort(header, changed=changed))
    return list(dict.fromkeys(tried))


def _last_resort(header: Header, *, changed: bool) -> str:
    return str(EXPLICIT_VR_LITTLE_ENDIAN) if changed else _as_received(header)


def _as_received(header: Header) -> str:
    """The transfer syntax of the source; of data sets without fragments the usual one."""
    pixels = header.pixel_data
    if pixels is not None and pixels.length is None:
        return str(header.transfer_syntax_uid)
    return str(EXPLICIT_VR_LITTLE_ENDIAN)
