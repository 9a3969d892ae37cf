"""Where an ultrasound frame is a picture of the body, by what its header declares.

Everything outside of the declared regions is interface: names, numbers, logos, measurements.

References
----------
PS3.3 section C.8.5.5 (US Region Calibration module).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from imaging.data_set import DataSet
from imaging.deidentify.pixels.boxes import Box

_REGIONS: Final = 0x00186011
_MIN_X, _MIN_Y, _MAX_X, _MAX_Y = 0x00186018, 0x0018601A, 0x0018601C, 0x0018601E
_MAX_REGIONS: Final = 64
# Regions that leave less of the picture than this are more likely wrong than right.
_MIN_SHARE: Final = 0.1


def ultrasound_regions(data_set: DataSet, rows: int, columns: int) -> tuple[Box, ...]:
    """The declared regions, clipped to the frame; none when one of them is impossible."""
    regions = []
    for item in data_set.sequence(_REGIONS)[:_MAX_REGIONS]:
        corners = [item.integer(tag) for tag in (_MIN_X, _MIN_Y, _MAX_X, _MAX_Y)]
        left, top, right, bottom = (-1 if value is None else value for value in corners)
        # The maximum is inside; some writers put the number of columns or rows there.
        if not (0 <= left < right <= columns and 0 <= top < bottom <= rows):
            return ()
        box = Box(None, left, top, right - left + 1, bottom - top + 1, 0.0, "ultrasound-region")
        regions.append(box.clipped(columns, rows))
    return tuple(region for region in regions if region is not None)


def are_believable(regions: tuple[Box, ...], rows: int, columns: int) -> bool:
    """Whether the regions leave enough of the frame that one can black out the rest unseen."""
    left = rows * columns - sum(box.width * box.height for box in outside(regions, rows, columns))
    return left >= _MIN_SHARE * rows * columns


def outside(regions: tuple[Box, ...], rows: int, columns: int) -> tuple[Box, ...]:
    """Boxes that cover every pixel outside of all regions, and none inside."""
    edges = sorted({0, rows, *(edge for box in regions for edge in (box.top, box.bottom))})
    return tuple(
        box for top, bottom in pairwise(edges) for box in _band(regions, top, bottom, columns)
    )


def _band(regions: tuple[Box, ...], top: int, bottom: int, columns: int) -> list[Box]:
    """The boxes of a band of rows in which no region begins or ends."""
    inside = sorted(
        (box.left, box.right) for box in regions if box.top <= top and bottom <= box.bottom
    )
    found, at = [], 0
    for left, right in [*inside, (columns, columns)]:
        if left > at:
            found.append(
                Box(None, at, top, left - at, bottom - top, 1.0, "ultrasound-region"),
            )
        at = max(at, right)
    return found
