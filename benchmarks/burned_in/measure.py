"""Figures of the search for text on planted pictures, and of filling on real objects."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from imaging.codecs.samples import to_array
from imaging.deidentify.pixels.blackout import filled
from imaging.deidentify.pixels.boxes import Box
from imaging.deidentify.pixels.ocr import find_text
from imaging.transcode import decode_frame, transcode_frame
from tests.burned_in import CONTRASTS, REAL, Planted, backdrop, decoded, real_picture

Finder = Callable[[Any], tuple[Box, ...]]

FOUND = 0.95
"""Share of the ink that the boxes must cover, for a string to count as found."""
LARGEST = 0.2
MOST_OF_LINE = 4
"""A box larger than that share of the picture and than so many times the line finds nothing."""
LOSSY_QUALITY = 90
LOSSLESS = ("1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.1")


@dataclass
class Figures:
    """What was found of what was planted, by (background, size, contrast).

    `shown` are those of which the boxes cover the ink that shows, whatever of the rest.
    """

    found: dict[tuple[str, int, int], list[bool]] = field(default_factory=lambda: defaultdict(list))
    missed: list[tuple[Planted, float]] = field(default_factory=list)
    shown: int = 0

    def recall(self, keep: Callable[[tuple[str, int, int]], bool]) -> tuple[int, int]:
        """How many were found, of how many."""
        chosen = [hit for key, hits in self.found.items() if keep(key) for hit in hits]
        return sum(chosen), len(chosen)


def told(boxes: Iterable[Box], item: Planted) -> list[Box]:
    """Boxes small enough to say where a line of text is."""
    rows, columns = np.nonzero(item.ink)
    line = int(np.ptp(rows) + 1) * int(np.ptp(columns) + 1)
    most = max(LARGEST * item.ink.size, MOST_OF_LINE * line)
    return [box for box in boxes if box.width * box.height <= most]


def covered(boxes: Iterable[Box], shape: tuple[int, ...]) -> Any:
    """Pixels inside of boxes."""
    mask = np.zeros(shape[:2], bool)
    for box in boxes:
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def search_all(items: Iterable[Planted], *, find: Finder = find_text, at_once: int = 2) -> Figures:
    """Search every picture."""
    figures = Figures()
    with ThreadPoolExecutor(at_once) as pool:
        for item, mask in pool.map(lambda item: _search(item, find), items):
            share = float((mask & item.ink).sum() / item.ink.sum())
            shown = float((mask & item.shown).sum() / max(1, item.shown.sum()))
            figures.shown += shown >= FOUND
            figures.found[item.background, item.size, item.contrast].append(share >= FOUND)
            if share < FOUND:
                figures.missed.append((item, share))
    return figures


def _search(item: Planted, find: Finder) -> tuple[Planted, Any]:
    boxes = find(item.picture)
    return item, covered(told(boxes, item), item.picture.shape)


def as_slices_are(picture: Any) -> tuple[Box, ...]:
    """The search that original slices of scanners get: `decide` asks in the same way."""
    return find_text(picture, way="slice") if find_text(picture, way="quick") else ()


def compressed(item: Planted) -> Planted:
    """The picture as JPEG gives it back."""
    written = io.BytesIO()
    Image.fromarray(item.picture).save(written, "JPEG", quality=LOSSY_QUALITY)
    again = np.asarray(Image.open(written).convert("L" if item.picture.ndim == 2 else "RGB"))
    return replace(item, picture=again)


@dataclass(frozen=True)
class OnReal:
    """What was found in a picture with nothing planted, beside what a person says is text.

    Parameters
    ----------
    lines, found
        Pieces of text, and how many of them the boxes cover.
    text, margin, false
        Shares of the picture: of text; in boxes that touch text, beyond it; in the others.
    """

    lines: int
    found: int
    text: float
    margin: float
    false: float


def on_real(background: str, data: Path) -> OnReal:
    """Search a whole real picture, and compare with `real_text.json`."""
    picture = real_picture(data / "files" / REAL[background])
    told = json.loads(Path(__file__).with_name("real_text.json").read_text("utf-8"))[background]
    lines = [Box(None, left, top, right - left, bottom - top) for left, top, right, bottom in told]
    boxes = find_text(picture)
    text, every = covered(lines, picture.shape), covered(boxes, picture.shape)
    on_text = covered([box for box in boxes if any(map(box.overlaps, lines))], picture.shape)
    found = [every[line.top : line.bottom, line.left : line.right].mean() for line in lines]
    return OnReal(
        len(lines),
        sum(bool(share >= FOUND) for share in found),
        float(text.mean()),
        float((on_text & ~text).mean()),
        float((every & ~on_text & ~text).mean()),
    )


def false_area(background: str, data: Path, chances: Iterable[Any]) -> float:
    """Share of a made background that is taken for text."""
    shares = []
    for chance in chances:
        picture = backdrop(background, 512, chance, data)
        shares.append(float(covered(find_text(picture), picture.shape).mean()))
    return sum(shares) / len(shares)


def exact_outside(path: Path, boxes: list[Box]) -> list[str]:
    """Transfer syntaxes through which a filled frame comes back, every sample outside the same."""
    _, frame = decoded(path)
    before = to_array(frame)
    outside = ~covered(boxes, before.shape)
    black = filled(frame, boxes)
    kept = []
    for target in LOSSLESS:
        made = transcode_frame(black.description, black.data, target)
        again = to_array(decode_frame(made.description, made.data))
        same = np.array_equal(again[outside], before[outside])
        if same and np.array_equal(again, to_array(black)):
            kept.append(target)
    return kept


def by_contrast(figures: Figures, background: str, sizes: range) -> list[str]:
    """Cells of a row: how many were found at each contrast."""
    cells = []
    for contrast in CONTRASTS:
        hits, of = figures.recall(
            lambda key, c=contrast: key[0] == background and key[1] in sizes and key[2] == c
        )
        cells.append(f"{hits}/{of}" if of else "–")
    return cells
