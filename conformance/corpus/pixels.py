"""Small images whose every value is known, and their frames in every transfer syntax.

The encoded frames lie ready in ``encoded.json``, so that no codec is needed where the runner runs;
the developers' ``benchmarks/conformance_frames.py`` makes them.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UID

ROWS: Final = 32
COLUMNS: Final = 48
"""Not square, so that whoever mixes up the two is found out."""

FRAMES: Final = 5


def gray(frame: int, bits: int) -> NDArray[Any]:
    """Frame `frame` (from 1): four quadrants of different gray, with a gradient over each.

    Returns
    -------
    uint8 or uint16 array of ROWS x COLUMNS
    """
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    quadrant = 2 * (y >= ROWS // 2) + (x >= COLUMNS // 2)
    eighth = np.array([1, 3, 5, 7])[quadrant]
    # Frames differ everywhere by one level, and by the order of their quadrants' brightness.
    value = (eighth * 2 ** (bits - 3) + frame * 3 + (x % 4) + (y % 4)) % 2**bits
    made: NDArray[Any] = value.astype(np.uint8 if bits <= 8 else np.uint16)
    return made


def colour(frame: int) -> NDArray[np.uint8]:
    """Frame `frame` (from 1) in RGB, ROWS x COLUMNS x 3: red, green, blue and white quadrants."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    quadrant = 2 * (y >= ROWS // 2) + (x >= COLUMNS // 2)
    table = np.array([[220, 10, 10], [10, 220, 10], [10, 10, 220], [240, 240, 240]], np.uint8)
    image: NDArray[np.uint8] = table[quadrant]
    image[..., 0] += np.uint8(frame)
    return image


def describe(ds: Dataset, *, bits: int = 16, samples: int = 1, frames: int = 1) -> None:
    """Set the attributes of the Image Pixel module (PS3.3 C.7.6.3)."""
    ds.SamplesPerPixel = samples
    ds.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.BitsAllocated = 8 if bits <= 8 else 16
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, 0
    if frames > 1:
        ds.NumberOfFrames = frames


@dataclass(frozen=True, slots=True)
class Encoded:
    """The frames of one image in one transfer syntax, and what their bit streams hold."""

    photometric: str
    frames: tuple[bytes, ...]


@lru_cache(maxsize=1)
def _encoded() -> dict[str, dict[str, Encoded]]:
    text = files("conformance.corpus").joinpath("encoded.json").read_text("ascii")
    return {
        kind: {
            syntax: Encoded(row["photometric"], tuple(map(base64.b64decode, row["frames"])))
            for syntax, row in rows.items()
        }
        for kind, rows in json.loads(text).items()
    }


def encoded(kind: str, transfer_syntax: str) -> Encoded:
    """``gray8``, ``gray12`` or ``rgb`` in a transfer syntax.

    Raises
    ------
    KeyError
        It was not made in this one.
    """
    return _encoded()[kind][transfer_syntax]


def encoded_syntaxes(kind: str) -> tuple[UID, ...]:
    """In which transfer syntaxes an image lies ready."""
    return tuple(UID(one) for one in _encoded()[kind])


def native_frames(kind: str) -> tuple[bytes, ...]:
    """The same frames as little endian samples."""
    numbers = range(1, FRAMES + 1)
    if kind == "rgb":
        return tuple(colour(number).tobytes() for number in numbers)
    bits = int(kind.removeprefix("gray"))
    return tuple(
        gray(number, bits).astype(f"<u{1 if bits <= 8 else 2}").tobytes() for number in numbers
    )
