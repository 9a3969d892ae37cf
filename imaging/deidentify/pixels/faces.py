"""Whether a series could be made into a face: a head in slices thin and many enough.

Only the question is answered here. No defacing library is kept, since those that exist bring a
whole neuroimaging stack or a network; so what could be a face is for a person, or refused.

References
----------
PS3.15 section E.3.2 (Clean Recognizable Visual Features Option).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from imaging.data_set import DataSet
from imaging.rendering.display import functional_group, number_of, numbers_of

_MODALITY, _BODY_PART, _REGIONS, _CODE = 0x00080060, 0x00180015, 0x00082218, 0x00080100
_PRIMARY_STRUCTURE: Final = 0x00082228
_FRAMES, _ROWS, _COLUMNS = 0x00280008, 0x00280010, 0x00280011
_SPACING, _THICKNESS, _BETWEEN = 0x00280030, 0x00180050, 0x00180088
_POSITION, _ORIENTATION = 0x00200032, 0x00200037
_MEASURES, _PLANE_POSITION, _PLANE_ORIENTATION = 0x00289110, 0x00209113, 0x00209116
_FRAME_ANATOMY: Final = 0x00209071
# Body part, study and series description, protocol, sequence, requested procedure.
_WORDS: Final = (0x00180015, 0x00081030, 0x0008103E, 0x00181030, 0x00180024, 0x00321060)
_VOLUMETRIC: Final = frozenset({"CT", "MR", "PT"})
_PHOTOGRAPHS: Final = frozenset({"XC", "DMS"})

# Head, brain, skull, face, head and neck, orbit, jaws, whole body, in SNOMED CT and the older
# spelling of its codes.
_HEAD_CODES: Final = frozenset(
    {
        *("69536005", "12738006", "89546000", "89545001", "774007", "363654007", "70925003"),
        *("661005", "38266002", "T-D1100", "T-A0100", "T-11100", "T-D1200", "T-D1000"),
        *("T-D1480", "T-D1213", "T-D0010"),
    }
)
_HEAD: Final = re.compile(
    r"head|brain|skull|crani|cereb|neuro|face|facial|orbit|sinus|mandib|maxil|dental|\bjaw|tmj|"
    r"\biac\b|pituit|nasal|temporal|ear\b|eye|kopf|hirn|sch[aä]e?del|gesicht|t[eê]te|cerveau|"
    r"cr[aâá]n|cabeza|cara\b|enc[eé]f|testa|hoofd|hersen|mprage|bravo|stroke|whole.?body|"
    r"total.?body|ganzk|hno\b|\bent\b|neck|hals|cervi|c.?spine|hws|голов|мозг|череп|頭|脳|머리|头|颅",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"chest|thora|lung|abd|pelvi|liver|leber|kidney|knee|knie|hip\b|h[uü]e?ft|should|elbow|wrist|"
    r"hand|foot|fuss|fuß|ankle|spine|lumb|card|heart|herz|breast|brust|prostat|femur|tibia|"
    r"extrem|coronar|aort|colon|uter|shin|leg\b|arm\b|phantom",
    re.IGNORECASE,
)
# Faces were matched from slices of a few millimetres; a margin is left.
_MAX_GAP_MM, _MAX_PIXEL_MM = 6.0, 3.0
_MIN_SLICES, _MIN_DEPTH_MM, _MIN_WIDTH_MM = 8, 30.0, 100.0


class Face(StrEnum):
    """What the slices of a series allow."""

    NO = "no"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Slices:
    """What one instance adds to the question. Lengths in millimetres, None where nothing is said.

    Parameters
    ----------
    head
        True when the header names the head, False when it names another part only, None when it
        names nothing that is known.
    places
        Of its slices along their normal.
    """

    series: str
    head: bool | None
    photograph: bool
    width: float | None
    pixel: float | None
    gap: float | None
    places: tuple[float, ...]


def slices_of(data_set: DataSet) -> Slices | None:
    """What an instance adds; None when no face can be made of such images."""
    modality = data_set.text(_MODALITY)
    photograph = modality in _PHOTOGRAPHS
    if not photograph and modality not in _VOLUMETRIC:
        return None
    spacing = numbers_of(_group(data_set, _MEASURES), _SPACING)
    rows, columns = data_set.integer(_ROWS) or 0, data_set.integer(_COLUMNS) or 0
    width = min(rows * spacing[0], columns * spacing[1]) if len(spacing) == 2 else None
    measures = _group(data_set, _MEASURES)
    gap = number_of(measures, _BETWEEN) or number_of(measures, _THICKNESS)
    return Slices(
        series=data_set.text(0x0020000E),
        head=_is_head(data_set),
        photograph=photograph,
        width=width,
        pixel=max(spacing) if len(spacing) == 2 else None,
        gap=gap,
        places=_places(data_set),
    )


def judge_series(instances: Iterable[Slices]) -> tuple[Face, str]:
    """Judge the instances of ONE series together; the reason names no value of theirs."""
    known = list(instances)
    if any(one.photograph for one in known):
        return Face.POSSIBLE, "photographs may show a face"
    if not known or all(one.head is False for one in known):
        return Face.NO, "the series names another part of the body"
    named = any(one.head for one in known)
    count = sum(max(1, len(one.places)) for one in known)
    if count < _MIN_SLICES:
        return Face.NO, "too few slices for a surface"
    widths = [one.width for one in known if one.width is not None]
    if widths and max(widths) < _MIN_WIDTH_MM:
        return Face.NO, "the slices are too small for a face"
    if _all_above([one.pixel for one in known], _MAX_PIXEL_MM):
        return Face.NO, "the pixels are too coarse for a face"
    depth, gap = _extent([place for one in known for place in one.places])
    gaps: list[float | None] = [gap]
    if gap is None:
        gaps = [one.gap for one in known]
    if _all_above(gaps, _MAX_GAP_MM):
        return Face.NO, "the slices are too far apart for a face"
    if depth is not None and depth < _MIN_DEPTH_MM:
        return Face.NO, "the slices cover too little for a face"
    if named:
        return Face.POSSIBLE, "a face can be rebuilt from slices of a head"
    return Face.POSSIBLE, "nothing says which part of the body these slices show"


def _group(data_set: DataSet, tag: int) -> DataSet:
    return functional_group(data_set, 1, tag) or data_set


def _is_head(data_set: DataSet) -> bool | None:
    anatomy = functional_group(data_set, 1, _FRAME_ANATOMY)
    holders = [data_set, anatomy] if anatomy is not None else [data_set]
    codes = {
        item.text(_CODE)
        for holder in holders
        for tag in (_REGIONS, _PRIMARY_STRUCTURE)
        for item in holder.sequence(tag)
    }
    text = " ".join(text for tag in _WORDS for text in data_set.texts(tag)).replace("_", " ")
    if codes & _HEAD_CODES or _HEAD.search(text):
        return True
    return False if _ELSEWHERE.search(text) else None


def _places(data_set: DataSet) -> tuple[float, ...]:
    """Where the slices of an instance lie along their normal."""
    frames = min(data_set.integer(_FRAMES) or 1, 4096)
    found = []
    for number in range(1, frames + 1):
        placed = functional_group(data_set, number, _PLANE_POSITION) or data_set
        turned = functional_group(data_set, number, _PLANE_ORIENTATION) or data_set
        position, axes = numbers_of(placed, _POSITION), numbers_of(turned, _ORIENTATION)
        if len(position) == 3 and len(axes) == 6:
            a, b, c, d, e, f = axes
            normal = (b * f - c * e, c * d - a * f, a * e - b * d)
            found.append(sum(p * n for p, n in zip(position, normal, strict=True)))
    return tuple(found)


def _extent(places: list[float]) -> tuple[float | None, float | None]:
    """How deep the slices reach, and the median distance of neighbours."""
    different = sorted(set(places))
    if len(different) < 2:
        return None, None
    gaps = sorted(b - a for a, b in pairwise(different))
    return different[-1] - different[0], gaps[len(gaps) // 2]


def _all_above(values: list[float | None], bound: float) -> bool | None:
    """None when nobody says."""
    said = [value for value in values if value is not None]
    return all(value > bound for value in said) if said else None
