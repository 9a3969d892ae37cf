"""What is blacked out of an image's pixels, whether that is certain, and who has to look.

The rules live here: which frames are searched, what a found box means, when a person decides.
Where text is found is `ocr`, which images are searched at all is `kinds`.

References
----------
PS3.15 section E.3.1 (Clean Pixel Data Option).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from imaging.data_set import DataSet
from imaging.deidentify.pixels.boxes import Box, merged_over_frames
from imaging.deidentify.pixels.kinds import Kind, Scrutiny, kind_of
from imaging.deidentify.pixels.ocr import find_text
from imaging.deidentify.pixels.regions import are_believable, outside, ultrasound_regions
from imaging.deidentify.pixels.views import Picture, views_of
from imaging.errors import ImagingError
from imaging.pixels import DecodedFrame
from imaging.rendering.lookup_tables import ReadBulk

ReadFrame = Callable[[int], DecodedFrame]
Finder = Callable[..., tuple[Box, ...]]

_ROWS, _COLUMNS = 0x00280010, 0x00280011
_MAX_BOXES: Final = 2000
# A frame that nowhere differs by more than this from one that was searched has no text that the
# other had not, but for text of less contrast than the search finds at all.
_MAX_UNSEEN_CONTRAST: Final = 8
_MARGIN: Final = 48


@dataclass(frozen=True, slots=True)
class PixelPlan:
    """What is to be done with the pixels of an instance.

    Parameters
    ----------
    boxes
        To be filled; where not certain, what is proposed to a person.
    certain
        Whether they can be filled, and the rest shown, without a person.
    reasons
        Why a person has to look; of certain plans, why boxes are filled. No values.
    checked_frames
        How many frames were searched; those like one of them count too.
    searched_frames
        How many of these the search was run on.
    frames
        Of the instance.
    """

    boxes: tuple[Box, ...] = ()
    certain: bool = True
    reasons: tuple[str, ...] = ()
    checked_frames: int = 0
    searched_frames: int = 0
    frames: int = 0

    @property
    def burned_in_annotation(self) -> str | None:
        """What (0028,0301) may say once the boxes are filled and, if asked, a person agreed.

        NO where every frame was searched; None where nothing was, so nothing is known.
        """
        return "NO" if self.frames and self.checked_frames == self.frames else None


def plan_pixels(
    data_set: DataSet,
    read_frame: ReadFrame,
    frames: int,
    *,
    read_bulk: ReadBulk | None = None,
    find: Finder = find_text,
    person_by_rule: bool = True,
) -> PixelPlan:
    """Search the frames of an image and say what is to be done.

    Parameters
    ----------
    data_set
        As received: what cleaning takes away (regions, Image Type, palette) is asked for.
    read_frame
        Gives a decoded frame by its number from 1.
    frames
        How many there are.
    find
        The search for text; see `ocr.find_text`.
    person_by_rule
        Whether kinds of images that often have names in them are shown to a person even if
        nothing was found. Without it a person sees what is uncertain only.

    Returns
    -------
    PixelPlan
        Of frames that cannot be decoded or searched: uncertain.
    """
    kind = kind_of(data_set)
    if kind.scrutiny is Scrutiny.NONE or not frames:
        return PixelPlan(reasons=(kind.reason,), frames=frames)
    search = _Search(data_set, read_frame, frames, kind, read_bulk, find)
    try:
        found = search.run()
    except ImagingError:
        reason = "a frame cannot be decoded or searched, so nothing is known of its text"
        return PixelPlan((), False, (reason,), search.checked, search.searched, frames)
    boxes, reasons = _judged(data_set, kind, found, search.diagnostic, person_by_rule)
    return PixelPlan(
        boxes, not reasons, reasons or (kind.reason,), search.checked, search.searched, frames
    )


def _judged(
    data_set: DataSet,
    kind: Kind,
    found: tuple[Box, ...],
    diagnostic: tuple[Box, ...] | None,
    person_by_rule: bool,
) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """The boxes, and why a person has to see them; no reason where all is certain."""
    rows, columns = data_set.integer(_ROWS) or 0, data_set.integer(_COLUMNS) or 0
    reasons = []
    ruled: tuple[Box, ...] = ()
    if diagnostic is not None:
        ruled = outside(diagnostic, rows, columns)
        if not are_believable(diagnostic, rows, columns):
            reasons.append("the declared ultrasound regions leave almost nothing of the picture")
    left = tuple(box for box in found if not box.is_inside(ruled))
    inside = [box for box in left if diagnostic is None or any(map(box.overlaps, diagnostic))]
    if inside:
        reasons.append("what looks like text lies where it may cover, or be, a finding")
    # Declared regions and an empty search inside of them are evidence of two kinds.
    if kind.person and person_by_rule and diagnostic is None:
        reasons.append(kind.reason)
    return ruled + left, tuple(dict.fromkeys(reasons))


class _Search:
    """The frames of one instance, searched so that none with text of its own is left out."""

    def __init__(
        self,
        data_set: DataSet,
        read_frame: ReadFrame,
        frames: int,
        kind: Kind,
        read_bulk: ReadBulk | None,
        find: Finder,
    ) -> None:
        rows, columns = data_set.integer(_ROWS) or 0, data_set.integer(_COLUMNS) or 0
        self.diagnostic = ultrasound_regions(data_set, rows, columns) or None
        self.checked = self.searched = 0
        self._data_set, self._read_frame, self._frames = data_set, read_frame, frames
        self._read_bulk, self._find = read_bulk, find
        self._thorough = kind.scrutiny is Scrutiny.FULL
        self._seen: tuple[Picture, ...] = ()
        self._lowest: tuple[Picture, ...] = ()
        self._highest: tuple[Picture, ...] = ()

    def run(self) -> tuple[Box, ...]:
        """All boxes, those of several frames merged."""
        found: list[Box] = []
        for number in range(1, self._frames + 1):
            frame = self._read_frame(number)
            views = views_of(frame, self._data_set, number, self._read_bulk)
            found.extend(self._of_frame(views, number))
            self.checked = number
        if self._frames > 1:
            # What stands still over something that moves: light text is in the darkest picture.
            for views in (self._lowest, self._highest):
                found.extend(self._in_views(views, None))
        keeps_small = self._frames == 1 and not self._thorough
        return merged_over_frames(found, _MAX_BOXES, keeps_small=keeps_small)

    def _of_frame(self, views: tuple[Picture, ...], number: int) -> Iterable[Box]:
        if len(self._seen) != len(views) or any(
            one.shape != other.shape for one, other in zip(self._seen, views, strict=True)
        ):
            self._seen = self._lowest = self._highest = views
            self.searched += 1
            return self._in_views(views, number)
        self._lowest = tuple(map(np.minimum, self._lowest, views))
        self._highest = tuple(map(np.maximum, self._highest, views))
        changed = [_changed(one, other) for one, other in zip(self._seen, views, strict=True)]
        found: list[Box] = []
        for index, (view, area) in enumerate(zip(views, changed, strict=True)):
            if area is not None:
                found.extend(self._searched(view, index, number, area))
        if any(area is not None for area in changed):
            self.searched += 1
        return found

    def _in_views(self, views: tuple[Picture, ...], number: int | None) -> list[Box]:
        """Boxes of whole pictures."""
        return [
            box for index, view in enumerate(views) for box in self._searched(view, index, number)
        ]

    def _searched(
        self, view: Picture, index: int, number: int | None, area: Box | None = None
    ) -> tuple[Box, ...]:
        top, left = (area.top, area.left) if area else (0, 0)
        part = view[top : area.bottom, left : area.right] if area else view
        # With all values shown, what was outside of the window is strong, and air is like ink.
        quick = "strokes" if index else "quick"
        if not self._thorough and not self._find(part, frame=number, way=quick):
            return ()
        # Where frames of a cine move, each is searched once; what stands still was searched more.
        whole = "thorough" if self._thorough else "slice"
        found = self._find(part, frame=number, way=whole if area is None else "brief")
        return tuple(_moved(box, left, top) for box in found)


def _changed(seen: Picture, view: Picture) -> Box | None:
    """Where a frame has what the first one had not, with a margin; None when nowhere."""
    differences = np.abs(seen.astype(np.int16) - view) > _MAX_UNSEEN_CONTRAST
    if differences.ndim == 3:
        differences = differences.any(axis=2)
    rows, columns = np.flatnonzero(differences.any(axis=1)), np.flatnonzero(differences.any(axis=0))
    if not rows.size:
        return None
    left, top = int(columns[0]) - _MARGIN, int(rows[0]) - _MARGIN
    right, bottom = int(columns[-1]) + _MARGIN, int(rows[-1]) + _MARGIN
    return Box(None, left, top, right - left, bottom - top).clipped(view.shape[1], view.shape[0])


def _moved(box: Box, right: int, down: int) -> Box:
    return Box(
        box.frame,
        box.left + right,
        box.top + down,
        box.width,
        box.height,
        box.text_confidence,
        box.source,
    )
