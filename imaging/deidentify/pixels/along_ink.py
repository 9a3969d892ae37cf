"""A found piece of a line, drawn out along the ink that goes on beside it.

Where a line crosses what is as bright as its letters, the network marks one side of it. What is
written has one value there too: beside the piece that value goes on being more frequent than the
values beside it. Runs in a child only.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from imaging.deidentify.pixels.findings import Found

Array = Any  # OpenCV's stubs say no more

_VALUES: Final = 256
_BESIDE: Final = (-3, -2, -1, 1, 2, 3)
# In deviations of what chance does: of ink in a piece that was found, and of more of it beside.
_LEAST, _LEAST_BESIDE = 4.0, 3.0
# A step beside the piece, in heights of the line, bridges a blank; so many steps are a long line.
_STEP, _LEAST_STEP, _MAX_STEPS = 1.5, 4, 12
_MIN_ASPECT, _MAX_HEIGHT = 0.8, 100
# What has more than that of a piece is its ground.
_MAX_SHARE: Final = 0.5


def drawn_out(gray: Array, found: Found) -> Found:
    """The same, as far as its ink goes on to either side; what is no line stays as it is."""
    height, width = found.bottom - found.top, found.right - found.left
    if width < _MIN_ASPECT * height or height > _MAX_HEIGHT:
        return found
    band = gray[found.top : found.bottom]
    value = _ink_of(band[:, found.left : found.right])
    if value is None:
        return found
    here, beside = _by_column(band, value)
    step = max(_LEAST_STEP, round(height * _STEP))
    after = _goes_on(here[found.right :], beside[found.right :], step)
    before = _goes_on(here[: found.left][::-1], beside[: found.left][::-1], step)
    return found._replace(
        left=max(0, found.left - before - bool(before)),
        right=min(gray.shape[1], found.right + after + bool(after)),
    )


def _ink_of(piece: Array) -> int | None:
    """The value that a piece was written in; None where none stands out."""
    counts = np.bincount(piece.ravel(), minlength=_VALUES).astype(np.float32)
    padded = np.pad(counts, len(_BESIDE) // 2)
    expected = np.max([np.roll(padded, step)[3:-3] for step in _BESIDE], axis=0)
    deviations = (counts - expected) / np.sqrt(expected + 4)
    deviations[counts > _MAX_SHARE * piece.size] = 0
    # Scales are cut at the first and the last.
    deviations[[0, -1]] = 0
    value = int(deviations.argmax())
    return value if deviations[value] >= _LEAST else None


def _by_column(band: Array, value: int) -> tuple[Array, Array]:
    """How often each column has the value, and the most frequent of those beside it."""
    near = [value + step for step in _BESIDE if 0 < value + step < _VALUES - 1]
    beside = np.max([(band == one).sum(axis=0) for one in near], axis=0)
    return (band == value).sum(axis=0), beside


def _goes_on(here: Array, beside: Array, step: int) -> int:
    """For how many columns ink goes on, counted from the piece away."""
    end = 0
    for _ in range(_MAX_STEPS):
        there, expected = here[end : end + step], beside[end : end + step].sum()
        if there.sum() - expected < _LEAST_BESIDE * np.sqrt(expected + 4):
            break
        end += int(np.flatnonzero(there)[-1]) + 1
    return end
