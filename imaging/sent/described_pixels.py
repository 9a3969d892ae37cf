"""The Image Pixel module beside the bit stream it describes: completed, corrected or contradicted.

What the client left out is derived (PS3.18 10.5.2). Of what it said, the size of the picture must
be right, since pixels of another size are likely another picture: a contradiction is an error. How
the samples are to be read (photometric interpretation) and whether something was lost is known
better by the bit stream: it is corrected, and the data set remembers what it said before.

References
----------
PS3.3 table C.7-11c (Image Pixel Description Macro), C.7.6.6 (Multi-frame), C.7.6.1.1.5.
"""

from struct import pack
from typing import Final

from imaging.data_set import DataSet, Element
from imaging.errors import Malformed, Mismatch
from imaging.pixels import FrameDescription, describe_frame
from imaging.sent.bit_streams import BitStream
from imaging.sent.coercion import CORRECT, replace_elements
from imaging.write import padded

_SAMPLES, _PHOTOMETRIC, _PLANAR = 0x00280002, 0x00280004, 0x00280006
_NUMBER_OF_FRAMES, _FRAME_INCREMENT = 0x00280008, 0x00280009
_ROWS, _COLUMNS = 0x00280010, 0x00280011
_BITS_ALLOCATED, _BITS_STORED, _HIGH_BIT, _SIGN = 0x00280100, 0x00280101, 0x00280102, 0x00280103
_LOSSY, _LOSSY_RATIO, _LOSSY_METHOD = 0x00282110, 0x00282112, 0x00282114
_FRAME_TIME: Final = 0x00181063
_NAMES: Final = {_SAMPLES: "Samples per Pixel", _ROWS: "Rows", _COLUMNS: "Columns"}


def number_of_frames(data_set: DataSet) -> int | None:
    """Number of Frames as the data set says it."""
    frames = data_set.integer(_NUMBER_OF_FRAMES)
    return frames if frames is not None and frames > 0 else None


def describe_pixels(
    data_set: DataSet, stream: BitStream, frames: int, stored_bytes: int
) -> list[int]:
    """Complete and correct what a data set says of its pixels.

    Parameters
    ----------
    frames
        How many there are; 0 when only the data set can say.
    stored_bytes
        Of all frames, for the ratio of a lossy compression.

    Returns
    -------
    list of int
        Tags of the attributes that were corrected.

    Raises
    ------
    Mismatch
        When the data set describes other pixels.
    Malformed
        When the data set says too little for a bit stream that does not describe itself.
    """
    if not stream.describes_itself:
        describe_frame(data_set, stream.transfer_syntaxes[0])
        _check_frames(data_set, frames)
        return []
    was_described = _SAMPLES in data_set and _ROWS in data_set
    _check_size(data_set, stream)
    _check_frames(data_set, frames)
    _complete(data_set, stream, frames)
    if not was_described:
        _add_missing(data_set, _lossy_elements(data_set, stream, max(frames, 1), stored_bytes))
    return replace_elements(data_set, _corrections(data_set, stream), CORRECT)


def check_native(data_set: DataSet, size: int, vr: str, tag: int) -> None:
    """Check that uncompressed pixels are as many bytes as the data set says.

    Raises
    ------
    Malformed
        When the data set does not say what they are.
    Mismatch
        When they are more or fewer.
    """
    description: FrameDescription = describe_frame(data_set, "", vr, tag)
    expected = (description.native_bits * (number_of_frames(data_set) or 1) + 7) // 8
    if size not in (expected, expected + expected % 2):
        raise Mismatch(f"Pixel Data are {size} bytes, and their description makes them {expected}")


def _check_size(data_set: DataSet, stream: BitStream) -> None:
    said = {_SAMPLES: stream.samples, _ROWS: stream.rows, _COLUMNS: stream.columns}
    for tag, value in said.items():
        given = data_set.integer(tag)
        if given is not None and given != value:
            raise Mismatch(f"{_NAMES[tag]} is {given}, and {value} in the bit stream")
    allocated = data_set.integer(_BITS_ALLOCATED)
    if allocated is not None and allocated < stream.bits:
        raise Mismatch(f"Bits Allocated is {allocated}, and the bit stream has {stream.bits}")


def _check_frames(data_set: DataSet, frames: int) -> None:
    given = number_of_frames(data_set)
    if frames == 0 and given is None:
        raise Malformed("Number of Frames (0028,0008) is needed: the video does not tell it")
    if frames and given not in (None, frames):
        raise Mismatch(f"Number of Frames is {given}, and {frames} frames were sent")


def _complete(data_set: DataSet, stream: BitStream, frames: int) -> None:
    allocated = 8 if stream.bits <= 8 else 16 if stream.bits <= 16 else 32
    stored = data_set.integer(_BITS_STORED) or stream.bits
    derived = [
        _us(_SAMPLES, stream.samples),
        Element(_PHOTOMETRIC, "CS", padded(stream.photometric[0].encode(), "CS")),
        _us(_ROWS, stream.rows),
        _us(_COLUMNS, stream.columns),
        _us(_BITS_ALLOCATED, allocated),
        _us(_BITS_STORED, stored),
        _us(_HIGH_BIT, stored - 1),
        _us(_SIGN, int(stream.signed)),
    ]
    if stream.samples > 1:
        derived.append(_us(_PLANAR, 0))
    if frames > 1:
        derived.append(_text(_NUMBER_OF_FRAMES, "IS", str(frames)))
        if stream.frame_time_ms is not None:
            derived.append(_text(_FRAME_TIME, "DS", f"{stream.frame_time_ms:.10g}"))
            increment = pack("<2H", _FRAME_TIME >> 16, _FRAME_TIME & 0xFFFF)
            derived.append(Element(_FRAME_INCREMENT, "AT", increment))
    _add_missing(data_set, derived)


def _add_missing(data_set: DataSet, elements: list[Element]) -> None:
    for element in elements:
        kept = data_set.get(element.tag)
        if kept is None or not kept.value:
            data_set[element.tag] = element


def _lossy_elements(
    data_set: DataSet, stream: BitStream, frames: int, stored_bytes: int
) -> list[Element]:
    if not stream.lossy_method:
        return []
    allocated = data_set.integer(_BITS_ALLOCATED) or 8
    native = stream.rows * stream.columns * stream.samples * allocated // 8 * frames
    return [
        _text(_LOSSY, "CS", "01"),
        _text(_LOSSY_RATIO, "DS", f"{native / max(stored_bytes, 1):.6g}"),
        _text(_LOSSY_METHOD, "CS", stream.lossy_method),
    ]


def _corrections(data_set: DataSet, stream: BitStream) -> list[Element]:
    corrections = []
    if data_set.text(_PHOTOMETRIC) not in stream.photometric:
        corrections.append(_text(_PHOTOMETRIC, "CS", stream.photometric[0]))
    if stream.lossy_method and data_set.text(_LOSSY) == "00":
        corrections.append(_text(_LOSSY, "CS", "01"))
    return corrections


def _us(tag: int, value: int) -> Element:
    return Element(tag, "US", pack("<H", value))


def _text(tag: int, vr: str, text: str) -> Element:
    return Element(tag, vr, padded(text.encode("ascii"), vr))
