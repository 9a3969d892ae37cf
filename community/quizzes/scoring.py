"""How good an answer is. Pure, and the same for everybody.

Words are compared without case, accents, punctuation and order of spaces. A point counts whole
inside of the author's region and half close to it, so that nobody fails by a finger's width.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from community.quizzes.model import CHOICE, FREE, Point, Question, Region

RIGHT: Final = 1.0
NEARLY: Final = 0.5
WRONG: Final = 0.0
JUDGEMENTS: Final = {"right": RIGHT, "nearly": NEARLY, "wrong": WRONG}
"""What a reader may say of their own words once they know."""

near: Final = 0.05
"""How far from a region is still close, as a fraction of the frame."""

_POINT = re.compile(r"(0(?:\.\d{1,6})?|1(?:\.0{1,6})?),(0(?:\.\d{1,6})?|1(?:\.0{1,6})?)")
_NO_WORD = re.compile(r"[^\w]+")


def score(question: Question, value: str) -> float | None:
    """Judge an answer; None if only its reader can.

    Parameters
    ----------
    value
        As `Answer.value`; that of a kind other than free words must be well formed.
    """
    if question.kind == FREE:
        return RIGHT if is_accepted(question.accepted, value) else None
    if question.kind == CHOICE:
        return RIGHT if value == str(question.right_option) else WRONG
    if question.place is None:
        return None
    return score_point(question.place.region, point_of(value))


def is_accepted(accepted: Iterable[str], words: str) -> bool:
    """Whether words say the same as some that the author takes."""
    said = folded(words)
    return said != "" and any(folded(one) == said for one in accepted)


def folded(words: str) -> str:
    """Words without what makes no difference."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return _NO_WORD.sub(" ", kept).strip()


def score_point(region: Region, point: Point) -> float:
    """Judge where somebody pointed."""
    away = distance(region, point)
    if away == 0:
        return RIGHT
    return NEARLY if away <= near else WRONG


def distance(region: Region, point: Point) -> float:
    """How far a point is from a region, in fractions of the frame; 0 inside of it."""
    left, top, width, height = region
    across = max(left - point.x, 0.0, point.x - (left + width))
    down = max(top - point.y, 0.0, point.y - (top + height))
    return math.hypot(across, down)


def spell_point(point: Point) -> str:
    """A point as an answer keeps it."""
    return f"{point.x:.4f},{point.y:.4f}"


def point_of(value: str) -> Point:
    """The point that an answer keeps.

    Raises
    ------
    ValueError
        It is none.
    """
    found = _POINT.fullmatch(value)
    if found is None:
        raise ValueError(f"no point: {value!r}")
    return Point(float(found[1]), float(found[2]))


def total(scores: Iterable[float | None]) -> float | None:
    """The mean of what was judged; None if nothing was."""
    known = [one for one in scores if one is not None]
    return sum(known) / len(known) if known else None
