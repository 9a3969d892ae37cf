"""Which images make up a volume: frames read from data sets, sorted into stacks.

Reading where a frame lies and telling phases, echoes and reconstructions apart may live here; the
geometry of one stack is `volume_geometry`, its voxels are `volume`.

References
----------
PS3.3 sections C.7.6.16 (functional groups), C.8.8.3 (doses), C.11.23.1 (input of a volume).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import isfinite
from typing import Final

from imaging.data_set import DataSet
from imaging.volumes.geometry import NotAVolume, Plane, checked_plane

_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_POSITION, _ORIENTATION, _SPACING = 0x00200032, 0x00200037, 0x00280030
_ROWS, _COLUMNS = 0x00280010, 0x00280011
_GRID_FRAME_OFFSETS, _INSTANCE_NUMBER = 0x3004000C, 0x00200013
_MAX_DECIMAL_LENGTH: Final = 32

# Attributes that tell images at the same place apart, those first that say it best. What a scanner
# writes differently into every image (its time) only counts when nothing else does.
_TELLING: Final = (
    0x00209056,  # Stack ID
    0x00209128,  # Temporal Position Index
    0x00200100,  # Temporal Position Identifier
    0x00189082,  # Effective Echo Time
    0x00180081,  # Echo Time
    0x00180086,  # Echo Numbers
    0x00189087,  # Diffusion b-value
    0x00209241,  # Nominal Percentage of Cardiac Phase
    0x00181060,  # Trigger Time
    0x00080008,  # Image Type
    0x00200012,  # Acquisition Number
    0x00181210,  # Convolution Kernel
    0x0008002A,  # Acquisition DateTime
    0x00080032,  # Acquisition Time
)
PLACE_TAGS: Final = frozenset(
    {
        *(_SHARED, _PER_FRAME, _POSITION, _ORIENTATION, _SPACING, _ROWS, _COLUMNS),
        *(_GRID_FRAME_OFFSETS, _INSTANCE_NUMBER, *_TELLING),
    }
)
"""All attributes that are read here, of an image and not of the groups in it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as a plane of a volume.

    Parameters
    ----------
    source
        Which of the caller's data sets it is of, from 0.
    number
        From 1.
    order
        Instance Number; of equal images the lower one is the earlier.
    """

    source: int
    number: int
    plane: Plane
    family: Hashable = None
    telling: tuple[bytes | None, ...] = ()
    order: int = 0


Stack = tuple[Frame, ...]


def frames_of(data_set: DataSet, source: int, frames: int, family: Hashable = None) -> list[Frame]:
    """Every frame of an image with its place.

    Parameters
    ----------
    frames
        How many there are.
    family
        What else must be the same for frames to belong to one volume.

    Raises
    ------
    NotAVolume
        When it does not say where its frames lie.
    """
    rows, columns = data_set.integer(_ROWS) or 0, data_set.integer(_COLUMNS) or 0
    offsets = decimals(data_set, _GRID_FRAME_OFFSETS)
    found = []
    for number in range(1, frames + 1):
        groups = list(groups_of(data_set, number))
        plane = checked_plane(
            _first(groups, _POSITION),
            _first(groups, _ORIENTATION),
            _first(groups, _SPACING),
            rows,
            columns,
        )
        if frames > 1 and len(offsets) == frames:
            plane = _moved(plane, offsets[number - 1] - offsets[0])
        telling = tuple(_value(groups, tag) for tag in _TELLING)
        order = data_set.integer(_INSTANCE_NUMBER) or 0
        found.append(Frame(source, number, plane, family, telling, order))
    return found


def groups_of(data_set: DataSet, number: int) -> Iterator[DataSet]:
    """The data sets that speak of a frame (from 1): its own groups, the shared ones, the image."""
    of_frame = data_set.sequence(_PER_FRAME)[number - 1 : number]
    for groups in (*of_frame, *data_set.sequence(_SHARED)[:1]):
        for element in groups.values():
            yield from (element.items or [])[:1]
    yield data_set


def decimals(data_set: DataSet, tag: int) -> list[float]:
    """All values of an element of VR DS; none when one of them is no number."""
    try:
        numbers = [float(text[:_MAX_DECIMAL_LENGTH]) for text in data_set.texts(tag)]
    except ValueError:
        return []
    return numbers if all(map(isfinite, numbers)) else []


def _first(groups: Sequence[DataSet], tag: int) -> list[float]:
    return next((decimals(group, tag) for group in groups if tag in group), [])


def _value(groups: Sequence[DataSet], tag: int) -> bytes | None:
    return next((group[tag].value for group in groups if tag in group), None)


def _moved(plane: Plane, offset: float) -> Plane:
    x, y, z = (
        at + offset * out for at, out in zip(plane.position, plane.normal.tolist(), strict=True)
    )
    moved = (x, y, z)
    return Plane(
        moved, plane.along_row, plane.along_column, plane.spacing, plane.rows, plane.columns
    )


def stacks(frames: Sequence[Frame]) -> list[Stack]:
    """Sort frames into stacks of parallel planes, one image at each place; largest first.

    Single images (a scout among the slices) are in no stack. Of images at the same place, phases
    say, each becomes part of another stack, by the first attribute that tells all of them apart
    or else by their order.

    Raises
    ------
    NotAVolume
        When there is no stack.
    """
    alike: defaultdict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        alike[_family(frame)].append(frame)
    found: list[Stack] = []
    reason = NotAVolume("there are no two parallel images of the same size, one above the other")
    for group in alike.values():
        try:
            found += (stack for stack in _told_apart(group) if len(stack) > 1)
        except NotAVolume as error:
            reason = error
    if not found:
        raise reason
    found.sort(key=lambda stack: (-len(stack), stack[0].source, stack[0].number))
    return found


def _family(frame: Frame) -> Hashable:
    plane = frame.plane
    directions = (*plane.along_row, *plane.along_column)
    return (
        frame.family,
        plane.rows,
        plane.columns,
        tuple(round(length, 3) for length in plane.spacing),
        # Adding 0 makes one zero of two.
        tuple(round(cosine, 2) + 0.0 for cosine in directions),
    )


def _told_apart(frames: list[Frame]) -> list[Stack]:
    places = _places(frames)
    if len(places) == len(frames) or len(places) == 1:
        return [tuple(frames)] if len(places) > 1 else []
    every = range(len(_TELLING))
    # Two attributes are needed for echoes in phases, say.
    for which in ((at,) for at in every), combinations(every, 2):
        for told_by in which:
            split = _split(frames, partial(_told_by, told_by))
            if len(split) > 1 and all(1 < len(part) == len(_places(part)) for part in split):
                return [tuple(part) for part in split]
    return _in_turn(places)


def _told_by(which: tuple[int, ...], frame: Frame) -> Hashable:
    return tuple(frame.telling[at] for at in which if at < len(frame.telling))


def _split(frames: list[Frame], key: Callable[[Frame], Hashable]) -> list[list[Frame]]:
    parts: defaultdict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        parts[key(frame)].append(frame)
    return list(parts.values())


def _places(frames: list[Frame]) -> list[list[Frame]]:
    """Frames by their place, to a hundredth of a millimetre."""
    return _split(frames, lambda frame: tuple(round(x, 2) + 0.0 for x in frame.plane.position))


def _in_turn(places: list[list[Frame]]) -> list[Stack]:
    """The first image of every place, the second of every place, and so on."""
    if len({len(place) for place in places}) > 1:
        raise NotAVolume("several images lie at the same place, and nothing tells them apart")
    ordered = [sorted(place, key=lambda f: (f.order, f.source, f.number)) for place in places]
    return [tuple(place[turn] for place in ordered) for turn in range(len(ordered[0]))]
