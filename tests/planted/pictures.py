"""Images with a name burned into their pixels: where it is certain that it goes, and where not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage, UltrasoundImageStorage

from tests.planted.files import Made, image, item
from tests.planted.people import PLAIN
from tests.planted.plants import Days, Plant, Planter

COLUMNS, ROWS = 320, 240
HEADING = (0, 0, COLUMNS, 40)
"""Where an ultrasound scanner writes who is examined: left, top, width, height."""


@dataclass(frozen=True)
class Picture:
    """An image and the box in which its name is written."""

    name: str
    made: Made
    box: tuple[int, int, int, int]
    plants: tuple[Plant, ...]

    def pixels(self) -> NDArray[np.uint8]:
        """As they are sent."""
        return np.frombuffer(self.made.ds.PixelData, np.uint8).reshape(ROWS, COLUMNS)


def pictures() -> list[Picture]:
    """An ultrasound image whose regions are declared, and a capture of a screen."""
    return [_ultrasound(), _capture()]


def _ultrasound() -> Picture:
    planter = Planter("ultrasound", 901, PLAIN, Days(360))
    ds, patient = image(planter, sop_class=UltrasoundImageStorage)
    ds.Modality = "US"
    ds.SequenceOfUltrasoundRegions = [
        item(
            RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0,
            RegionLocationMinX0=0, RegionLocationMinY0=HEADING[3],
            RegionLocationMaxX1=COLUMNS - 1, RegionLocationMaxY1=ROWS - 1,
            PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3,
            PhysicalDeltaX=0.1, PhysicalDeltaY=0.1,
        )
    ]  # fmt: skip
    return _drawn(planter, ds, patient.name.pn, HEADING)


def _capture() -> Picture:
    planter = Planter("capture", 902, PLAIN, Days(362))
    ds, patient = image(planter, sop_class=SecondaryCaptureImageStorage)
    ds.Modality, ds.ConversionType = "OT", "WSD"
    return _drawn(planter, ds, patient.name.pn, (20, 150, 220, 34))


def _drawn(planter: Planter, ds: Dataset, text: str, box: tuple[int, int, int, int]) -> Picture:
    left, top, *_ = box
    speckle = np.random.default_rng(planter.number).normal(60, 15, (ROWS, COLUMNS))
    picture = Image.fromarray(speckle.clip(0, 120).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.text((left + 6, top + 6), text, fill=255, font=ImageFont.load_default(20))
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.ImageType = 7, ["DERIVED", "SECONDARY"]
    ds.PixelData = picture.tobytes()
    # The line through the letters: random and bright, so it stands nowhere else.
    start = (top + 16) * COLUMNS + left
    planter.remember("pixels", "PixelData", data=ds.PixelData[start : start + 200])
    return Picture(planter.file, Made(ds), box, tuple(planter.plants))
