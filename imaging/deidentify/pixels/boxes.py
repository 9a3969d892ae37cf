"""Rectangles of a frame that hold, or may hold, text. Values only live here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Source = Literal["ocr", "ultrasound-region", "reviewer"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels.

    Parameters
    ----------
    frame
        Number from 1; None for all frames.
    left, top
        Of the first pixel inside, from 0.
    text_confidence
        0 to 1; 1 of what is filled by a rule.
    source
        Who says so.
    """

    frame: int | None
    left: int
    top: int
    width: int
    height: int
    text_confidence: float = 1.0
    source: Source = "ocr"

    @property
    def right(self) -> int:
        """Column after the last one inside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """Row after the last one inside."""
        return self.top + self.height

    def overlaps(self, other: Box) -> bool:
        """Whether the two share a pixel, whatever their frames."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def clipped(self, columns: int, rows: int) -> Box | None:
        """What of it lies in a frame of that size."""
        left, top = max(0, self.left), max(0, self.top)
        width, height = min(columns, self.right) - left, min(rows, self.bottom) - top
        if width <= 0 or height <= 0:
            return None
        return replace(self, left=left, top=top, width=width, height=height)

    def is_inside(self, others: Iterable[Box]) -> bool:
        """Whether one of the others covers it whole."""
        return any(
            other.left <= self.left
            and other.top <= self.top
            and other.right >= self.right
            and other.bottom >= self.bottom
            for other in others
        )


def around(boxes: Iterable[Box], frame: int | None) -> Box:
    """The smallest box over several, as sure as the surest of them."""
    several = list(boxes)
    left, top = min(box.left for box in several), min(box.top for box in several)
    return replace(
        max(several, key=lambda box: box.text_confidence),
        frame=frame,
        left=left,
        top=top,
        width=max(box.right for box in several) - left,
        height=max(box.bottom for box in several) - top,
    )


def merged_over_frames(
    boxes: Iterable[Box], max_boxes: int, *, keeps_small: bool = False
) -> tuple[Box, ...]:
    """Boxes for all frames where several frames have one at the same place.

    What two frames show is static, and is filled in all frames: a third may show it too faintly
    to be found. Boxes that others cover are left out. Where more than `max_boxes` remain, they
    become one that covers all.

    Parameters
    ----------
    keeps_small
        Whether a box of less than half of what covers it stays: it says better where a line is,
        should a person not want the larger one.
    """
    every = list(boxes)
    static = [_for_all(box, every) for box in every]
    kept: list[Box] = []
    for box in sorted(static, key=lambda one: (one.frame is not None, -one.width * one.height)):
        others = (other for other in kept if other.frame in (None, box.frame))
        if keeps_small:
            most = 2 * box.width * box.height
            others = (other for other in others if other.width * other.height <= most)
        if not box.is_inside(others):
            kept.append(box)
    if len(kept) > max_boxes:
        return (around(kept, None),)
    return tuple(sorted(kept, key=lambda box: (box.frame or 0, box.top, box.left)))


def _for_all(box: Box, every: list[Box]) -> Box:
    others = (other for other in every if other.frame != box.frame)
    return replace(box, frame=None) if any(_same_place(box, other) for other in others) else box


def _same_place(one: Box, other: Box) -> bool:
    """Whether the two share most of what either covers."""
    if not one.overlaps(other) or one.source != other.source:
        return False
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    larger = max(one.width * one.height, other.width * other.height)
    return 2 * width * height >= larger
