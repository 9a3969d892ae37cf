"""Pictures that follow each other as one file, written as they come: GIF, and MP4 where ffmpeg is.

Nothing here holds more than a few pictures at a time.

References
----------
PS3.18 section 8.7.4; PS3.3 section C.7.6.5 (cine: how long a frame is shown).
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from types import MappingProxyType
from typing import Final

from imaging.data_set import DataSet
from imaging.errors import Unsupported
from imaging.rendering.display import number_of, numbers_of
from imaging.rendering.gif import write_gif
from imaging.rendering.mp4 import write_mp4
from imaging.rendering.picture import Picture

DEFAULT_FRAME_TIME_MS: Final = 100.0
DEFAULT_QUALITY: Final = 75
# What is said outside of these is no cine.
_MIN_FRAME_TIME_MS, _MAX_FRAME_TIME_MS = 5.0, 10_000.0

EncodeAll = Callable[[Iterable[Picture], Iterable[float], int], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class AnimationType:
    """One way of writing pictures that follow each other."""

    media_type: str
    extension: str
    encode: EncodeAll
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

    Raises
    ------
    Unsupported
        When there is no row for the media type.
    """
    kind = ANIMATION_TYPES.get(media_type)
    if kind is None:
        raise Unsupported("there is no encoder for the media type")
    times = repeat(frame_time_ms) if isinstance(frame_time_ms, int | float) else frame_time_ms
    return kind.encode(pictures, times, DEFAULT_QUALITY if quality is None else quality)


def frame_times_ms(data_set: DataSet) -> Iterator[float]:
    """How long each frame of a data set is shown, in milliseconds; endless.

    Frame Time (0018,1063) or Frame Time Vector (0018,1065) where a data set has them, else its
    Recommended Display Frame Rate (0008,2144) or Cine Rate (0018,0040), else
    `DEFAULT_FRAME_TIME_MS`.

    References
    ----------
    PS3.3 section C.7.6.5.
    """
    vector = numbers_of(data_set, 0x00181065)
    if len(vector) > 1:
        # A value tells how long after the frame before it a frame comes; the first is 0.
        yield from chain(map(_bounded, vector[1:]), repeat(_bounded(vector[-1])))
    rate = number_of(data_set, 0x00082144) or number_of(data_set, 0x00180040)
    time = number_of(data_set, 0x00181063) or (1000 / rate if rate and rate > 0 else None)
    yield from repeat(_bounded(time or DEFAULT_FRAME_TIME_MS))


def _bounded(time: float) -> float:
    return min(max(time, _MIN_FRAME_TIME_MS), _MAX_FRAME_TIME_MS)


def _available() -> Iterator[AnimationType]:
    yield AnimationType("image/gif", "gif", write_gif)
    if shutil.which("ffmpeg"):
        yield AnimationType("video/mp4", "mp4", write_mp4, lossy=True)


ANIMATION_TYPES: Final[Mapping[str, AnimationType]] = MappingProxyType(
    {row.media_type: row for row in _available()}
)
