"""Where the checks of pixels meet the rest: what they found, and the change that follows.

Only the seam lives here; looking for text, judging faces and blackening is `pixels`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Final

from imaging.data_set import Bulk
from imaging.deidentify.pixels.blackout import blackout
from imaging.deidentify.pixels.boxes import Box
from imaging.deidentify.pixels.decide import plan_pixels
from imaging.errors import ImagingError, LimitExceeded
from imaging.frame_reading import read_exactly, read_frame
from imaging.part10 import Header, open_data_set
from imaging.pixels import DecodedFrame
from imaging.rendering.lookup_tables import ReadBulk
from imaging.rewrite import FrameChange
from imaging.rewrite_pixels import frames_of
from imaging.transcode import decode_frame
from imaging.uids import transfer_syntax

Boxes = tuple[Box, ...]

LOOK_AT_VIDEO: Final = "a video may show names, and its frames are not searched"

max_palette_bytes = 1 << 20
_NUMBER_OF_FRAMES = 0x00280008


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in the pixels of an instance.

    Attributes
    ----------
    boxes
        What is to be blackened, or, with `review`, what is proposed.
    review
        Why somebody has to look; empty when all is certain.
    frames_checked
        How many frames were searched.
    area
        Pixels in the boxes, over all frames.
    burned_in
        What Burned In Annotation may say now; None where nothing is known.
    unseen
        The pixels could not be looked at, so that nothing can be proposed either.
    """

    boxes: Boxes = ()
    review: tuple[str, ...] = ()
    frames_checked: int = 0
    area: int = 0
    burned_in: str | None = None
    unseen: bool = False


def check(source: BinaryIO, header: Header, *, person_by_rule: bool = True) -> Findings:
    """Look for what is burned into the pixels.

    Parameters
    ----------
    person_by_rule
        Whether a person sees every image of a kind that often has names in it.
    """
    if header.pixel_data is None:
        return Findings()
    if transfer_syntax(str(header.transfer_syntax_uid)).video:
        return Findings(review=(LOOK_AT_VIDEO,), unseen=True)
    try:
        described, table = frames_of(source, header)
    except ImagingError as error:
        return Findings(review=(f"nobody can say what the pixels show: {error}",), unseen=True)
    stream = open_data_set(source, header)
    words = 1 if header.data_set.little_endian else described.word_bytes

    def frame(number: int) -> DecodedFrame:
        return decode_frame(described, read_frame(stream, table, number, words))

    plan = plan_pixels(
        header.data_set,
        frame,
        table.count,
        read_bulk=_bulk_reader(source, header),
        person_by_rule=person_by_rule,
    )
    return Findings(
        plan.boxes,
        () if plan.certain else plan.reasons,
        plan.checked_frames,
        _area(plan.boxes, table.count),
        plan.burned_in_annotation,
    )


def decided(header: Header, boxes: Boxes) -> Findings:
    """What a person found, who saw every frame."""
    frames = frames_in(header)
    return Findings(boxes, (), frames, _area(boxes, frames), "NO" if frames else None)


def frames_in(header: Header) -> int:
    """How many frames an instance says that it has."""
    if header.pixel_data is None:
        return 0
    return max(1, header.data_set.integer(_NUMBER_OF_FRAMES) or 1)


def change_of(source: BinaryIO, header: Header, found: Findings) -> FrameChange | None:
    """Blacken the boxes; None when there are none."""
    return blackout(found.boxes, header.data_set, _bulk_reader(source, header))


def _bulk_reader(source: BinaryIO, header: Header) -> ReadBulk:
    def read_bulk(bulk: Bulk) -> bytes:
        if bulk.length > max_palette_bytes:
            raise LimitExceeded("a look-up table is too long")
        stream = open_data_set(source, header)
        stream.seek(bulk.offset)
        return read_exactly(stream, bulk.length)

    return read_bulk


def _area(boxes: Iterable[Box], frames: int) -> int:
    return sum(box.width * box.height * (frames if box.frame is None else 1) for box in boxes)
