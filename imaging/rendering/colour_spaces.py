"""A picture in the colour space that a client asks for, with the profile that says so.

References
----------
PS3.18 section 8.3.5.1.5 (iccprofile); PS3.3 sections C.11.15 (ICC profile) and C.8.12.5 (optical
path); PS3.4 section N.2.2.
"""

from dataclasses import replace
from io import BytesIO
from struct import unpack_from
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms

from imaging.children import run_job
from imaging.data_set import DataSet
from imaging.errors import DecodeFailed, LimitExceeded
from imaging.rendering.display import functional_group
from imaging.rendering.icc_profiles import profile_of
from imaging.rendering.lookup_tables import ReadBulk, piece_of
from imaging.rendering.picture import Picture

MAX_PROFILE_BYTES: Final = 4 * 1024 * 1024
_ICC_PROFILE, _COLOUR_SPACE = 0x00282000, 0x00282002
_OPTICAL_PATHS, _PATH_IDENTIFIER, _FRAME_PATH = 0x00480105, 0x00480106, 0x00480207
# Values of Color Space (0028,2002) that we have profiles of.
_LABELS: Final = {"SRGB": "srgb", "ADOBERGB": "adobergb", "ROMMRGB": "rommrgb"}
_HEADER_BYTES: Final = 128


def in_colour_space(
    picture: Picture,
    wanted: str,
    data_set: DataSet,
    number: int,
    read_bulk: ReadBulk | None = None,
) -> Picture:
    """A picture as a value of the iccprofile parameter has it.

    Parameters
    ----------
    wanted
        `no`, `yes`, or a key of `icc_profiles.COLOUR_SPACES`.
    data_set
        Of the image; its profile, and else its Color Space, say what its colours are. What says
        nothing is taken for sRGB.
    number
        Of the frame, from 1.

    Raises
    ------
    DecodeFailed
        When the profile of the image is damaged.
    LimitExceeded
        When it is longer than `MAX_PROFILE_BYTES`.
    """
    if wanted == "no":
        return picture
    colours = _in_colours(picture)
    own = _own_profile(data_set, number, read_bulk)
    label = _LABELS.get(data_set.text(_COLOUR_SPACE), "srgb")
    if wanted == "yes":
        return replace(colours, icc_profile=own or profile_of(label))
    if own is None and label == wanted:
        return replace(colours, icc_profile=profile_of(wanted))
    return _converted(colours, own, label, wanted)


def convert_job(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Convert pixels by a profile of a stranger; done in a child, since lcms parses it."""
    profile, pixels = body[: head["profile"]], body[head["profile"] :]
    image = Image.frombytes("RGB", (head["width"], head["height"]), pixels)
    return {}, _by_profiles(image, profile, head["wanted"]).tobytes()


def _in_colours(picture: Picture) -> Picture:
    """Profiles of red, green and blue do not fit grays."""
    if picture.pixels.ndim == 3:
        return picture
    return replace(picture, pixels=np.repeat(picture.pixels[..., None], 3, axis=2))


def _converted(picture: Picture, own: bytes | None, label: str, wanted: str) -> Picture:
    pixels = np.ascontiguousarray(picture.pixels)
    if own is None:
        converted = np.asarray(_by_profiles(Image.fromarray(pixels), profile_of(label), wanted))
    else:
        head = {
            "profile": len(own),
            "width": picture.width,
            "height": picture.height,
            "wanted": wanted,
        }
        _, data = run_job("convert colours", head, own + pixels.tobytes())
        if len(data) != pixels.size:
            raise DecodeFailed("converting the colours gave another picture")
        converted = np.frombuffer(data, np.uint8).reshape(pixels.shape)
    return Picture(converted, profile_of(wanted))


def _by_profiles(image: Image.Image, profile: bytes, wanted: str) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.ImageCmsProfile(BytesIO(profile_of(wanted))),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except (OSError, ImageCms.PyCMSError) as error:
        raise DecodeFailed("the ICC profile of the image cannot be used") from error
    assert converted is not None
    return converted


def _own_profile(data_set: DataSet, number: int, read_bulk: ReadBulk | None) -> bytes | None:
    """The profile that the data set has for a frame."""
    holder = data_set if _ICC_PROFILE in data_set else _optical_path(data_set, number)
    element = None if holder is None else holder.get(_ICC_PROFILE)
    if element is None:
        return None
    profile = piece_of(element, 0, MAX_PROFILE_BYTES + 1, read_bulk)
    if len(profile) > MAX_PROFILE_BYTES:
        raise LimitExceeded(f"the ICC profile has more than {MAX_PROFILE_BYTES} bytes")
    if not profile:
        return None
    (size,) = unpack_from(">I", profile) if len(profile) >= _HEADER_BYTES else (0,)
    whole = _HEADER_BYTES <= size <= len(profile) and profile[36:40] == b"acsp"
    if not whole or profile[16:20] != b"RGB ":
        raise DecodeFailed("the ICC profile of the image is damaged")
    return profile[:size]


def _optical_path(data_set: DataSet, number: int) -> DataSet | None:
    paths = data_set.sequence(_OPTICAL_PATHS)
    named = functional_group(data_set, number, _FRAME_PATH)
    identifier = "" if named is None else named.text(_PATH_IDENTIFIER)
    for path in paths:
        if path.text(_PATH_IDENTIFIER) == identifier:
            return path
    return paths[0] if paths else None
