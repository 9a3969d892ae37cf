"""Pictures as H.264 in an MP4 file, by the ffmpeg program of the machine. Only that lives here.

ffmpeg reads raw pictures that we rendered and writes a fragmented file that can be sent while it
is made.

References
----------
PS3.18 section 8.7.4 (video/mp4).
"""

import contextlib
import subprocess
import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from queue import Empty, Queue
from typing import IO, Final

import numpy as np

from imaging.errors import DecodeFailed, Malformed
from imaging.rendering.picture import Picture

max_step_seconds: Final = 60.0
_PIECE: Final = 64 * 1024
_FAILED: Final = "the video encoder failed or took too long"
# H.264's constant rate factor for qualities 100 and 1.
_BEST_CRF, _WORST_CRF = 12, 45


def write_mp4(
    pictures: Iterable[Picture], times_ms: Iterable[float], quality: int
) -> Iterator[bytes]:
    """Pieces of an MP4 file; every picture is shown as long as the first one.

    Raises
    ------
    Malformed
        When there are no pictures, or they differ in size.
    DecodeFailed
        When ffmpeg fails, or takes longer than `max_step_seconds` over a picture.
    """
    source = iter(pictures)
    first = next(source, None)
    if first is None:
        raise Malformed("there are no frames to animate")
    time_ms = next(iter(times_ms))
    process = subprocess.Popen(  # noqa: S603 - fixed arguments and numbers of ours
        _command(first, time_ms, quality),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield from _through(process, first, source)
    finally:
        process.kill()
        process.wait()


def _command(first: Picture, time_ms: float, quality: int) -> list[str]:
    crf = _WORST_CRF + (_BEST_CRF - _WORST_CRF) * (quality - 1) / 99
    given = f"-f rawvideo -pix_fmt rgb24 -s {first.width}x{first.height} -r {1000 / time_ms:.6f}"
    # 4:2:0 has whole pairs of rows and columns only.
    even = "-vf pad=ceil(iw/2)*2:ceil(ih/2)*2"
    codec = f"-c:v libx264 -preset veryfast -crf {crf:.1f} -pix_fmt yuv420p -threads 1"
    file = "-movflags frag_keyframe+empty_moov+default_base_moof -f mp4 pipe:1"
    return ["ffmpeg", "-v", "quiet", *f"-nostdin {given} -i pipe:0 {even} {codec} {file}".split()]


def _through(
    process: "subprocess.Popen[bytes]", first: Picture, rest: Iterator[Picture]
) -> Iterator[bytes]:
    """Feed pictures from this thread, since rendering belongs to it; another one reads."""
    assert process.stdin is not None
    assert process.stdout is not None
    # Emptied after every picture, so it holds what ffmpeg makes of one.
    made: Queue[bytes | None] = Queue()
    threading.Thread(target=_read, args=(process.stdout, made), daemon=True).start()
    for picture in chain([first], rest):
        if (picture.width, picture.height) != (first.width, first.height):
            raise Malformed("the frames of an animation differ in size")
        with _watched(process):
            process.stdin.write(_rgb(picture))
        with contextlib.suppress(Empty):
            while (piece := made.get_nowait()) is not None:
                yield piece
    with _watched(process):
        process.stdin.close()
        rest_of_file = iter(made.get, None)
        last = list(rest_of_file)
        failed = process.wait()
    if failed:
        raise DecodeFailed(_FAILED)
    yield from last


@contextlib.contextmanager
def _watched(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """End ffmpeg when a step takes too long, which breaks the pipe that we wait on."""
    timer = threading.Timer(max_step_seconds, process.kill)
    timer.start()
    try:
        yield
    except BrokenPipeError as error:
        raise DecodeFailed(_FAILED) from error
    finally:
        timer.cancel()


def _read(stdout: IO[bytes], made: "Queue[bytes | None]") -> None:
    with contextlib.suppress(OSError, ValueError):
        while piece := stdout.read(_PIECE):
            made.put(piece)
    made.put(None)


def _rgb(picture: Picture) -> bytes:
    pixels = picture.pixels
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(pixels).tobytes()
