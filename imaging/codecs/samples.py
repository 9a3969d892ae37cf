"""Native pixels as arrays and back. Only a child imports this: numpy is not for the parent.

References
----------
PS3.5 section 8.1.1; PS3.3 section C.7.6.3.1.2 (YBR_FULL_422) and C.7.6.3.1.3 (planes).
"""

from typing import Any

import numpy as np

from imaging.errors import Unsupported
from imaging.pixels import DecodedFrame, FrameDescription

Array = Any  # numpy's own generic types say no more here


def to_array(native: DecodedFrame) -> Array:
    """Rows × columns (× 3 samples) of a native frame, signed as it says; single bits as 0 and 1.

    Subsampled colour is given at full size, each chrominance sample twice.
    """
    description = native.description
    shape = (description.rows, description.columns)
    if description.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(native.data, "u1"), bitorder="little")
        return bits[: description.pixels].reshape(shape)
    kind = "i" if description.pixel_representation else "u"
    flat = np.frombuffer(native.data, f"<{kind}{description.sample_bytes}")
    if description.samples_per_pixel == 1:
        return flat.reshape(shape)
    if description.photometric_interpretation == "YBR_FULL_422":
        return _full_size(flat, description)
    if description.planar_configuration == 1:
        planes = flat.reshape(description.samples_per_pixel, *shape)
        return np.ascontiguousarray(np.moveaxis(planes, 0, 2))
    return flat.reshape(*shape, description.samples_per_pixel)


def _full_size(flat: Array, description: FrameDescription) -> Array:
    if description.columns % 2:
        raise Unsupported("subsampled colour needs an even number of columns")
    pairs = flat.reshape(description.rows, description.columns // 2, 4)
    out = np.empty((description.rows, description.columns, 3), flat.dtype)
    out[:, 0::2, 0], out[:, 1::2, 0] = pairs[:, :, 0], pairs[:, :, 1]
    out[:, :, 1:] = np.repeat(pairs[:, :, 2:], 2, axis=1)
    return out


def precision(array: Array, description: FrameDescription) -> int:
    """Bits that the samples need: Bits Stored, or all when there is something above them.

    Old images have overlays in the bits above High Bit, and some are stored in the upper bits;
    a lossless path keeps those too.
    """
    bits = description.bits_stored
    low, high = int(array.min()), int(array.max())
    if description.pixel_representation:
        fits = -(1 << (bits - 1)) <= low and high < 1 << (bits - 1)
    else:
        fits = high < 1 << bits
    return bits if fits else description.bits_allocated


def pack_bits(array: Array) -> bytes:
    """Samples of 0 and 1 as single bits, the first lowest."""
    return np.packbits(array.reshape(-1) != 0, bitorder="little").tobytes()
