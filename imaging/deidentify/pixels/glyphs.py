"""The quick search for text: strokes of one brightness, as tall as each other, in a row.

It knows nothing of letters and costs a twentieth of the network. It says where a network is worth
asking, for images in which text is rare; what it finds is not enough to be blacked out. Runs in a
child only.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from imaging.deidentify.pixels.findings import Found

Array = Any  # OpenCV's stubs say no more
# Strokes up to so many pixels wide, by pass: small print and headings.
_STROKES: Final = (5, 13)
_MIN_HEIGHT, _MAX_HEIGHT = 4, 72
_MIN_GLYPHS: Final = 4
_MIN_CONTRAST: Final = 10.0
_NOISES: Final = 3.5
_MAX_COMPONENTS: Final = 6000
_CONFIDENCE: Final = 0.4


def find_glyphs(gray: Array) -> list[Found]:
    """Rows of glyph-like strokes in a picture of 8-bit grays, light or dark."""
    found = []
    for width in _STROKES:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width + 2, width + 2))
        for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            strokes = cv2.morphologyEx(gray, operation, kernel)
            found.extend(_rows(_components(strokes, gray)))
    return found


def _components(strokes: Array, gray: Array) -> Array:
    """Left, top, width, height of the parts that a glyph could be."""
    values = strokes.astype(np.float32)
    # Of a Rayleigh-like tail the mean says enough; around a pixel, since noise is not even.
    noise = cv2.boxFilter(values, -1, (41, 41))
    marked = (values > np.maximum(_MIN_CONTRAST, _NOISES * noise)).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(marked)
    if count > _MAX_COMPONENTS:
        return np.empty((0, 4), np.int32)
    width, height, area = stats[1:, 2:].T
    fits = (height >= _MIN_HEIGHT) & (height <= _MAX_HEIGHT) & (width <= 2.5 * height + 4)
    fits &= (area >= 5) & (area <= 0.85 * width * height + 3 * np.maximum(width, height))
    return stats[1:][fits][:, :4]


def _rows(parts: Array) -> list[Found]:
    """Boxes of parts that stand beside each other on one line."""
    if len(parts) < _MIN_GLYPHS:
        return []
    parts = parts[np.argsort(parts[:, 0], kind="stable")]
    left, top, width, height = (parts[:, index].astype(np.float32) for index in range(4))
    right, bottom, middle = left + width, top + height, top + height / 2
    group = np.arange(len(parts))
    for index in range(1, len(parts)):
        low = max(0, index - 400)
        before = slice(low, index)
        taller = np.maximum(height[before], height[index])
        near = left[index] - right[before] <= 0.9 * taller + 2
        level = np.abs(middle[before] - middle[index]) <= 0.45 * taller
        alike = np.minimum(height[before], height[index]) >= 0.4 * taller
        for other in np.flatnonzero(near & level & alike) + low:
            group[group == group[index]] = group[other]
    found = []
    for name in np.unique(group):
        members = group == name
        box = (left[members].min(), top[members].min(), right[members].max(), bottom[members].max())
        tall = float(np.median(height[members]))
        if (
            members.sum() < _MIN_GLYPHS
            or box[2] - box[0] < 1.5 * tall
            or box[3] - box[1] > 3 * tall
        ):
            continue
        spread = float(np.std(bottom[members])) / max(tall, 1.0)
        if spread <= 0.35:
            left_edge, top_edge, right_edge, bottom_edge = map(int, box)
            found.append(Found(left_edge, top_edge, right_edge, bottom_edge, _CONFIDENCE))
    return found
