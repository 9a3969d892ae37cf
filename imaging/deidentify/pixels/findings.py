"""What the ways of looking for text give, inside of the child. The value and its merging."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Final, NamedTuple

MAX_BOXES: Final = 600
_NEARLY_ALL: Final = 0.98
# What is so much smaller than what covers it says better where a line is, and stays beside it.
_ALIKE: Final = 0.5


class Found(NamedTuple):
    """Edges of a box in pixels, `right` and `bottom` after the last one inside."""

    left: int
    top: int
    right: int
    bottom: int
    confidence: float

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.right - self.left) * (self.bottom - self.top)

    def shared(self, other: Found) -> int:
        """Pixels in both."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)

    def around(self, other: Found) -> Found:
        """The smallest box over both, as sure as the surer."""
        return Found(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
            max(self.confidence, other.confidence),
        )


def merged(found: Iterable[Found], *, keeps_small: bool = False) -> list[Found]:
    """Without boxes that others cover; one for all if there are too many.

    Boxes that overlap stay as they are: one around both would cover what neither does, and grow
    over the frame box by box.

    Parameters
    ----------
    keeps_small
        Whether a box of less than half of what covers it stays, for a person to choose.
    """
    least = _ALIKE if keeps_small else 0.0
    kept: list[Found] = []
    for box in sorted(found, key=lambda one: one.area, reverse=True):
        for index, other in enumerate(kept):
            is_alike = box.area >= least * other.area
            if is_alike and box.shared(other) >= _NEARLY_ALL * box.area:
                kept[index] = other._replace(confidence=max(box.confidence, other.confidence))
                break
        else:
            kept.append(box)
    if len(kept) <= MAX_BOXES:
        return kept
    return [reduce(Found.around, kept)]
