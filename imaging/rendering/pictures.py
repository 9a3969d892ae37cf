"""Pictures as files: one row for each media type that can be made here.

Encoding of what we rendered ourselves lives here, so it needs no child process: none of the
bytes that the libraries parse are a stranger's. Pictures that move are `animations`.

References
----------
PS3.18 section 8.7.4 (rendered media types) and 8.3.5.1.2 (quality).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from PIL import Image

from imaging.errors import Unsupported
from imaging.rendering.animations import (
    ANIMATION_TYPES,
    AnimationType,
    encode_animation,
    frame_times_ms,
)
from imaging.rendering.jpeg2000_files import in_a_file
from imaging.rendering.picture import Picture

__all__ = [
    "ANIMATION_TYPES",
    "DEFAULT_QUALITY",
    "PICTURE_TYPES",
    "AnimationType",
    "PictureType",
    "encode_animation",
    "encode_picture",
    "frame_times_ms",
]

DEFAULT_QUALITY: Final = 90
# From here on chrominance is kept at full size.
_FULL_CHROMA_QUALITY: Final = 85

Encode = Callable[[Picture, int], bytes]


@dataclass(frozen=True, slots=True)
class PictureType:
    """One way of writing a picture.

    Parameters
    ----------
    lossy
        Whether `quality` counts.
    carries_icc_profile
        Whether an ICC profile can be embedded (PS3.18 section 8.3.5.1.5 has 400 otherwise).
    """

    media_type: str
    extension: str
    encode: Encode
    lossy: bool = False
    carries_icc_profile: bool = True


def encode_picture(picture: Picture, media_type: str, quality: int | None = None) -> bytes:
    """A picture as a file of a media type of `PICTURE_TYPES`.

    Parameters
    ----------
    quality
        1 to 100, where the media type loses something; 100 loses nothing in JPEG 2000, HTJ2K and
        JPEG XL.

    Raises
    ------
    Unsupported
        When there is no row for the media type.
    """
    kind = PICTURE_TYPES.get(media_type)
    if kind is None:
        raise Unsupported("there is no encoder for the media type")
    return kind.encode(picture, DEFAULT_QUALITY if quality is None else quality)


def _saved(picture: Picture, form: str, **options: Any) -> bytes:
    out = BytesIO()
    if picture.icc_profile is not None:
        options["icc_profile"] = picture.icc_profile
    Image.fromarray(np.ascontiguousarray(picture.pixels)).save(out, form, **options)
    return out.getvalue()


def _jpeg(picture: Picture, quality: int) -> bytes:
    subsampling = "4:4:4" if quality >= _FULL_CHROMA_QUALITY else "4:2:0"
    return _saved(picture, "JPEG", quality=quality, subsampling=subsampling)


def _png(picture: Picture, quality: int) -> bytes:
    return _saved(picture, "PNG", compress_level=4)


def _gif(picture: Picture, quality: int) -> bytes:
    return b"".join(encode_animation([picture], "image/gif", 0))


def _webp(picture: Picture, quality: int) -> bytes:
    return _saved(picture, "WEBP", quality=quality, method=2)


def _jp2(picture: Picture, quality: int) -> bytes:
    import imagecodecs

    # The level is a signal to noise ratio in dB; 0 asks for the reversible transform.
    level = 0 if quality == 100 else 25 + quality * 3 // 10
    encoded = imagecodecs.jpeg2k_encode(
        _contiguous(picture), level, codecformat="j2k", reversible=quality == 100
    )
    return _in_a_file(bytes(encoded), picture, b"jp2 ")


def _jph(picture: Picture, quality: int) -> bytes:
    import imagecodecs

    # The level is the step of the quantizer, as a part of the range.
    level = None if quality == 100 else (101 - quality) * 0.0005
    encoded = imagecodecs.htj2k_encode(_contiguous(picture), level, reversible=quality == 100)
    return _in_a_file(bytes(encoded), picture, b"jph ")


def _jxl(picture: Picture, quality: int) -> bytes:
    import imagecodecs

    # libjxl's own scale from JPEG's quality to a distance that eyes see.
    distance = None if quality == 100 else 0.1 + (100 - quality) * 0.09
    encoded = imagecodecs.jpegxl_encode(
        _contiguous(picture), effort=3, distance=distance, lossless=quality == 100
    )
    return bytes(encoded)


def _in_a_file(codestream: bytes, picture: Picture, brand: bytes) -> bytes:
    samples = 1 if picture.pixels.ndim == 2 else 3
    shape = (picture.height, picture.width, samples)
    return in_a_file(codestream, shape, brand, picture.icc_profile)


def _contiguous(picture: Picture) -> Any:
    return np.ascontiguousarray(picture.pixels)


_ROWS: Final = (
    PictureType("image/jpeg", "jpg", _jpeg, lossy=True),
    PictureType("image/png", "png", _png),
    PictureType("image/gif", "gif", _gif, carries_icc_profile=False),
    PictureType("image/jp2", "jp2", _jp2, lossy=True),
    PictureType("image/jph", "jph", _jph, lossy=True),
    # imagecodecs embeds no profile in JPEG XL.
    PictureType("image/jxl", "jxl", _jxl, lossy=True, carries_icc_profile=False),
    PictureType("image/webp", "webp", _webp, lossy=True),
)

PICTURE_TYPES: Final[Mapping[str, PictureType]] = MappingProxyType(
    {row.media_type: row for row in _ROWS}
)
