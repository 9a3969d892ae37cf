"""Spots as the fields of a form or of an address, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from community.discussion.errors import TalkError
from community.discussion.model import Spot
from community.discussion.spots import FIELD

_UIDS: Final = ("study", "series", "instance")
_REGION: Final = ("x", "y", "w", "h")
_WINDOW: Final = ("center", "width")
FIELDS: Final = (*_UIDS, "frame", *_REGION, *_WINDOW)


def spot_in(fields: Mapping[str, str]) -> Spot | None:
    """The spot that fields name; None if they name none.

    Raises
    ------
    TalkError
        A number is none, or only some of them are there.
    """
    given = to_fields(fields)
    if "instance" not in given:
        return None
    if any(name not in given for name in _UIDS):
        raise TalkError("name an image by study, series and instance", FIELD)
    region = _numbers(given, _REGION)
    window = _numbers(given, _WINDOW)
    return Spot(
        "",
        given["study"],
        given["series"],
        given["instance"],
        _frame(given.get("frame", "1")),
        None if region is None else (region[0], region[1], region[2], region[3]),
        None if window is None else (window[0], window[1]),
    )


def to_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Those fields of a form that are about a spot and not empty."""
    return {name: fields[name][:80] for name in FIELDS if fields.get(name)}


def fields_of(spot: Spot) -> dict[str, str]:
    """A spot as fields."""
    made = {
        "study": spot.study_instance_uid,
        "series": spot.series_instance_uid,
        "instance": spot.sop_instance_uid,
        "frame": str(spot.frame),
    }
    made.update(zip(_REGION, (f"{one:.6g}" for one in spot.region or ()), strict=False))
    made.update(zip(_WINDOW, (f"{one:.6g}" for one in spot.window or ()), strict=False))
    return made


def _frame(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise TalkError("a frame is a whole number from 1", FIELD)
    return int(text)


def _numbers(given: Mapping[str, str], names: tuple[str, ...]) -> list[float] | None:
    texts = [given.get(name) for name in names]
    if not any(texts):
        return None
    try:
        return [float(text or "") for text in texts]
    except ValueError:
        wanted = ", ".join(names)
        raise TalkError(f"the numbers {wanted} belong together", FIELD) from None
