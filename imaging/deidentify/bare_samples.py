"""Native samples without what stands in the bits that no picture shows.

Overlays used to be kept above the samples, and anything else can be. Which bits are samples, and
what becomes of the others, may live here. Extended signs and padding values stay.

References
----------
PS3.5 sections 8.1.1 and 8.1.2 (unused bits), PS3.3 sections C.7.5.1.1.2 (Pixel Padding Value) and
C.9.2 (overlays in Pixel Data, retired).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from imaging.data_set import DataSet
from imaging.frame_reading import read_frame
from imaging.part10 import Header, open_data_set
from imaging.pixels import FrameDescription
from imaging.rewrite import FrameChange
from imaging.rewrite_pixels import frames_of

Samples = NDArray[Any]

_HIGH_BIT, _PADDING = 0x00280102, 0x00280120
_TYPES: Final = {8: "u1", 16: "<u2", 32: "<u4"}


@dataclass(frozen=True, slots=True)
class SampleBits:
    """Which bits of an allocated cell are the sample.

    Attributes
    ----------
    padding
        A value that stands for no sample, as its bits; None when there is none.
    """

    allocated: int
    shown: int
    sign: int
    above: int
    padding: int | None = None

    @classmethod
    def of(cls, data_set: DataSet, description: FrameDescription) -> SampleBits | None:
        """None where every bit is the sample's, or the samples are no whole numbers."""
        allocated, stored = description.bits_allocated, description.bits_stored
        if description.is_float or allocated not in _TYPES or not 0 < stored < allocated:
            return None
        high = data_set.integer(_HIGH_BIT)
        high = high if high is not None and stored <= high + 1 <= allocated else stored - 1
        every = (1 << allocated) - 1
        padding = data_set.integer(_PADDING)
        return cls(
            allocated,
            shown=((1 << stored) - 1) << high + 1 - stored,
            sign=1 << high if description.pixel_representation else 0,
            above=every & ~((1 << high + 1) - 1),
            padding=None if padding is None else padding & every,
        )

    def hiding(self, samples: Samples) -> NDArray[np.bool_]:
        """Say of each sample whether its other bits hold something."""
        others = samples & self._number(~self.shown)
        found: NDArray[np.bool_] = others != 0
        if self.sign:
            found &= ~((others == self.above) & (samples & self._number(self.sign) != 0))
        if self.padding is not None:
            found &= samples != self.padding
        return found

    def bare(self, frame: bytes) -> bytes:
        """The frame with nothing in these bits; the same bytes where there was nothing."""
        samples = np.frombuffer(frame, _TYPES[self.allocated], len(frame) * 8 // self.allocated)
        hiding = self.hiding(samples)
        if not hiding.any():
            return frame
        cleaned = samples & self._number(self.shown)
        if self.sign:
            negative = cleaned & self._number(self.sign) != 0
            cleaned = np.where(negative, cleaned | self._number(self.above), cleaned)
        made = np.where(hiding, cleaned, samples).astype(samples.dtype).tobytes()
        return made + frame[len(made) :]

    def _number(self, value: int) -> Any:
        kind = np.dtype(_TYPES[self.allocated]).type
        return kind(value & (1 << self.allocated) - 1)


def bare_samples(source: BinaryIO, header: Header) -> FrameChange | None:
    """Give what clears the other bits of frames; None where nothing is in them.

    Encoders of compressed frames know the bits stored, and have none to spare.
    """
    if header.pixel_data is None or header.pixel_data.length is None:
        return None
    described, table = frames_of(source, header)
    bits = SampleBits.of(header.data_set, described)
    if bits is None:
        return None
    stream = open_data_set(source, header)
    words = 1 if header.data_set.little_endian else described.word_bytes
    for number in range(1, table.count + 1):
        frame = read_frame(stream, table, number, words)
        if bits.bare(frame) != frame:
            return lambda _, frame: replace(frame, data=bits.bare(frame.data))
    return None
