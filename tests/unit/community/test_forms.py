"""What a reviewer sends becomes boxes, or is told what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from archive.review import MAX_BOXES
from community.review.forms import EVERY, Canvas, read_draft, rows_of, spare_rows
from imaging.deidentify.pixels.boxes import Box

CANVAS = Canvas(columns=100, rows=50, frames=4)


def form(*rows: tuple[str, ...], remove: tuple[str, ...] = ()) -> MultiDict[str, str]:
    """Rows of left, top, width, height, frame, named from 1."""
    sent: list[tuple[str, str]] = [("remove", name) for name in remove]
    for number, values in enumerate(rows, 1):
        sent.append(("row", str(number)))
        fields = ("left", "top", "width", "height", "frame")
        sent += [(f"{field}-{number}", v) for field, v in zip(fields, values, strict=False)]
    return MultiDict(sent)


def test_a_row_is_a_box_of_the_reviewer() -> None:
    draft = read_draft(form(("1", "2", "3", "4", "2"), ("0", "0", "100", "50", EVERY)), CANVAS)
    assert draft.is_good
    assert draft.boxes == (
        Box(2, 1, 2, 3, 4, source="reviewer"),
        Box(None, 0, 0, 100, 50, source="reviewer"),
    )


def test_an_unchanged_proposal_keeps_who_made_it_and_how_sure() -> None:
    proposed = Box(None, 1, 2, 3, 4, 0.5, "ocr")
    sent = form(("1", "2", "3", "4", EVERY), ("1", "2", "3", "5", EVERY))
    kept, changed = read_draft(sent, CANVAS, [proposed]).boxes
    assert (kept, changed.source) == (proposed, "reviewer")


def test_blank_rows_and_removed_rows_are_none() -> None:
    sent = form(("", "", "", "", "1"), ("1", "1", "1", "1", "1"), remove=("2",))
    assert read_draft(sent, CANVAS) == read_draft(MultiDict(), CANVAS)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("1", "", "3", "4", EVERY), "whole numbers"),
        (("-1", "2", "3", "4", EVERY), "whole numbers"),
        (("1.5", "2", "3", "4", EVERY), "whole numbers"),
        (("١", "2", "3", "4", EVERY), "whole numbers"),
        (("1", "2", "3", "4", "some"), "whole numbers"),
        (("1", "2", "3", "4", "0"), "1 to 4"),
        (("1", "2", "3", "4", "5"), "1 to 4"),
        (("1", "2", "0", "4", EVERY), "at least 1"),
        (("98", "2", "3", "4", EVERY), "100 by 50"),
        (("1", "48", "3", "4", EVERY), "100 by 50"),
        (("9" * 400, "2", "3", "4", EVERY), "whole numbers"),
    ],
)
def test_what_is_no_box_is_told_beside_its_row(values: tuple[str, ...], told: str) -> None:
    draft = read_draft(form(values), CANVAS)
    assert not draft.is_good
    assert told in draft.rows[0].problem
    assert draft.boxes == ()


def test_no_more_rows_are_read_than_can_be_kept() -> None:
    sent = form(*[("1", "1", "1", "1", EVERY)] * (MAX_BOXES + 50))
    assert len(read_draft(sent, CANVAS).boxes) == MAX_BOXES + 1


@given(
    st.lists(st.tuples(st.text(max_size=8), st.dictionaries(st.sampled_from(
        ["left", "top", "width", "height", "frame"]), st.text(max_size=12))), max_size=6)
)  # fmt: skip
def test_nothing_that_is_sent_makes_a_box_outside_of_the_image(sent: list) -> None:
    pairs = [("row", name) for name, _ in sent]
    pairs += [(f"{field}-{name}", text) for name, fields in sent for field, text in fields.items()]
    for box in read_draft(MultiDict(pairs), CANVAS).boxes:
        assert box.clipped(CANVAS.columns, CANVAS.rows) == box


def test_boxes_survive_the_form() -> None:
    boxes = (Box(None, 1, 2, 3, 4, 0.5), Box(3, 5, 6, 7, 8, 1.0, "ultrasound-region"))
    rows = [(r.left, r.top, r.width, r.height, r.frame) for r in rows_of(boxes)]
    assert read_draft(form(*rows), CANVAS, boxes).boxes == boxes


def test_spare_rows_have_names_that_no_row_has() -> None:
    rows = rows_of([Box(None, 1, 2, 3, 4)] * 3)
    spare = spare_rows(rows, frame=2)
    assert {row.name for row in spare}.isdisjoint(row.name for row in rows)
    assert {row.frame for row in spare} == {"2"}
