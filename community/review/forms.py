"""What a reviewer sends, as boxes; and boxes as rows of the form.

Pure. A row is a name and five fields, ``left-3`` to ``frame-3``; its name comes in ``row``. A row
without numbers is none, one that is marked in ``remove`` is taken away. Every field is hostile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from archive.review import MAX_BOXES
from imaging.deidentify.pixels.boxes import Box

EVERY: Final = "all"
"""The value of a row's frame for a box of all frames."""

FIELDS: Final = ("left", "top", "width", "height")
_MAX_DIGITS: Final = 6
_NOTES: Final[dict[str, str]] = {
    "ocr": "text found, {:.0%} certain",
    "ultrasound-region": "outside of the ultrasound picture",
}
_SPARE_ROWS: Final = 3


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where boxes may be: the frames of one instance."""

    columns: int
    rows: int
    frames: int


@dataclass(frozen=True, slots=True)
class Row:
    """One box as the form shows it, with what was typed and what is wrong with it."""

    name: str
    left: str = ""
    top: str = ""
    width: str = ""
    height: str = ""
    frame: str = EVERY
    problem: str = ""
    note: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing was typed."""
        return not any((self.left, self.top, self.width, self.height))


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it was sent."""

    rows: tuple[Row, ...]
    boxes: tuple[Box, ...]

    @property
    def is_good(self) -> bool:
        """Whether every row is a box."""
        return not any(row.problem for row in self.rows)


def rows_of(boxes: Iterable[Box]) -> tuple[Row, ...]:
    """Boxes as rows of the form."""
    return tuple(
        Row(
            str(index),
            str(box.left),
            str(box.top),
            str(box.width),
            str(box.height),
            EVERY if box.frame is None else str(box.frame),
            note=_NOTES.get(box.source, "").format(box.text_confidence),
        )
        for index, box in enumerate(boxes, 1)
    )


def spare_rows(taken: Sequence[Row], frame: int) -> tuple[Row, ...]:
    """Empty rows for those who cannot draw."""
    names = {row.name for row in taken}
    free = (str(number) for number in range(1, len(names) + _SPARE_ROWS + 1))
    blank = [Row(name, frame=str(frame)) for name in free if name not in names]
    return tuple(blank[:_SPARE_ROWS])


def read_draft(form: MultiDict[str, str], canvas: Canvas, known: Iterable[Box] = ()) -> Draft:
    """Read the rows of a form.

    Parameters
    ----------
    known
        Boxes that keep their source and certainty when they come back unchanged; all others are
        the reviewer's.
    """
    removed = set(form.getlist("remove"))
    names = list(dict.fromkeys(form.getlist("row")))
    sent = [_row(form, name) for name in names[: MAX_BOXES + 1] if name not in removed]
    proposed = {_place(box): box for box in known}
    rows, boxes = [], []
    for row in (row for row in sent if not row.is_blank):
        box, problem = _box(row, canvas)
        rows.append(Row(row.name, row.left, row.top, row.width, row.height, row.frame, problem))
        if box is not None:
            boxes.append(proposed.get(_place(box), box))
    return Draft(tuple(rows), tuple(boxes))


def _row(form: MultiDict[str, str], name: str) -> Row:
    left, top, width, height = (form.get(f"{field}-{name}", "").strip()[:16] for field in FIELDS)
    frame = form.get(f"frame-{name}", EVERY).strip()[:16]
    return Row(name[:16], left, top, width, height, frame)


def _box(row: Row, canvas: Canvas) -> tuple[Box | None, str]:
    """The box of a row, or what is wrong with it."""
    numbers = [_number(text) for text in (row.left, row.top, row.width, row.height)]
    frame = None if row.frame == EVERY else _number(row.frame)
    if None in numbers or (frame is None and row.frame != EVERY):
        return None, "left, top, width, height and frame are whole numbers from 0"
    if frame is not None and not 1 <= frame <= canvas.frames:
        return None, f"frames are numbered 1 to {canvas.frames}"
    left, top, width, height = (number or 0 for number in numbers)
    box = Box(frame, left, top, width, height, source="reviewer")
    if not width or not height:
        return None, "width and height are at least 1"
    if box.right > canvas.columns or box.bottom > canvas.rows:
        size = f"{canvas.columns} by {canvas.rows}"
        return None, f"the box reaches beyond the image, which is {size} pixels"
    return box, ""


def _number(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
        return int(text)
    return None


def _place(box: Box) -> tuple[int | None, int, int, int, int]:
    return box.frame, box.left, box.top, box.width, box.height
