"""How native pixels become a frame of each transfer syntax: one row per syntax.

Only a child of `children` runs this. Every encoder says which photometric interpretation its
codestream has. Which pixels come here at all is decided by `targets`.

A lossy encoder takes a quality from 1 to 100. Those that can be told a tolerance in levels of
gray (JPEG-LS, JPEG 2000, HTJ2K) are; so a 12-bit image in 16 bits loses as little as one in 12.

References
----------
PS3.5 section 8.2 and annex A.4; PS3.3 section C.7.6.3.1.2.
"""

import zlib
from collections.abc import Callable
from math import log10
from struct import pack
from typing import Final

import imagecodecs
import jpeg_ls
import numpy as np
from rle.rle import encode_frame, encode_segment

from imaging.codecs.samples import Array, precision, to_array
from imaging.errors import Unsupported
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription

Made = tuple[bytes | bytearray, str]
"""The frame, and its photometric interpretation."""
Encoder = Callable[[Array, FrameDescription, int], Made]

_USUAL_QUALITY: Final = 95
_DEFLATE_LEVEL: Final = 3
# JPEG XL's fastest lossless mode, ten times as fast as the next and 5 % larger.
_JPEG_XL_EFFORT: Final = 1


def encode(native: DecodedFrame, target_uid: str, quality: int | None) -> EncodedFrame:
    """Encode one frame.

    Raises
    ------
    Unsupported
        When there is no encoder for the transfer syntax, or when what was decoded turns out to
        be another kind of pixels than it takes.
    """
    description = native.description
    if target_uid in _OF_BYTES:
        made = _OF_BYTES[target_uid](native.data)
        return EncodedFrame(made, description.in_syntax(target_uid))
    if target_uid not in ENCODERS:
        raise Unsupported("there is no encoder for the transfer syntax")
    array = to_array(native)
    data, photometric = ENCODERS[target_uid](array, description, quality or _USUAL_QUALITY)
    bits = 8 if target_uid in _NARROW else description.bits_allocated
    return EncodedFrame(
        bytes(data),
        description.in_syntax(
            target_uid,
            photometric_interpretation=photometric,
            planar_configuration=0,
            bits_allocated=bits,
        ),
    )


def _colour(description: FrameDescription) -> str:
    """What the samples of `to_array` are."""
    photometric = description.photometric_interpretation
    return "YBR_FULL" if photometric == "YBR_FULL_422" else photometric


def _levels(quality: int) -> int:
    """Levels of gray that a sample may be off by, roughly: 2 for the usual quality."""
    return 1 + (100 - quality) // 5


def _unsigned(array: Array) -> Array:
    """The same bits as unsigned samples, for codecs that know no sign."""
    return array.view(array.dtype.str.replace("i", "u"))


def _pattern_bits(array: Array, description: FrameDescription) -> int:
    """Bits of `_unsigned` samples.

    Signed ones have all their bits: what stands above Bits Stored is their sign, and decoders
    differ in whether they put it back.
    """
    if description.pixel_representation:
        return description.bits_allocated
    return precision(array, description)


def _rle(array: Array, description: FrameDescription, _: int) -> Made:
    samples = 1 if array.ndim == 2 else array.shape[2]
    if description.bits_allocated == 1:
        packed = np.packbits(array.reshape(-1), bitorder="little").tobytes()
        header = pack("<16I", 1, 64, *[0] * 14)
        return header + encode_segment(packed, len(packed)), _colour(description)
    data = encode_frame(
        array.tobytes(),
        description.rows,
        description.columns,
        samples,
        description.bits_allocated,
        "<",
    )
    return bytes(data), _colour(description)


def _jpeg_lossless(array: Array, description: FrameDescription, _: int) -> Made:
    bits = max(2, _pattern_bits(array, description))
    colour = _colour(description)
    # Told that it is YCbCr, the encoder makes a second Huffman table and chrominance that some
    # decoders get wrong; three components of nothing in particular are taken for YCbCr anyhow.
    space = {"RGB": "rgb", "YBR_FULL": "unknown"}.get(colour, "grayscale")
    data = imagecodecs.jpeg8_encode(
        _unsigned(array),
        lossless=True,
        predictor=1,
        bitspersample=bits,
        colorspace=space,
        outcolorspace=space,
    )
    return data, colour


def _jpeg(array: Array, description: FrameDescription, quality: int) -> Made:
    """Baseline, or 12 bits of process 4; colour is YBR_FULL_422 (PS3.5 table 8.2.1-1)."""
    if int(array.max()) >= 1 << description.bits_stored:
        raise Unsupported("there are bits above Bits Stored, which a lossy path would ruin")
    bits = description.bits_stored
    array = array.astype("u1" if bits == 8 else "u2")
    colour = _colour(description)
    if array.ndim == 2:
        return imagecodecs.jpeg8_encode(array, quality, bitspersample=bits), colour
    data = imagecodecs.jpeg8_encode(
        array,
        quality,
        colorspace="rgb" if colour == "RGB" else "ycbcr",
        outcolorspace="ycbcr",
        subsampling="422",
    )
    return data, "YBR_FULL_422"


def _jpeg_ls(array: Array, description: FrameDescription, near: int) -> Made:
    samples = 1 if array.ndim == 2 else array.shape[2]
    patterns = _unsigned(array)
    bits = max(2, _pattern_bits(array, description))
    interleave = 2 if samples > 1 else 0
    rows, columns = description.rows, description.columns
    try:
        data = jpeg_ls.encode_buffer(
            patterns.tobytes(), rows, columns, samples, bits, near, interleave
        )
    except RuntimeError:
        # It reckons with less room than a very small or noisy image may need.
        data = imagecodecs.jpegls_encode(patterns, near, out=2 * patterns.nbytes + 4096)
    return bytes(data), _colour(description)


