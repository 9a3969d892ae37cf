"""Spots in images: whether a place is one, and of the case that is discussed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from archive.access import narrowed
from archive.archive import Archive
from archive.errors import ArchiveError
from archive.retrieve import find_instances
from community.cases.model import CaseView
from community.cases.publishing import audience_of
from community.discussion.errors import TalkError
from community.discussion.model import Spot
from imaging.uids import is_uid

FIELD: Final = "spot"
max_frame: Final = 100_000
max_level: Final = 1e7
"""Of a window."""


def checked_spot(archive: Archive, view: CaseView, spot: Spot) -> Spot:
    """A spot as it is kept.

    Raises
    ------
    TalkError
        It is no place in an image of this case.
    """
    uids = (spot.study_instance_uid, spot.series_instance_uid, spot.sop_instance_uid)
    if not all(map(is_uid, uids)) or not 1 <= spot.frame <= max_frame:
        raise TalkError("name an image by its UIDs, and a frame from 1", FIELD)
    study = next((one for one in view.studies if one.study_instance_uid == uids[0]), None)
    if study is None:
        raise TalkError("this study is not part of the case", FIELD)
    _require_region(spot)
    _require_window(spot)
    _require_frame(archive, view, replace(spot, collection=study.collection))
    return replace(spot, collection=study.collection)


def _require_frame(archive: Archive, view: CaseView, spot: Spot) -> None:
    reader = narrowed(None, audience_of(view.case.id))
    try:
        (found,) = find_instances(
            archive,
            reader,
            spot.collection,
            spot.study_instance_uid,
            spot.series_instance_uid,
            spot.sop_instance_uid,
        )
    except ArchiveError as error:
        raise TalkError("there is no such image in this case", FIELD) from error
    if spot.frame > max(found.number_of_frames, 1):
        raise TalkError("this image has no such frame", FIELD)


def _require_region(spot: Spot) -> None:
    if spot.region is None:
        return
    left, top, width, height = spot.region
    inside = all(map(math.isfinite, spot.region)) and min(spot.region) >= 0
    if not inside or left + width > 1 + 1e-6 or top + height > 1 + 1e-6:
        raise TalkError("the region lies within the frame: fractions from 0 to 1", FIELD)


def _require_window(spot: Spot) -> None:
    if spot.window is None:
        return
    center, width = spot.window
    if not all(map(math.isfinite, spot.window)) or not 0 < width <= max_level:
        raise TalkError("a window has a width above 0", FIELD)
    if abs(center) > max_level:
        raise TalkError("this window shows nothing", FIELD)
