"""Pictures of the web (PNG, GIF) as native frames: what DICOM has no transfer syntax for.

`read_picture` is for this process, `decode_picture` is the job that a child does, since it hands a
stranger's bytes to C libraries. Transparency is discarded and palettes become colours, as PS3.18
lets us choose.

References
----------
PS3.18 table 10.5.2-1 and its notes (Transform).
"""

from dataclasses import dataclass
from io import BytesIO
from struct import unpack_from
from typing import Any, Final

from imaging.children import run_job
from imaging.errors import LimitExceeded, Malformed
from imaging.sent.bit_streams import BitStream
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN

TRANSFORMED: Final = ("image/png", "image/gif")
"""Media types that are stored uncompressed."""

max_picture_bytes: Final = 192 * 1024 * 1024
"""Of all frames of a picture, decoded."""

max_file_bytes: Final = 128 * 1024 * 1024
max_frames: Final = 10_000
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_ONE_SAMPLE: Final = ("MONOCHROME2", "MONOCHROME1")


@dataclass(frozen=True, slots=True)
class Picture:
    """Native little endian frames, colours by pixel, and what they are."""

    stream: BitStream
    frames: bytes


def read_picture(media_type: str, encoded: bytes, *, grey: bool = False) -> Picture:
    """Decode a picture, in a child process.

    Parameters
    ----------
    grey
        Give one sample a pixel, if all pixels are grey.

    Raises
    ------
    LimitExceeded
        When it is larger than `max_picture_bytes`, whatever its file takes.
    Malformed, DecodeFailed
        When it is none of its type.
    """
    head, frames = run_job("picture", {"media_type": media_type, "grey": grey}, encoded)
    sizes = [head.get(name) for name in ("rows", "columns", "samples", "bits", "frames")]
    if not all(isinstance(size, int) and size > 0 for size in sizes):
        raise Malformed("the picture has no size")
    rows, columns, samples, bits, count = (int(size) for size in sizes if size)
    if len(frames) != rows * columns * samples * bits // 8 * count:
        raise Malformed("the picture has another length than it says")
    time = head.get("frame_time_ms")
    stream = BitStream(
        (str(EXPLICIT_VR_LITTLE_ENDIAN),),
        rows,
        columns,
        samples,
        bits,
        photometric=_ONE_SAMPLE if samples == 1 else ("RGB",),
        number_of_frames=count,
        frame_time_ms=float(time) if isinstance(time, int | float) else None,
    )
    return Picture(stream, frames)


def decode_picture(head: dict[str, Any], encoded: bytes) -> tuple[dict[str, Any], bytes]:
    """Decode a picture; the child's side of `read_picture`."""
    import numpy as np

    decode = _png if head["media_type"] == "image/png" else _gif
    frames, time = decode(encoded)
    # frames × rows × columns × samples
    if head.get("grey") and frames.shape[3] == 3:
        first = frames[..., :1]
        if np.array_equal(np.broadcast_to(first, frames.shape), frames):
            frames = first
    count, rows, columns, samples = frames.shape
    bits = frames.dtype.itemsize * 8
    data = np.ascontiguousarray(frames).astype(f"<u{bits // 8}", copy=False).tobytes()
    described = {"rows": rows, "columns": columns, "samples": samples, "bits": bits}
    return {**described, "frames": count, "frame_time_ms": time}, data


def _png(encoded: bytes) -> tuple[Any, float | None]:
    import imagecodecs

    if encoded[:8] != _PNG_SIGNATURE or len(encoded) < 33:
        raise Malformed("the part is no PNG image")
    columns, rows, depth = unpack_from(">2IB", encoded, 16)
    _check_size(rows * columns * 4 * (2 if depth == 16 else 1))
    pixels = imagecodecs.png_decode(encoded)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    colours = pixels.shape[2]
    # The last of two or four is opacity.
    return pixels[None, ..., : colours - 1 if colours in (2, 4) else colours], None


def _gif(encoded: bytes) -> tuple[Any, float | None]:
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the size is checked here
    try:
        image = Image.open(BytesIO(encoded), formats=("GIF",))
    except UnidentifiedImageError as error:
        raise Malformed("the part is no GIF image") from error
    frame_bytes = image.width * image.height * 3
    frames, milliseconds = [], 0.0
    for number in range(max_frames + 1):
        _check_size(frame_bytes * (number + 1))
        try:
            image.seek(number)
        except EOFError:
            break
        frames.append(np.asarray(image.convert("RGB")))
        milliseconds += float(image.info.get("duration", 0))
    else:
        raise LimitExceeded(f"a picture of more than {max_frames} frames")
    time = milliseconds / len(frames) if len(frames) > 1 and milliseconds else None
    return np.stack(frames), time


def _check_size(size: int) -> None:
    if size > max_picture_bytes:
        raise LimitExceeded(f"a picture of more than {max_picture_bytes} bytes when decoded")
