"""Where the checks of pixels meet the rest: what they found, and the change that follows.

Only the seam lives here; looking for text and blackening it is `pixels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from imaging.data_set import Bulk
from imaging.deidentify.identity import Identity
from imaging.deidentify.pixels.blackout import blackout
from imaging.deidentify.pixels.boxes import Box
from imaging.deidentify.profile import Profile
from imaging.errors import LimitExceeded
from imaging.frame_reading import read_exactly
from imaging.part10 import Header, open_data_set
from imaging.rewrite import FrameChange

Boxes = tuple[Box, ...]

max_palette_bytes = 1 << 20


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


def check(source: BinaryIO, header: Header, identity: Identity, profile: Profile) -> Findings:
    """Look for what is burned into the pixels."""
    return Findings()


def change_of(source: BinaryIO, header: Header, found: Findings) -> FrameChange | None:
    """Blacken the boxes; None when there are none."""

    def read_bulk(bulk: Bulk) -> bytes:
        if bulk.length > max_palette_bytes:
            raise LimitExceeded("a look-up table is too long")
        stream = open_data_set(source, header)
        stream.seek(bulk.offset)
        return read_exactly(stream, bulk.length)

    return blackout(found.boxes, header.data_set, read_bulk)
