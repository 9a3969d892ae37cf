"""The kept network that marks text in a picture: loading it, asking it, and boxes of its answer.

Runs in a child only. The model is PP-OCRv6's detector as the package `rapidocr` ships it; of that
package nothing else is used, so nothing is downloaded and nothing is read but a file beside us.
Letters are not read: what is text is enough.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from imaging.deidentify.pixels.findings import Found

Array = Any  # OpenCV's stubs say no more
_MODEL: Final = "PP-OCRv6_det_small.onnx"
# The first is below the network's own threshold (0.3): a box too many is looked at, a name is not.
# Where marks so faint run together in a ragged patch, only what stands out of it is a line.
_LEVELS: Final = (0.15, 0.4, 0.7)
_MIN_MEANS: Final = (0.3, 0.7, 0.85)
_MIN_CONFIDENCE: Final = 0.25
# What is as high as that and nearly as wide is an organ or a sector, not a line.
_PATCH, _MIN_ASPECT = 64, 3.0
# Lines are marked evenly and filled; noise is marked in patches that are faint all over.
_MIN_MEAN_OF_THICK, _THICK, _MIN_FILL = 0.5, 24, 0.7
# Marks are the cores of lines; ascenders and an initial at either end stand out of them.
_GROWN, _GROWN_SIDEWAYS, _MAX_GROWN = 0.5, 2.0, 24
_MULTIPLE: Final = 32
_TILE, _OVERLAP = 960, 96
# A tile of fewer grays than that shows nothing.
_MIN_SPAN: Final = 8


def find_with_network(picture: Array, scale: float) -> list[Found]:
    """Boxes of text in 8-bit red, green and blue, seen at so many times its size."""
    rows, columns = picture.shape[:2]
    resized = cv2.resize(
        picture,
        (max(_MULTIPLE, round(columns * scale)), max(_MULTIPLE, round(rows * scale))),
        interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
    )
    across, down = columns / resized.shape[1], rows / resized.shape[0]
    found: list[Found] = []
    for left, right in _tiles(resized.shape[1]):
        for top, bottom in _tiles(resized.shape[0]):
            found.extend(
                Found(
                    max(0, int((box.left + left) * across)),
                    max(0, int((box.top + top) * down)),
                    min(columns, ceil((box.right + left) * across)),
                    min(rows, ceil((box.bottom + top) * down)),
                    box.confidence,
                )
                for box in _of_tile(resized[top:bottom, left:right])
            )
    return found


def _tiles(length: int) -> list[tuple[int, int]]:
    """Pieces of a side that overlap, so that a line at a seam is whole in one of them."""
    if length <= _TILE + _OVERLAP:
        return [(0, length)]
    count = -(-(length - _OVERLAP) // (_TILE - _OVERLAP))
    starts = np.linspace(0, length - _TILE, count).astype(int)
    return [(int(start), int(start) + _TILE) for start in starts]


def _of_tile(tile: Array) -> list[Found]:
    if int(tile.max()) - int(tile.min()) < _MIN_SPAN:
        return []
    marks, found = _marks(tile), []
    for level, least in zip(_LEVELS, _MIN_MEANS, strict=True):
        lines, ragged = _lines(marks, level, least)
        found.extend(lines)
        if not ragged.any():
            break
        marks = np.where(ragged, marks, 0)
    return found


def _lines(marks: Array, level: float, least: float) -> tuple[list[Found], Array]:
    """Boxes of what is marked like lines at a level, and the rest that is not."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((marks > level).astype(np.uint8))
    surest = np.zeros(count, np.float32)
    np.maximum.at(surest, labels.ravel(), marks.ravel())
    width, height, area = stats[:, 2], stats[:, 3], np.maximum(stats[:, 4], 1)
    tall = np.minimum(width, height)
    mean = np.bincount(labels.ravel(), marks.ravel(), count) / area
    seen = (surest >= _MIN_CONFIDENCE) & (tall >= 2)
    seen[0] = False
    ragged = (
        seen
        & (tall >= _THICK)
        & ((area < _MIN_FILL * width * height) | (mean < _MIN_MEAN_OF_THICK))
    )
    ragged |= seen & (tall >= _PATCH) & (np.maximum(width, height) < _MIN_ASPECT * tall)
    lines = np.flatnonzero(seen & ~ragged & (mean >= least))
    return [_grown(stats[index], float(surest[index])) for index in lines], ragged[labels]


def _grown(stats: Array, confidence: float) -> Found:
    """The box of a line around the mark of its core."""
    left, top, width, height, _ = (int(value) for value in stats)
    tall = min(width, height)
    up = round(min(tall * _GROWN, _MAX_GROWN) + 1)
    side = round(min(tall * _GROWN_SIDEWAYS, max(tall, _MAX_GROWN)) + 1)
    if height > width:
        up, side = side, up
    return Found(left - side, top - up, left + width + side, top + height + up, confidence)


def _marks(tile: Array) -> Array:
    """How much each pixel looks like the core of a line of text, 0 to 1."""
    rows, columns = tile.shape[:2]
    height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in (rows, columns))
    padded = cv2.copyMakeBorder(tile, 0, height - rows, 0, width - columns, cv2.BORDER_REPLICATE)
    values = padded.astype(np.float32) / 127.5 - 1
    asked = {"x": np.ascontiguousarray(values.transpose(2, 0, 1)[None])}
    return _session().run(None, asked)[0][0, 0, :rows, :columns]


@cache
def _session() -> Any:
    import onnxruntime

    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise FileNotFoundError("rapidocr is not installed")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Memory is given back between frames of different sizes.
    options.enable_cpu_mem_arena = False
    model = Path(package.origin).parent / "models" / _MODEL
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
