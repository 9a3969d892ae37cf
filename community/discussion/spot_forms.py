"""Spots as the fields of a form or of an address, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from community.cases.model import Region
from community.discussion.errors import TalkError
from community.discussion.model import Spot
from community.discussion.spots import FIELD

_UIDS: Final = ("study", "series", "instance")
_REGION: Final = ("x", "y", "w", "h")
_WINDOW: Final = ("center", "width")
PERCENT: Final = "percent"
"""What a form says in the field `unit` whose region is not in fractions."""
FIELDS: Final = (*_UIDS, "frame", *_REGION, *_WINDOW, "unit")


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
    scale = 100 if fields.get("unit") == PERCENT else 1
    if any(name not in given for name in _UIDS):
        raise TalkError("name an image by study, series and instance", FIELD)
    region = _numbers(given, _REGION)
    return Spot(
        "",
        given["study"],
        given["series"],
        given["instance"],
        _frame(given.get("frame", "1")),
        None if region is None else _region([one / scale for one in region]),
        window_in(given),
    )


def window_in(fields: Mapping[str, str]) -> tuple[float, float] | None:
    """The window that fields name; None if they name none.

    Raises
    ------
    TalkError
        A number is none, or one of the two is missing.
    """
    numbers = _numbers(to_fields(fields), _WINDOW)
    return None if numbers is None else (numbers[0], numbers[1])


def to_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Those fields of a form that are about a spot and not empty."""
    return {name: fields[name][:80] for name in FIELDS if fields.get(name)}


def _region(parts: list[float]) -> Region:
    """Four numbers; width and height are nothing where only a point is named."""
    left, top, width, height = parts
    return left, top, width, height


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
