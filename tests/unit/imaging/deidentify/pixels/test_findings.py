"""Boxes of several ways of looking, made one list."""

from __future__ import annotations

from imaging.deidentify.pixels.findings import MAX_BOXES, Found, merged

LARGE, LINE, ALIKE = (
    Found(0, 0, 90, 90, 0.3),
    Found(5, 5, 65, 14, 0.9),
    Found(1, 1, 81, 81, 0.5),
)


def test_what_another_box_covers_is_left_out_and_makes_it_surer() -> None:
    assert merged([LINE, LARGE, ALIKE]) == [LARGE._replace(confidence=0.9)]


def test_what_is_much_smaller_than_what_covers_it_can_stay() -> None:
    assert merged([LINE, LARGE, ALIKE], keeps_small=True) == [
        LARGE._replace(confidence=0.5),
        LINE,
    ]


def test_too_many_become_one_around_all() -> None:
    many = [Found(20 * n, 0, 20 * n + 9, 9, 0.4) for n in range(MAX_BOXES + 1)]
    assert merged(many) == [Found(0, 0, 20 * MAX_BOXES + 9, 9, 0.4)]
