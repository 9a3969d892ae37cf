"""What a frame shows, by decoders that share nothing with the code under test.

`STORED` decodes a stored frame by another library than `imaging.codecs.decoders` has for it;
`MADE` decodes what `imaging.codecs.encoders` made, by another one than encoded it. Where a format
has one implementation only (JPEG XL), or one that Python can have (JPEG 2000), it is another build
or the other half of it. Nothing here imports `imaging`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from struct import unpack_from
from typing import Any

import imagecodecs
import libjpeg
import numpy as np
import openjpeg

Array = Any


@dataclass(frozen=True)
class Shape:
    """What the Image Pixel module says of a frame."""

    uid: str
    rows: int
    columns: int
    samples: int
    allocated: int
    stored: int
    signed: bool
    photometric: str
    planar: int
    is_float: bool

    @property
    def dtype(self) -> str:
        kind = "f" if self.is_float else "i" if self.signed else "u"
        return f"<{kind}{max(1, self.allocated // 8)}"


@dataclass(frozen=True)
class Picture:
    """Samples, rows × columns (× 3), and whether colour is RGB or YBR."""

    array: Array
    colour: str = ""


_1_2 = "1.2.840.10008.1.2"


def native(data: bytes, shape: Shape) -> Picture:
    """Plain samples, as they lie in a native file."""
    if shape.allocated == 1:
        bits = np.unpackbits(np.frombuffer(data, "u1"), bitorder="little")
        return Picture(bits[: shape.rows * shape.columns].reshape(shape.rows, shape.columns))
    count = shape.rows * shape.columns * shape.samples
    size = int(shape.dtype[-1])
    if shape.photometric == "YBR_FULL_422" and len(data) < count * size:
        return Picture(_subsampled(np.frombuffer(data, shape.dtype), shape), "YBR")
    return _arranged(np.frombuffer(data, shape.dtype, count), shape, shape.planar)


def _subsampled(flat: Array, shape: Shape) -> Array:
    quads = flat[: shape.rows * shape.columns * 2].reshape(shape.rows, -1, 4)
    luma = quads[..., :2].reshape(shape.rows, shape.columns)
    chroma = [quads[..., index].repeat(2, axis=1) for index in (2, 3)]
    return np.stack([luma, *chroma], axis=-1)


def _arranged(flat: Array, shape: Shape, planar: int) -> Picture:
    if shape.samples == 1:
        return Picture(flat.reshape(shape.rows, shape.columns))
    if planar:
        array = flat.reshape(shape.samples, shape.rows, shape.columns).transpose(1, 2, 0)
    else:
        array = flat.reshape(shape.rows, shape.columns, shape.samples)
    return Picture(array, _model(shape))


def _model(shape: Shape) -> str:
    if shape.samples == 1:
        return ""
    return "YBR" if shape.photometric.startswith("YBR_FULL") else "RGB"


def _like(array: Array, shape: Shape) -> Picture:
    """Samples of a codestream in the container of the data set, with their sign put back."""
    array = np.asarray(array).reshape(shape.rows, shape.columns, shape.samples)
    array = array if shape.samples > 1 else array[..., 0]
    if shape.allocated == 1:
        return Picture(array)
    if shape.signed and array.dtype.kind == "u" and int(array.max()) < 1 << shape.stored:
        sign = 1 << (shape.stored - 1)
        array = (array.astype("i8") ^ sign) - sign
    return Picture(array.astype(shape.dtype, casting="unsafe"), _model(shape))


def rle(data: bytes, shape: Shape) -> Picture:
    if shape.allocated == 1:
        (start,) = unpack_from("<I", data, 4)
        return native(imagecodecs.packbits_decode(data[start:]), _plain(shape))
    flat = np.frombuffer(imagecodecs.dicomrle_decode(data, shape.dtype), shape.dtype)
    return _arranged(flat[: shape.rows * shape.columns * shape.samples], shape, 1)


def _plain(shape: Shape) -> Shape:
    return Shape(**{**vars(shape), "uid": _1_2 + ".1"})


def inflated(data: bytes, shape: Shape) -> Picture:
    return native(zlib.decompress(data, wbits=-15), _plain(shape))


def bare(data: bytes, shape: Shape) -> Picture:
    return native(data, _plain(shape))


def turbo_jpeg(data: bytes, shape: Shape) -> Picture:
    """libjpeg-turbo, components as they are stored."""
    if shape.samples == 1:
        return _like(imagecodecs.jpeg8_decode(data), shape)
    space = "rgb" if _says_rgb(data) else "ycbcr"
    array = imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace=space)
    silent = not _says_rgb(data) and b"JFIF" not in data[:24] and _adobe(data) is None
    return Picture(array, _model(shape) if silent else "RGB" if space == "rgb" else "YBR")


def _says_rgb(data: bytes) -> bool:
    components = data[data.find(b"\xff\xda") + 5 :][:5:2]
    return components == b"RGB" or _adobe(data) == 0


def _adobe(data: bytes) -> int | None:
    """The transform of an Adobe marker that is long enough to have one."""
    at = data.find(b"\xff\xee")
    whole = at > 0 and data[at + 4 : at + 9] == b"Adobe" and data[at + 3] >= 14
    return data[at + 15] if whole else None


def richter_jpeg(data: bytes, shape: Shape) -> Picture:
    """libjpeg of the University of Stuttgart: JPEG of every process, and JPEG-LS."""
    return _like(libjpeg.decode(data, 0), shape)


def sof3(data: bytes, shape: Shape) -> Picture:
    """A decoder of lossless JPEG only."""
    return _like(imagecodecs.jpegsof3_decode(data), shape)


def jpeg_2000(data: bytes, shape: Shape) -> Picture:
    return _of_wavelets(imagecodecs.jpeg2k_decode(data), shape)


def openjpeg_decoded(data: bytes, shape: Shape) -> Picture:
    return _of_wavelets(openjpeg.decode(data), shape)


def openjph(data: bytes, shape: Shape) -> Picture:
    """OpenJPH; where a lossy frame overshoots white it comes back as black, which is undone."""
    picture = _of_wavelets(imagecodecs.htj2k_decode(data), shape)
    if shape.uid.endswith("203") and picture.array.dtype == np.uint8:
        other = openjpeg.decode(data).reshape(picture.array.shape)
        wrapped = (picture.array < 8) & (other > 247)
        return Picture(np.where(wrapped, 255, picture.array), picture.colour)
    return picture


def _of_wavelets(array: Array, shape: Shape) -> Picture:
    picture = _like(array, shape)
    return Picture(picture.array, picture.colour and ("YBR" if _model(shape) == "YBR" else "RGB"))


def jpeg_xl(data: bytes, shape: Shape) -> Picture:
    picture = _like(imagecodecs.jpegxl_decode(data), shape)
    return Picture(picture.array, picture.colour and "RGB")


Decoder = Callable[[bytes, Shape], Picture]
_NATIVE: dict[str, Decoder] = dict.fromkeys(
    (_1_2, _1_2 + ".1", _1_2 + ".2", _1_2 + ".1.99"), native
)
_PLAIN: dict[str, Decoder] = {_1_2 + ".1.98": bare, _1_2 + ".8.1": inflated, _1_2 + ".5": rle}

STORED: dict[str, Decoder] = {
    **_NATIVE,
    **_PLAIN,
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (50, 51, 53, 55)), turbo_jpeg),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (57, 70)), sof3),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (80, 81)), richter_jpeg),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (90, 91)), jpeg_2000),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (201, 202, 203)), openjph),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (110, 111, 112)), jpeg_xl),
}
MADE: dict[str, Decoder] = {
    **_NATIVE,
    **_PLAIN,
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (50, 51, 80, 81)), richter_jpeg),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (57, 70)), sof3),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (90, 91, 201, 202, 203)), openjpeg_decoded),
    **dict.fromkeys((f"{_1_2}.4.{x}" for x in (110, 111, 112)), jpeg_xl),
}
