"""Bands of a frame that devices are known to write into: a table that an operator can extend.

A row names a device and its bands in pixels. The rows that come with us are in `bands.json`; more
are read from the files that `DICOMTUBE_DEID_BANDS` names, which the caller passes on.

References
----------
PS3.15 section E.3.1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from imaging.data_set import DataSet
from imaging.deidentify.pixels.boxes import Box

_MODALITY, _MANUFACTURER, _MODEL = 0x00080060, 0x00080070, 0x00081090
_ROWS, _COLUMNS = 0x00280010, 0x00280011


@dataclass(frozen=True, slots=True)
class Band:
    """A row: what an image must be, and the rectangle (left, top, width, height) to fill.

    Manufacturer and model are compared by what they begin with, in capitals; an empty word fits
    all. Rows and columns must fit exactly, since a band is wrong in any other layout.
    """

    modality: str
    manufacturer: str
    model: str
    rows: int
    columns: int
    boxes: tuple[tuple[int, int, int, int], ...]

    def fits(self, data_set: DataSet) -> bool:
        """Whether an image is one of this device's."""
        return (
            data_set.text(_MODALITY) == self.modality
            and data_set.integer(_ROWS) == self.rows
            and data_set.integer(_COLUMNS) == self.columns
            and data_set.text(_MANUFACTURER).upper().startswith(self.manufacturer)
            and data_set.text(_MODEL).upper().startswith(self.model)
        )


def bands_of(data_set: DataSet, more: tuple[Path, ...] = ()) -> tuple[Box, ...]:
    """Boxes to fill in all frames, by what is known of the device."""
    rows = (*_own(), *(band for path in more for band in _read(path.read_text("utf-8"))))
    return tuple(
        Box(None, *box, 1.0, "rule") for band in rows if band.fits(data_set) for box in band.boxes
    )


@cache
def _own() -> tuple[Band, ...]:
    return _read(files(__package__).joinpath("bands.json").read_text(encoding="utf-8"))


def _read(text: str) -> tuple[Band, ...]:
    return tuple(_band(row) for row in json.loads(text)["bands"])


def _band(row: dict[str, Any]) -> Band:
    boxes = tuple(tuple(int(edge) for edge in box) for box in row["boxes"])
    if any(len(box) != 4 or min(box) < 0 for box in boxes):
        raise ValueError("a box is left, top, width and height in pixels")
    return Band(
        row["modality"],
        str(row.get("manufacturer", "")).upper(),
        str(row.get("model", "")).upper(),
        int(row["rows"]),
        int(row["columns"]),
        boxes,  # type: ignore[arg-type] # four of them, as asked above
    )
