"""A small square picture of a person, made anew from a file that a stranger sent.

`avatar_of` is for this process, `make_avatar` is the job that a child does. What comes out has been
decoded and written by us, so nothing of the file is left: no place where it was taken, no comment,
no second picture, nothing that a browser could take for a page.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from imaging.children import ChildLimits, run_job
from imaging.errors import LimitExceeded, Malformed

side: Final = 320
"""Of the picture that comes out, in pixels."""

media_type: Final = "image/webp"
max_file_bytes: Final = 8 * 1024 * 1024
max_pixels: Final = 50_000_000
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY: Final = 82
_LIMITS: Final = ChildLimits(max_body_bytes=max_file_bytes, max_seconds=10, max_wait_s=15.0)


def avatar_of(encoded: bytes) -> bytes:
    """Return a WebP of `side` by `side` pixels, cut from the middle of a picture.

    Raises
    ------
    LimitExceeded
        The file or its picture is too large.
    Malformed, DecodeFailed
        It is no JPEG, PNG, WebP or GIF, or is broken.
    """
    if len(encoded) > max_file_bytes:
        raise LimitExceeded(f"a picture may have {max_file_bytes >> 20} MiB")
    return run_job("avatar", {}, encoded, limits=_LIMITS)[1]


def make_avatar(_head: dict[str, Any], encoded: bytes) -> tuple[dict[str, Any], bytes]:
    """Decode, cut, scale and encode; the child's side of `avatar_of`."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the size is checked here, before anything is decoded
    try:
        image: Image.Image = Image.open(BytesIO(encoded), formats=_FORMATS)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise Malformed("this is no JPEG, PNG, WebP or GIF picture") from error
    if image.width * image.height > max_pixels:
        raise LimitExceeded(f"a picture may have {max_pixels // 1_000_000} million pixels")
    try:
        image.draft("RGB", (side * 2, side * 2))
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise Malformed("this picture is broken") from error
    ground = Image.new("RGBA", upright.size, "white")
    flat = Image.alpha_composite(ground, upright).convert("RGB")
    small = ImageOps.fit(flat, (side, side), Image.Resampling.LANCZOS)
    out = BytesIO()
    small.save(out, "WEBP", quality=_QUALITY, method=4)
    return {}, out.getvalue()
