"""Files rendered the way the doors do it: for tests of rendering and for the comparison."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from imaging.data_set import Bulk
from imaging.errors import Malformed
from imaging.frame_reading import read_frame
from imaging.frames import locate_frames
from imaging.part10 import open_data_set, read_header
from imaging.pixels import describe_frame
from imaging.rendering.frame import Picture, Rendering, render_frame
from imaging.rendering.presentation import PresentationState, read_presentation_state
from imaging.transcode import decode_frame
from tests.builders import ct_data_set, part10

STATE_CLASS = "1.2.840.10008.5.1.4.1.1.11.1"


class File:
    """A DICOM file of bytes or on disk."""

    def __init__(self, file: bytes | Path | Dataset) -> None:
        data = part10(file) if isinstance(file, Dataset) else file
        stream = io.BytesIO(data if isinstance(data, bytes) else data.read_bytes())
        self.header = read_header(stream)
        self.table = locate_frames(stream, self.header)
        self._source = open_data_set(stream, self.header)

    def read_bulk(self, bulk: Bulk) -> bytes:
        self._source.seek(bulk.offset)
        return self._source.read(bulk.length)

    def frame(self, number: int = 1):
        pixels = self.header.pixel_data
        if pixels is None or self.table is None:
            raise Malformed("there are no pixels")
        description = describe_frame(
            self.header.data_set, str(self.header.transfer_syntax_uid), pixels.vr, pixels.tag
        )
        if self.header.data_set.little_endian:
            return decode_frame(description, read_frame(self._source, self.table, number))
        words = description.word_bytes
        turned = read_frame(self._source, self.table, number, words)
        return decode_frame(description.decoded(), turned)

    def render(
        self,
        rendering: Rendering | None = None,
        number: int = 1,
        presentation: PresentationState | None = None,
    ) -> Picture:
        return render_frame(
            self.header.data_set,
            self.frame(number),
            number,
            rendering or Rendering(),
            presentation=presentation,
            read_bulk=self.read_bulk,
        )

    def state(self) -> PresentationState:
        return read_presentation_state(self.header.data_set, self.read_bulk)


def shown(file: bytes | Path | Dataset, number: int = 1, **wanted: Any) -> list[Any]:
    """The pixels of a file as lists."""
    return File(file).render(Rendering(**wanted), number).pixels.tolist()


def item(**elements: Any) -> Dataset:
    """A sequence item."""
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def image_of(rows: list[list[int]], **overrides: Any) -> Dataset:
    """An 8-bit grayscale image of these pixels, shown as it is stored."""
    flat = bytes(value for row in rows for value in row)
    settings = {
        "Rows": len(rows),
        "Columns": len(rows[0]),
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelData": flat + bytes(len(flat) % 2),
    }
    return ct_data_set(**(settings | overrides))


def state_of(image: Dataset, **elements: Any) -> Dataset:
    """A grayscale presentation state for an image, which shows all of it as it is stored."""
    reference = item(
        ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID
    )
    series = item(SeriesInstanceUID=image.SeriesInstanceUID, ReferencedImageSequence=[reference])
    state = item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=STATE_CLASS,
        SOPInstanceUID="1.2.3.4",
        StudyInstanceUID=image.StudyInstanceUID,
        SeriesInstanceUID="1.2.3",
        Modality="PR",
        ReferencedSeriesSequence=[series],
        PresentationLUTShape="IDENTITY",
    )
    for keyword, value in elements.items():
        setattr(state, keyword, value)
    return state


def presented(image: Dataset, rendering: Rendering | None = None, **elements: Any) -> Any:
    """The pixels of an image through a presentation state with these elements."""
    state = File(state_of(image, **elements)).state()
    return File(image).render(rendering, presentation=state).pixels
