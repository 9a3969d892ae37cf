"""Pictures as files: one row for each media type that can be made here.

Encoding of what we rendered ourselves lives here, so it needs no child process: none of the
bytes that the libraries parse are a stranger's.

References
----------
PS3.18 section 8.7.4 (rendered media types).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from PIL import Image

from imaging.errors import Unsupported
from imaging.rendering import Picture

DEFAULT_QUALITY: Final = 90

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
        1 to 100, where the media type loses something.
    """
    kind = PICTURE_TYPES.get(media_type)
    if kind is None:
        raise Unsupported("there is no encoder for the media type")
    return kind.encode(picture, DEFAULT_QUALITY if quality is None else quality)


def _by_pillow(form: str, **options: Any) -> Encode:
    def encode(picture: Picture, quality: int) -> bytes:
        out = BytesIO()
        chosen = {
            name: value(quality) if callable(value) else value for name, value in options.items()
        }
        if picture.icc_profile is not None:
            chosen["icc_profile"] = picture.icc_profile
        Image.fromarray(np.ascontiguousarray(picture.pixels)).save(out, form, **chosen)
        return out.getvalue()

    return encode


_ROWS: Final = (
    PictureType("image/jpeg", "jpg", _by_pillow("JPEG", quality=int), lossy=True),
    PictureType("image/png", "png", _by_pillow("PNG", compress_level=3)),
    PictureType("image/gif", "gif", _by_pillow("GIF"), carries_icc_profile=False),
    PictureType("image/webp", "webp", _by_pillow("WEBP", quality=int, method=2), lossy=True),
)

PICTURE_TYPES: Final[Mapping[str, PictureType]] = MappingProxyType(
    {row.media_type: row for row in _ROWS}
)


@dataclass(frozen=True, slots=True)
class AnimationType:
    """One way of writing pictures that follow each other."""

    media_type: str
    extension: str
    encode: Callable[[Iterable[Picture], Iterable[float], int], Iterator[bytes]]
    lossy: bool = False


def encode_animation(
    pictures: Iterable[Picture],
    media_type: str,
    frame_time_ms: float | Iterable[float],
    quality: int | None = None,
) -> Iterator[bytes]:
    """Pictures of one size as an animation of a media type of `ANIMATION_TYPES`.

    Parameters
    ----------
    pictures
        Taken one by one, so that a few are held at a time.
    frame_time_ms
        How long each is shown; or one number for all.
    """
    raise NotImplementedError


ANIMATION_TYPES: Final[Mapping[str, AnimationType]] = MappingProxyType({})
