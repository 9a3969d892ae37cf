"""A picture in memory, the value that rendering gives and encoders take. Only it lives here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of 8 bits a sample.

    Parameters
    ----------
    pixels
        Rows by columns of gray, or rows by columns by red, green and blue.
    icc_profile
        To be embedded.
    """

    pixels: NDArray[np.uint8]
    icc_profile: bytes | None = None

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])
