"""What readers and authors send by forms, and what a form shows again. Pure; all of it is hostile.

A place is two numbers in percent, which a script fills in when somebody points at the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from werkzeug.datastructures import MultiDict

from community.quizzes.attempts import Sheet
from community.quizzes.model import LOCATE, Asked, Point
from community.quizzes.questions import Wish
from community.quizzes.scoring import spell_point

Form = MultiDict[str, str]

_SIDE: Final = 1024
"""Pixels that a picture has at most, whatever the frame has; its proportions stay."""

_PERCENT: Final = re.compile(r"\d{1,3}(?:[.,]\d{1,6})?")


def read_sheet(form: Form, asked: Iterable[Asked]) -> Sheet:
    """What a reader answers."""
    values = {
        one.id: _place(form, one.id) if one.kind == LOCATE else form.get(f"q-{one.id}", "")
        for one in asked
    }
    return Sheet(values, _number(form.get("confidence", "")))


def read_wish(form: Form) -> Wish:
    """A question that an author wants."""
    right = _number(form.get("right", ""))
    return Wish(
        form.get("kind", ""),
        form.get("body", ""),
        form.get("lines", "").splitlines(),
        None if right is None else right - 1,
        form.get("key_image", ""),
    )


def address_of_frame(case: str, shown: Asked) -> str:
    """Where the frame of a question is to be seen, below the server's address."""
    return (
        f"/cases/{case}/dicom-web/studies/{shown.study_instance_uid}"
        f"/series/{shown.series_instance_uid}/instances/{shown.sop_instance_uid}"
        f"/frames/{shown.frame}/rendered?viewport={_SIDE},{_SIDE}"
    )


def _place(form: Form, question: str) -> str:
    """The point that a form says, or nothing."""
    x, y = (_percent(form.get(f"{axis}-{question}", "")) for axis in "xy")
    return "" if x is None or y is None else spell_point(Point(x, y))


def _percent(text: str) -> float | None:
    kept = text.strip()
    if not _PERCENT.fullmatch(kept):
        return None
    found = float(kept.replace(",", ".")) / 100
    return found if found <= 1 else None


def _number(text: str) -> int | None:
    kept = text.strip()
    return int(kept) if kept.isascii() and kept.isdigit() and len(kept) <= 3 else None
