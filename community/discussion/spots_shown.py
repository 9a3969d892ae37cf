"""Spots as pages show them: a picture with the region marked, and the viewer's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from community.cases.model import CaseView, Region
from community.cases.shown import root_of, viewer_address, viewer_place
from community.discussion.model import Spot

small_side: Final = 320
large_side: Final = 768
_DOT: Final = 0.04
"""Half of the box that stands for a point, of the frame's side."""


@dataclass(frozen=True, slots=True)
class ShownSpot:
    """A spot, its picture, and where the viewer shows it."""

    spot: Spot
    picture: str
    viewer: str
    region: Region | None


def shown_spot(view: CaseView, spot: Spot) -> ShownSpot | None:
    """A spot as a page shows it; None when its study is not in the case any more."""
    if all(one.study_instance_uid != spot.study_instance_uid for one in view.studies):
        return None
    uids = spot.series_instance_uid, spot.sop_instance_uid
    place = viewer_place(*uids, spot.frame, region=spot.region, window=spot.window)
    query = urlencode(place, safe=",")
    return ShownSpot(
        spot,
        picture_of(view, spot, small_side),
        f"{viewer_address(view)}&{query}",
        None if spot.region is None else _visible(spot.region),
    )


def picture_of(view: CaseView, spot: Spot, side: int) -> str:
    """Address of the picture of a frame, no larger than a square of this side."""
    query = {"viewport": f"{side},{side}"}
    if spot.window is not None:
        center, width = spot.window
        query["window"] = f"{center:.6g},{width:.6g},linear"
    return (
        f"{root_of(view.case.id)}/studies/{spot.study_instance_uid}"
        f"/series/{spot.series_instance_uid}/instances/{spot.sop_instance_uid}"
        f"/frames/{spot.frame}/rendered?{urlencode(query, safe=',')}"
    )


def _visible(region: Region) -> Region:
    """A region that can be seen; around a point there is a box."""
    left, top, width, height = region
    if width and height:
        return region
    x, y = max(left - _DOT, 0), max(top - _DOT, 0)
    return x, y, min(2 * _DOT, 1 - x), min(2 * _DOT, 1 - y)
