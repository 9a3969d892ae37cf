"""Which stored images a request means as its volume: read from their metadata, without a file.

Finding and choosing may live here; voxels are `volume_store`.

References
----------
PS3.18 sections 8.3.5.3.1 (volumeinputreference) and 8.3.5.3.2 (match); PS3.3 section C.11.23.1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

import orjson

from archive.cache import Recent
from archive.document_values import satisfied
from archive.retrieve import StoredInstance, find_instances, metadata
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.multipart import stable_boundary
from dicomweb.volumes.query import VolumeQuery
from imaging.data_set import Bulk, DataSet
from imaging.errors import ImagingError
from imaging.json_reading import from_json
from imaging.rendering.display import Display, Window, describe_display
from imaging.volumes.geometry import Arrangement, NotAVolume, arrange
from imaging.volumes.stacks import PLACE_TAGS, Frame, Stack, decimals, frames_of, stacks

MAX_INSTANCES: Final = 4_096
MAX_FRAMES: Final = 16_384
_MAX_NAMED: Final = 32

_SERIES, _FRAME_OF_REFERENCE, _SOP_INSTANCE = "0020000E", "00200052", "00080018"
_SHARED, _PER_FRAME = "52009229", "52009230"
_DOSE_GRID_SCALING: Final = 0x3004000E
# How an image is meant to be seen, and what kind of pixels it has.
_LOOK: Final = (
    *(0x00080005, 0x00080060, 0x00280002, 0x00280004, 0x00280100, 0x00280101, 0x00280103),
    *(0x00280120, 0x00280121, 0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281056),
    *(0x20500020, _DOSE_GRID_SCALING),
)
_READ: Final = frozenset(f"{tag:08X}" for tag in (*_LOOK, *PLACE_TAGS))


@dataclass(frozen=True, slots=True)
class Image:
    """One frame of a volume, and how it is stored and meant to be seen."""

    instance: StoredInstance
    number: int
    display: Display


@dataclass(frozen=True, slots=True)
class VolumeInput:
    """The images of a volume.

    Attributes
    ----------
    images
        In the order that the arrangement counts in.
    window
        That the images ask for, if they do.
    hounsfield
        Values are Hounsfield units.
    inverse
        Low values are bright.
    key
        Names the voxels: the same key is the same volume.
    """

    arrangement: Arrangement
    images: tuple[Image, ...]
    window: Window | None
    hounsfield: bool
    inverse: bool
    key: str

    @property
    def reference(self) -> str:
        """How `volumeinputreference` names this volume."""
        return self.images[0].instance.sop_instance_uid


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a request means.

    Attributes
    ----------
    phases
        One volume; several when they follow each other in time, and that is to be seen.
    others
        References of volumes that are there too, and were not chosen.
    """

    phases: tuple[VolumeInput, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    instance: StoredInstance
    data_set: DataSet


_recent: Recent[str, Chosen] = Recent(max_entries=32)


def find_volume(
    call: Call, asked: VolumeQuery, uids: Sequence[str], frames: Collection[int] | None = None
) -> Chosen:
    """Find the volume that a request means.

    Parameters
    ----------
    uids
        Of the study, and maybe its series and instance.
    frames
        Of the instance, when only some are meant.

    Raises
    ------
    Refusal
        400 when there is none, or several and none is named; 413 when there is too much to look
        through.
    NotFound, Gone, Unauthenticated, NotAllowed
        As other resources.
    """
    found = metadata(call.archive, call.principal, call.collection, *uids)
    key = repr((call.collection, uids, found.etag, sorted(frames or ()), asked.reference))
    key += repr((asked.matches, asked.rate, asked.moves))
    known = _recent.get(key)
    if known is None:
        known = _find(call, asked, uids, found.documents, frames)
        _recent.put(key, known)
    return known


def _find(
    call: Call,
    asked: VolumeQuery,
    uids: Sequence[str],
    documents: Iterator[bytes],
    wanted: Collection[int] | None,
) -> Chosen:
    listed = find_instances(call.archive, call.principal, call.collection, *uids)
    instances = {one.sop_instance_uid: one for one in islice(listed, MAX_INSTANCES + 1)}
    if len(instances) > MAX_INSTANCES:
        raise _too_many(f"there are more than {MAX_INSTANCES} instances; ask for one series")
    sources: list[_Source] = []
    frames: list[Frame] = []
    fit = " that fits what is to be matched" if asked.matches else ""
    reason: Exception = NotAVolume(f"there is no image{fit}")
    for document in map(orjson.loads, documents):
        instance = instances.get(_first(document, _SOP_INSTANCE))
        if instance is None or not instance.number_of_frames:
            continue
        try:
            data_set, of_instance = _frames(document, instance, len(sources), asked, wanted)
        except ImagingError as error:
            reason = error
            continue
        if of_instance:
            sources.append(_Source(instance, data_set))
            frames += of_instance
        if len(frames) > MAX_FRAMES:
            raise _too_many(f"there are more than {MAX_FRAMES} frames; ask for one series")
    if not frames:
        raise Refusal.bad_request(f"this holds no volume: {reason}")
    return _chosen(asked, sources, frames)


def _frames(
    document: Mapping[str, Any],
    instance: StoredInstance,
    source: int,
    asked: VolumeQuery,
    wanted: Collection[int] | None,
) -> tuple[DataSet, list[Frame]]:
    numbers = [
        number
        for number in range(1, min(instance.number_of_frames, MAX_FRAMES + 1) + 1)
        if (wanted is None or number in wanted) and _fits(asked, document, number)
    ]
    if not numbers:
        return DataSet(), []
    # Values that lie elsewhere are long tables, which say nothing of an image's place.
    model = {tag: value for tag, value in document.items() if tag in _READ}
    data_set = from_json(model, resolve_bulk=lambda _: Bulk(0, 0))
    family = (instance.series_instance_uid, _first(document, _FRAME_OF_REFERENCE))
    every = frames_of(data_set, source, instance.number_of_frames, family)
    return data_set, [every[number - 1] for number in numbers]


def _fits(asked: VolumeQuery, document: Mapping[str, Any], number: int) -> bool:
    if not asked.matches:
        return True
    seen = {**document}
    for groups in (
        _items(document, _SHARED)[:1],
        _items(document, _PER_FRAME)[number - 1 : number],
    ):
        for group in groups:
            for tag in group:
                seen.update(*_items(group, tag)[:1])
    return all(satisfied(one, seen) for one in asked.matches)


def _items(document: Mapping[str, Any], tag: str) -> list[dict[str, Any]]:
    values = document.get(tag, {}).get("Value") or []
    return [value for value in values if isinstance(value, dict)]


def _first(document: Mapping[str, Any], tag: str) -> str:
    values = document.get(tag, {}).get("Value") or [""]
    return str(values[0])


def _chosen(asked: VolumeQuery, sources: Sequence[_Source], frames: Sequence[Frame]) -> Chosen:
    try:
        found = stacks(frames)
        if asked.reference is not None:
            found = [stack for stack in found if _holds(stack, sources, asked.reference)]
            if not found:
                raise Refusal.bad_request("volumeinputreference names no image of a volume here")
        largest = [stack for stack in found if len(stack) == len(found[0])]
        if len(largest) > 1 and asked.rate is not None and not asked.moves:
            largest.sort(key=lambda stack: min((f.order, f.source, f.number) for f in stack))
            return Chosen(tuple(_input(stack, sources) for stack in largest))
        if len(largest) > 1:
            raise _ambiguous(largest, sources)
        others = tuple(_reference(stack, sources) for stack in found[1:])
        return Chosen((_input(found[0], sources),), others)
    except NotAVolume as error:
        raise Refusal.bad_request(f"this holds no volume: {error}") from error


def _holds(stack: Stack, sources: Sequence[_Source], reference: str) -> bool:
    if "." not in reference:
        return any(str(frame.number) == reference for frame in stack)
    return any(
        reference
        in (
            sources[frame.source].instance.sop_instance_uid,
            sources[frame.source].instance.series_instance_uid,
        )
        for frame in stack
    )


def _reference(stack: Stack, sources: Sequence[_Source]) -> str:
    return sources[stack[0].source].instance.sop_instance_uid


def _ambiguous(found: Sequence[Stack], sources: Sequence[_Source]) -> Refusal:
    names = dict.fromkeys(_reference(stack, sources) for stack in found)
    if len(names) < len(found):  # stacks of one instance
        names = dict.fromkeys(str(stack[0].number) for stack in found)
    available = [f"volumeinputreference={name}" for name in islice(names, _MAX_NAMED)]
    return Refusal(
        HTTPStatus.BAD_REQUEST,
        f"there are {len(found)} volumes of the same size here; name one by "
        "volumeinputreference or by attributes to match, or see them one after the other by "
        "animationrate",
        available=available,
    )


def _input(stack: Stack, sources: Sequence[_Source]) -> VolumeInput:
    arrangement = arrange([frame.plane for frame in stack])
    images = tuple(_image(sources[frame.source], frame.number) for frame in stack)
    middle = arrangement.slices[len(arrangement.slices) // 2].first
    data_set = sources[stack[middle].source].data_set
    named = (f"{image.instance.version}/{image.number}" for image in images)
    return VolumeInput(
        arrangement,
        images,
        images[middle].display.window,
        hounsfield=data_set.text(0x00080060) == "CT",
        inverse=data_set.text(0x00280004) == "MONOCHROME1",
        key=stable_boundary(*named),
    )


def _image(source: _Source, number: int) -> Image:
    display = describe_display(source.data_set, number)
    scaling = decimals(source.data_set, _DOSE_GRID_SCALING)
    if scaling and scaling[0] > 0:
        display = Display(slope=scaling[0], window=display.window)
    return Image(source.instance, number, display)


def _too_many(message: str) -> Refusal:
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
