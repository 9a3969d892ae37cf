"""Where the checks of pixels meet the rest: what they found, and the change that follows.

Only the seam lives here; looking for text and blackening it is `pixels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from imaging.deidentify.identity import Identity
from imaging.part10 import Header
from imaging.rewrite import FrameChange

Boxes = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in the pixels of an instance.

    Attributes
    ----------
    boxes
        What is to be blackened, or, with `review`, what is proposed.
    review
        Why somebody has to look; empty when all is certain.
    area
        Pixels in the boxes, over all frames.
    """

    boxes: Boxes = ()
    review: tuple[str, ...] = ()
    frames_checked: int = 0
    area: int = 0


def check(source: BinaryIO, header: Header, identity: Identity) -> Findings:
    """Look for what is burned into the pixels."""
    return Findings()


def change_of(header: Header, found: Findings) -> FrameChange | None:
    """Blacken the boxes; None when there are none."""
    return None