def _jpeg_ls_near(array: Array, description: FrameDescription, quality: int) -> Made:
    near = _levels(quality)
    if description.pixel_representation:
        # JPEG-LS counts up from the lowest negative through the highest positive number, so an
        # error there would turn the sign.
        most = (1 << (description.bits_allocated - 1)) - 1
        if int(array.max()) > most - near or int(array.min()) < near - most:
            near = 0
    return _jpeg_ls(array, description, near)


def _jpeg_2000(array: Array, description: FrameDescription, _: int) -> Made:
    return _wavelets(array, description, "YBR_RCT", 0)


def _jpeg_2000_lossy(array: Array, description: FrameDescription, quality: int) -> Made:
    """As much as is asked for; more where rate control misses it, as it does in flat images."""
    levels = _levels(quality)
    decibels = 20 * log10(((1 << precision(array, description)) - 1) / levels)
    for target in (decibels, decibels + 6, decibels + 12):
        made = _wavelets(array, description, "YBR_ICT", target)
        seen = imagecodecs.jpeg2k_decode(made[0], numthreads=1).reshape(array.shape)
        if _root_mean_square(array, seen) <= levels:
            return made
    return _wavelets(array, description, "YBR_RCT", 0)


def _root_mean_square(left: Array, right: Array) -> float:
    return float(np.sqrt(np.mean((left.astype("f4") - right.astype("f4")) ** 2)))


def _wavelets(
    array: Array, description: FrameDescription, transformed: str, decibels: float
) -> Made:
    colour = _colour(description)
    data = imagecodecs.jpeg2k_encode(
        array,
        codecformat="J2K",
        bitspersample=precision(array, description),
        mct=colour == "RGB",
        level=decibels,  # type: ignore[arg-type] # the stub says int, the library takes a float
        reversible=not decibels,
        numthreads=1,
    )
    return data, transformed if colour == "RGB" else colour


def _htj2k(array: Array, description: FrameDescription, _: int) -> Made:
    """In RPCL order with TLM markers, which is right for both lossless syntaxes."""
    colour = _colour(description)
    data = imagecodecs.htj2k_encode(array, rgb=colour == "RGB", tlm=True, reversible=True)
    return data, "YBR_RCT" if colour == "RGB" else colour


def _htj2k_lossy(array: Array, description: FrameDescription, quality: int) -> Made:
    colour = _colour(description)
    step = 2 * _levels(quality) / (1 << description.bits_allocated)
    data = imagecodecs.htj2k_encode(array, step, rgb=colour == "RGB", tlm=True, reversible=False)
    return data, "YBR_ICT" if colour == "RGB" else colour


def _jpeg_xl(array: Array, description: FrameDescription, _: int) -> Made:
    colour = _colour(description)
    if colour == "YBR_FULL":
        raise Unsupported("the frame is YCbCr, which JPEG XL keeps exact only as a packed JPEG")
    data = imagecodecs.jpegxl_encode(
        array,
        lossless=True,
        effort=_JPEG_XL_EFFORT,
        bitspersample=precision(array, description),
        usecontainer=False,
        numthreads=1,
    )
    return data, colour


def _jpeg_xl_lossy(array: Array, description: FrameDescription, quality: int) -> Made:
    if int(array.max()) >= 1 << description.bits_stored:
        raise Unsupported("there are bits above Bits Stored, which a lossy path would ruin")
    colour = _colour(description)
    array = array.astype("u1")
    if colour == "YBR_FULL":
        array = _rgb(array)
    # The distance that libjxl itself takes for a JPEG's quality.
    distance = 0.1 + (100 - quality) * 0.09
    data = imagecodecs.jpegxl_encode(
        array, distance=distance, lossless=False, usecontainer=False, numthreads=1
    )
    return data, "XYB" if array.ndim == 3 else colour


def _rgb(ybr: Array) -> Array:
    """PS3.3 section C.7.6.3.1.2, YBR_FULL."""
    y, cb, cr = (ybr[..., index].astype("f4") for index in range(3))
    cb, cr = cb - 128, cr - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=2)
    return np.clip(np.rint(rgb), 0, 255).astype("u1")


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data, _DEFLATE_LEVEL, wbits=-zlib.MAX_WBITS)


_1_2: Final = "1.2.840.10008.1.2."
# Those that take the native bytes, whatever they are.
_OF_BYTES: Final[dict[str, Callable[[bytes], bytes]]] = {
    _1_2 + "1.98": bytes,
    _1_2 + "8.1": _deflate,
}
# THE table: what encodes each transfer syntax.
ENCODERS: Final[dict[str, Encoder]] = {
    _1_2 + "5": _rle,
    _1_2 + "4.50": _jpeg,
    _1_2 + "4.51": _jpeg,
    _1_2 + "4.57": _jpeg_lossless,
    _1_2 + "4.70": _jpeg_lossless,
    _1_2 + "4.80": lambda array, description, _: _jpeg_ls(array, description, 0),
    _1_2 + "4.81": _jpeg_ls_near,
    _1_2 + "4.90": _jpeg_2000,
    _1_2 + "4.91": _jpeg_2000_lossy,
    _1_2 + "4.110": _jpeg_xl,
    _1_2 + "4.112": _jpeg_xl_lossy,
    _1_2 + "4.201": _htj2k,
    _1_2 + "4.202": _htj2k,
    _1_2 + "4.203": _htj2k_lossy,
}
# Those whose frames of 8 bits stored have 8 bits allocated, whatever they had before.
_NARROW: Final = frozenset({_1_2 + "4.50", _1_2 + "4.112"})
