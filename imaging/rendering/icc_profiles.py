"""ICC profiles of well-known colour spaces, computed from what their standards say.

Profiles that vendors publish may not be passed on freely, so ours are made from primaries, white
and curve. Writing profiles lives here; what is done with them is `colour_spaces`.

References
----------
ICC.1:2022 (profile format 4.4); IEC 61966-2-1 (sRGB), Adobe RGB (1998), ISO 22028-2 (ROMM RGB),
SMPTE EG 432-1 (P3); PS3.3 section C.11.15.1.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from struct import pack
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Chromaticity = tuple[float, float]

_VERSION: Final = 0x04300000
_D50: Final = (0.9642, 1.0, 0.8249)
_D50_XY, _D65_XY = (0.3457, 0.3585), (0.3127, 0.3290)
# A profile has a date; a fixed one makes the same picture the same bytes every day.
_DATE: Final = (2024, 1, 1, 0, 0, 0)
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
# Function types of a parametric curve (ICC.1 table 68): a power, and one with a straight start.
_POWER, _STRAIGHT_START = 0, 3


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """A colour space by its primaries, its white, and the parameters of its curve."""

    name: str
    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity
    white: Chromaticity
    curve: tuple[float, ...]


_SRGB_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

# THE table, by the values of the iccprofile parameter.
COLOUR_SPACES: Final[Mapping[str, ColourSpace]] = MappingProxyType(
    {
        "srgb": ColourSpace("sRGB", (0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65_XY, _SRGB_CURVE),
        "adobergb": ColourSpace(
            "Adobe RGB (1998) compatible",
            (0.64, 0.33),
            (0.21, 0.71),
            (0.15, 0.06),
            _D65_XY,
            (563 / 256,),
        ),
        "rommrgb": ColourSpace(
            "ROMM RGB",
            (0.7347, 0.2653),
            (0.1596, 0.8404),
            (0.0366, 0.0001),
            _D50_XY,
            (1.8, 1.0, 0.0, 1 / 16, 16 * 0.001953125),
        ),
        "displayp3": ColourSpace(
            "Display P3", (0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65_XY, _SRGB_CURVE
        ),
    }
)


@lru_cache(maxsize=len(COLOUR_SPACES))
def profile_of(name: str) -> bytes:
    """The profile of a colour space of `COLOUR_SPACES`; always the same bytes."""
    space = COLOUR_SPACES[name]
    adaptation = _adaptation(space.white)
    colorants = adaptation @ _to_xyz(space)
    curve = _curve(space.curve)
    tags = {
        b"desc": _text(space.name),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": _xyz(_D50),
        b"chad": b"sf32\0\0\0\0" + _fixed(*adaptation.flatten()),
        **{
            tag: _xyz(colorants[:, column])
            for column, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return _file(tags)


def _to_xyz(space: ColourSpace) -> Matrix:
    """From linear red, green and blue to XYZ where white is the space's own."""
    primaries = np.array([_of_xy(xy) for xy in (space.red, space.green, space.blue)]).T
    scales = np.linalg.solve(primaries, np.array(_of_xy(space.white)))
    scaled: Matrix = primaries * scales
    return scaled


def _of_xy(xy: Chromaticity) -> tuple[float, float, float]:
    x, y = xy
    return x / y, 1.0, (1 - x - y) / y


def _adaptation(white: Chromaticity) -> Matrix:
    """Bradford's, from a white to the D50 of profiles."""
    if white == _D50_XY:
        return np.eye(3)
    cones = _BRADFORD @ np.array(_D50) / (_BRADFORD @ np.array(_of_xy(white)))
    adaptation: Matrix = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD
    return adaptation


def _curve(parameters: tuple[float, ...]) -> bytes:
    kind = _POWER if len(parameters) == 1 else _STRAIGHT_START
    return b"para\0\0\0\0" + pack(">HH", kind, 0) + _fixed(*parameters)


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded


def _xyz(values: Any) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _fixed(*values: float) -> bytes:
    return pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _file(tags: dict[bytes, bytes]) -> bytes:
    """Header, table of tags, and their values; equal values stand there once."""
    at = 128 + 4 + 12 * len(tags)
    table, values, places = b"", b"", dict[bytes, int]()
    for tag, value in tags.items():
        if value not in places:
            places[value] = at + len(values)
            values += value + bytes(-len(value) % 4)
        table += tag + pack(">II", places[value], len(value))
    body = pack(">I", len(tags)) + table + values
    return _header(128 + len(body)) + body


def _header(size: int) -> bytes:
    start = pack(">I4sI4s4s4s6H", size, b"", _VERSION, b"mntr", b"RGB ", b"XYZ ", *_DATE)
    return start + b"acsp" + bytes(28) + _fixed(*_D50) + bytes(48)
