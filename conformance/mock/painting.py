"""Frames as pictures (PS3.18 8.3.5): windows, regions, annotations."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw

from conformance.mock.memory import Instance
from conformance.mock.messages import Refused

FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF"}
_FUNCTIONS: Final = frozenset({"linear", "linear-exact", "sigmoid"})
_ANNOTATIONS: Final = frozenset({"patient", "technique"})
max_side: Final = 4096


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a frame is to be shown."""

    size: tuple[int, int] | None = None
    region: tuple[float, float, float, float] | None = None
    window: tuple[float, float] | None = None
    quality: int = 90
    annotations: tuple[str, ...] = ()
    profile: bool = False
    unknown: tuple[str, ...] = ()


def read_rendering(arguments: dict[str, str], flaws: frozenset[str]) -> Rendering:
    """The parameters of a rendered resource.

    Raises
    ------
    Refused
        400, one of them is none.
    """
    notes = tuple(one for one in arguments.get("annotation", "").split(",") if one)
    size, region = _viewport(arguments.get("viewport"))
    profile = arguments.get("iccprofile", "no")
    if profile not in ("no", "yes", "srgb", "adobergb", "rommrgb"):
        raise Refused(400, "iccprofile is none")
    return Rendering(
        None if "viewport" in flaws else size,
        None if "region" in flaws else region,
        None if "window" in flaws else _window(arguments.get("window"), flaws),
        90 if "quality" in flaws else _quality(arguments.get("quality")),
        tuple(one for one in notes if one in _ANNOTATIONS),
        profile != "no" and "icc-never" not in flaws,
        tuple(one for one in notes if one not in _ANNOTATIONS),
    )


def _viewport(
    text: str | None,
) -> tuple[tuple[int, int] | None, tuple[float, float, float, float] | None]:
    if text is None:
        return None, None
    parts = text.split(",")
    try:
        width, height = int(parts[0]), int(parts[1])
        rest = [float(one) for one in parts[2:]]
    except (ValueError, IndexError) as error:
        raise Refused(400, "viewport is width,height and a region") from error
    if not (0 < width <= max_side and 0 < height <= max_side) or len(rest) not in (0, 4):
        raise Refused(400, f"a viewport has 1 to {max_side} pixels a side")
    return (width, height), (rest[0], rest[1], rest[2], rest[3]) if rest else None


def _window(text: str | None, flaws: frozenset[str]) -> tuple[float, float] | None:
    if text is None:
        return None
    parts = text.split(",")
    if "window-functions" in flaws and parts[2:] not in ([], ["linear"]):
        raise Refused(400, "windows are linear")
    if len(parts) not in (2, 3) or (len(parts) == 3 and parts[2] not in _FUNCTIONS):
        raise Refused(400, "window is center,width,function")
    try:
        center, width = float(parts[0]), float(parts[1])
    except ValueError as error:
        raise Refused(400, "window has two numbers") from error
    if width < 1:
        raise Refused(400, "a window is at least 1 wide")
    return center, width


def _quality(text: str | None) -> int:
    if text is None:
        return 90
    if not re.fullmatch(r"\d{1,3}", text) or not 1 <= int(text) <= 100:
        raise Refused(400, "quality is 1 to 100")
    return int(text)


def picture(
    one: Instance, frame: int, rendering: Rendering, media_type: str, flaws: frozenset[str]
) -> bytes:
    """A frame (from 1) as a picture.

    Raises
    ------
    Refused
        404, there is no such frame; 406, it has no picture.
    """
    if not one.native:
        raise Refused(406, "there are no pixels to show")
    if not 1 <= frame <= len(one.native):
        raise Refused(404, "there is no such frame")
    image = Image.fromarray(_levels(one, frame, rendering, flaws))
    image = _placed(image, rendering)
    if "upside-down" in flaws:
        image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    if rendering.annotations and "annotation" not in flaws:
        ImageDraw.Draw(image).rectangle((2, 2, 20, 8), fill=255 if image.mode == "L" else "white")
    return _encoded(image, rendering, media_type)


def _levels(
    one: Instance, frame: int, rendering: Rendering, flaws: frozenset[str]
) -> NDArray[np.uint8]:
    ds, data = one.data_set, (one.native or ())[frame - 1]
    rows, columns = int(ds.Rows), int(ds.Columns)
    if "encoded-black" in flaws and one.is_encoded:
        return np.zeros((rows, columns), np.uint8)
    if ds.SamplesPerPixel == 3:
        colours = np.frombuffer(data, np.uint8).reshape(rows, columns, 3)
        return colours[..., ::-1].copy() if "colours" in flaws else colours
    if ds.BitsAllocated == 1:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        made: NDArray[np.uint8] = bits[: rows * columns].reshape(rows, columns) * np.uint8(255)
        return made
    values: NDArray[Any] = np.frombuffer(data, "<u2" if ds.BitsAllocated == 16 else np.uint8)
    levels = values.reshape(rows, columns).astype(float)
    levels = levels * float(ds.get("RescaleSlope") or 1) + float(ds.get("RescaleIntercept") or 0)
    center, width = rendering.window or _own_window(ds)
    scaled: NDArray[Any] = (levels - (center - width / 2)) / width * 255
    clipped: NDArray[np.uint8] = np.clip(scaled, 0, 255).astype(np.uint8)
    if ds.PhotometricInterpretation == "MONOCHROME1" and "inverted" not in flaws:
        return 255 - clipped
    return clipped


def _own_window(ds: Any) -> tuple[float, float]:
    if "WindowCenter" in ds:
        center, width = ds.WindowCenter, ds.WindowWidth
        first = (center[0], width[0]) if hasattr(center, "__iter__") else (center, width)
        return float(first[0]), float(first[1])
    top = 2 ** int(ds.BitsStored)
    return top / 2, float(top)


def _placed(image: Image.Image, rendering: Rendering) -> Image.Image:
    if rendering.region is not None:
        x, y, width, height = rendering.region
        box = (int(x), int(y), int(x + abs(width)), int(y + abs(height)))
        image = image.crop(box)
        if width < 0:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if height < 0:
            image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    if rendering.size is not None:
        scale = min(rendering.size[0] / image.width, rendering.size[1] / image.height)
        image = image.resize((round(image.width * scale), round(image.height * scale)))
    return image


def _encoded(image: Image.Image, rendering: Rendering, media_type: str) -> bytes:
    out = io.BytesIO()
    more: dict[str, Any] = {}
    if media_type == "image/jpeg":
        more["quality"] = rendering.quality
        if rendering.profile and image.mode == "RGB":
            profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
            more["icc_profile"] = profile.tobytes()
    image.save(out, FORMATS[media_type], **more)
    return out.getvalue()
