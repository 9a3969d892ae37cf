"""Pictures that a server answers: opened within bounds, and looked at by their quadrants.

The corpus' images have four quadrants of different brightness or colour, so a picture of one tells
by four numbers whether it is upright, complete, and as bright as it should be.
"""

from __future__ import annotations

import io
import warnings
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from conformance.verdicts import Failed, expect
from conformance.wire.answer import Answer

max_pixels: Final = 64_000_000
_edge: Final = 2
"""Rows beside an edge that JPEG may blur."""
_one_level: Final = 24
"""How far pixels of one level may be apart after JPEG."""


def picture_in(answer: Answer, *names: str) -> Image.Image:
    """The picture that an answer is, or its first part holds.

    Parameters
    ----------
    names
        Media types that it may have; none means any picture.

    Raises
    ------
    Failed
        It is no picture, or one of another type.
    """
    answer.expect_status(200)
    media_type, body = answer.media_type(), answer.body
    if media_type.name == "multipart/related":
        first = answer.parts()[0]
        media_type, body = first.media_type(), first.body
    if names:
        expect(media_type.name in names, f"{answer.asked} answered {media_type.name}")
    return opened(body, answer.asked)


def opened(body: bytes, whose: str) -> Image.Image:
    """A picture from its bytes.

    Raises
    ------
    Failed
        They are none, or a picture of too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(body))
            if image.width * image.height > max_pixels:
                raise Failed(f"{whose} answered a picture of {image.width} × {image.height} pixels")
            image.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombWarning) as error:
        raise Failed(f"{whose} answered a picture that cannot be opened: {error}") from error
    return image


def without_bars(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of a picture that is higher than `size`, when all above and below is of one level.

    A viewport may be answered whole, with nothing beside the image: PS3.18 8.3.5.1.3 says how the
    image is scaled, and not that the rest of the viewport is cut off.
    """
    above = (image.height - size[1]) // 2
    if image.width != size[0] or above <= _edge:
        return image
    pixels = np.asarray(image.convert("L"), dtype=int)
    bars = np.concatenate([pixels[: above - _edge], pixels[above + size[1] + _edge :]])
    if bars.max() - bars.min() > _one_level:
        return image
    return image.crop((0, above, size[0], above + size[1]))


def quadrants(image: Image.Image) -> NDArray[Any]:
    """The mean of the middle of each quadrant: top left, top right, bottom left, bottom right.

    Returns
    -------
    float array of 4 (gray) or 4 x 3 (colour), 0 to 255
    """
    mode = "RGB" if image.mode not in ("L", "I;16", "1") else "L"
    pixels = np.asarray(image.convert(mode), dtype=float)
    height, width = pixels.shape[:2]
    means = []
    for y in (0, 1):
        for x in (0, 1):
            rows = slice(int((2 * y + 0.5) * height / 4), int((2 * y + 1.5) * height / 4) + 1)
            columns = slice(int((2 * x + 0.5) * width / 4), int((2 * x + 1.5) * width / 4) + 1)
            means.append(pixels[rows, columns].mean(axis=(0, 1)))
    return np.array(means)


def apart(one: Image.Image, other: Image.Image) -> float:
    """The levels by which the quadrants of two pictures differ most, colours told apart."""
    pair = [quadrants(picture.convert("RGB")) for picture in (one, other)]
    return float(abs(pair[0] - pair[1]).max())


def gray_quadrants(image: Image.Image) -> list[float]:
    """The same of a picture without regard to colour."""
    return [float(one) for one in quadrants(image.convert("L"))]


def expect_order(image: Image.Image, order: str, what: str) -> None:
    """The quadrants, from dark to bright, are in this order: 0 top left … 3 bottom right.

    Raises
    ------
    Failed
        They are in another, or not told apart.
    """
    means = gray_quadrants(image)
    found = "".join(str(n) for n in np.argsort(means, kind="stable"))
    steps = np.diff(sorted(means))
    expect(
        found == order and bool((steps > 3).all()),
        f"{what}: the brightness of the quadrants is {[round(m) for m in means]}, "
        f"expected in the order {order}",
    )
