"""Ink of one value: what is written into a picture has one value, what was measured has many.

Around faint letters, speckle and anatomy take each gray about as often as the grays beside it. A
value that is far more frequent in some place than its neighbours is ink there, be the contrast as
small as it may. Letters are not looked for here: a picture of the ink is made, which the network
can read, and the quick search learns where there is any. Compression with loss takes this trace
away. Runs in a child only.
"""

from __future__ import annotations

from math import ceil
from typing import Any, Final

import cv2
import numpy as np

from imaging.deidentify.pixels.findings import Found

Array = Any  # OpenCV's stubs say no more

_VALUES: Final = 256
# Of larger pictures letters are larger too, and so many cells would take too much memory.
_CELL, _LARGE = 16, 1600
# Cells to either side, across and down: a few words of small print, and a heading.
_WINDOWS: Final = ((2, 0), (3, 1))
# What has so much of a window is its ground.
_MAX_SHARE: Final = 0.3
_LEAST_SHOWN, _GAIN = 4.0, 16.0
_EDGES: Final = ((1, 2 / 3), (2, 1 / 3))
_LEAST_EDGE: Final = 2.0
# In deviations of what chance does; slices of scanners stay below it (decision 0169).
_LEAST_FOUND: Final = 6.0
_CONFIDENCE: Final = 0.4
# Strokes are thinner than that, bars of colour and empty places are not.
_SOLID: Final = np.ones((11, 11), np.uint8)
_BESIDE: Final = np.ones((3, 3), np.uint8)
_COLOURFUL: Final = 16
# A colour's number is the sum of its shares times these: unlike colours seldom share one.
_FACTORS: Final = (37, 101, 59)
_MOST_CHANNELS: Final = 4  # of OpenCV's filters


def even_ink(picture: Array) -> Array:
    """A picture in which ink of one value is light on black, be the value a gray or a colour."""
    shown = np.zeros(picture.shape[:2], np.float32)
    for plane, first in _planes(picture):
        frequent, places = _frequent(plane)
        frequent[..., :first] = 0
        frequent[frequent < _LEAST_SHOWN] = 0
        if first == 0:
            frequent = _with_edges(frequent)
        shown = np.maximum(shown, frequent.reshape(-1)[places])
    solid = cv2.morphologyEx((shown > 0).astype(np.uint8), cv2.MORPH_OPEN, _SOLID)
    shown[cv2.dilate(solid, _BESIDE) > 0] = 0
    return np.clip(shown * _GAIN, 0, 255).astype(np.uint8)


def _with_edges(frequent: Array) -> Array:
    """The grays beside one of ink too, in part: edges of letters are nearly as dark or light."""
    wide = frequent.copy()
    for step, part in _EDGES:
        np.maximum(wide[..., step:], frequent[..., :-step] * part, out=wide[..., step:])
        np.maximum(wide[..., :-step], frequent[..., step:] * part, out=wide[..., :-step])
    wide[wide < _LEAST_EDGE] = 0
    return wide


def find_even_ink(gray: Array) -> list[Found]:
    """Where there is ink of one value other than the first and last, at which scales are cut."""
    frequent, _ = _frequent(gray)
    cell = _cell(gray)
    cells = (frequent[..., 1:-1].max(axis=2) >= _LEAST_FOUND).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(cells)
    rows, columns = gray.shape
    return [
        Found(
            int(left) * cell,
            int(top) * cell,
            min(columns, int(left + width) * cell),
            min(rows, int(top + height) * cell),
            _CONFIDENCE,
        )
        for left, top, width, height, _ in stats[1:]
    ]


def _planes(picture: Array) -> list[tuple[Array, int]]:
    """Grays and, where there are any, numbers of colours; and the first value that counts."""
    if picture.ndim == 2 or picture.shape[2] == 1:
        return [(picture.reshape(picture.shape[:2]), 0)]
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    wide = picture.astype(np.int16)
    colourful = wide.max(axis=2) - wide.min(axis=2) > _COLOURFUL
    if not colourful.any():
        return [(gray, 0)]
    numbers = sum(wide[..., index] * factor for index, factor in enumerate(_FACTORS))
    return [(gray, 0), (np.where(colourful, numbers & 0xFF, 0).astype(np.uint8), 1)]


def _frequent(plane: Array) -> tuple[Array, Array]:
    """By cell and value, by how many deviations it is more frequent around there than expected.

    And for each pixel the place of its cell and value in that.
    """
    counted, places = _counted(plane)
    most = np.zeros_like(counted)
    for window in _WINDOWS:
        around = _around(counted, window)
        expected = _beside(around)
        deviations = (around - expected) / np.sqrt(expected + 4)
        deviations[around > _MAX_SHARE * around.sum(axis=2, keepdims=True)] = 0
        np.maximum(most, deviations, out=most)
    return most, places


def _cell(plane: Array) -> int:
    """The side of a cell in pixels."""
    return _CELL * ceil(int(max(plane.shape)) / _LARGE)


def _counted(plane: Array) -> tuple[Array, Array]:
    """How often each cell has each value, and the place of each pixel in that."""
    cell = _cell(plane)
    rows, columns = (-(-side // cell) for side in plane.shape)
    down, across = (np.arange(side) // cell for side in plane.shape)
    places = (down[:, None] * columns + across) * _VALUES + plane
    counted = np.bincount(places.ravel(), minlength=rows * columns * _VALUES)
    return counted.reshape(rows, columns, _VALUES).astype(np.float32), places


def _around(counted: Array, window: tuple[int, int]) -> Array:
    """The sums over the windows around each cell."""
    sides = (2 * window[0] + 1, 2 * window[1] + 1)
    sums = np.empty_like(counted)
    for first in range(0, _VALUES, _MOST_CHANNELS):
        part = np.ascontiguousarray(counted[..., first : first + _MOST_CHANNELS])
        sums[..., first : first + _MOST_CHANNELS] = cv2.boxFilter(
            part, -1, sides, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
    return sums


def _beside(counts: Array) -> Array:
    """What the three values on either side of each value let expect of it.

    A narrow heap rises ever more steeply towards its top, which is no ink: the rise goes on.
    """
    width = 3
    padded = np.pad(counts, [(0, 0)] * (counts.ndim - 1) + [(width, width)])
    most = np.zeros_like(counts)
    for side in (1, -1):
        near, second, third = (
            padded[..., width + side * step : width + side * step + _VALUES] for step in (1, 2, 3)
        )
        rise = np.maximum((near + 4) / (second + 4), 1)
        for one in (near * rise, second, third):
            np.maximum(most, one, out=most)
    return most
