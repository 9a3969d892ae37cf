"""Images are sorted into the volumes that they make up."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, Sequence

from imaging.data_set import DataSet
from imaging.part10 import read_header
from imaging.volumes.geometry import NotAVolume, arrange
from imaging.volumes.stacks import Frame, frames_of, stacks
from tests.builders import ct_data_set, part10
from tests.volumes import planes, real_frames


def frames(count: int) -> list[Frame]:
    return [Frame(number, 1, plane) for number, plane in enumerate(planes(count))]


def read(ds: Dataset) -> DataSet:
    return read_header(BytesIO(part10(ds))).data_set


def enhanced(count: int, *, stack: int = 0) -> DataSet:
    """A multi-frame image whose places are in functional groups; frames of two stacks if so."""
    shared, per_frame = Dataset(), []
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing = [0.5, 0.5]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PlaneOrientationSequence = Sequence([orientation])
    for number in range(count):
        groups, position, content = Dataset(), Dataset(), Dataset()
        at = number % stack if stack else number
        position.ImagePositionPatient = [0, 0, at * 2]
        content.StackID = str(number // stack) if stack else "1"
        groups.PlanePositionSequence = Sequence([position])
        groups.FrameContentSequence = Sequence([content])
        per_frame.append(groups)
    return read(
        ct_data_set(
            NumberOfFrames=count,
            SharedFunctionalGroupsSequence=Sequence([shared]),
            PerFrameFunctionalGroupsSequence=Sequence(per_frame),
        )
    )


def test_functional_groups_say_where_frames_lie() -> None:
    [stack] = stacks(frames_of(enhanced(5), 0, 5))
    grid = arrange([frame.plane for frame in stack]).grid
    assert grid.shape == (5, 8, 8)
    assert grid.spacing.tolist() == [2, 0.5, 0.5]


def test_stacks_of_one_instance_are_told_apart() -> None:
    found = stacks(frames_of(enhanced(8, stack=4), 0, 8))
    assert [[frame.number for frame in stack] for stack in found] == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_a_scout_is_in_no_stack() -> None:
    scout = replace(planes(1)[0], along_row=(0.0, 1.0, 0.0), along_column=(0.0, 0.0, -1.0))
    [stack] = stacks([Frame(99, 1, scout), *frames(4)])
    assert len(stack) == 4


def test_other_families_are_other_volumes() -> None:
    other = [replace(frame, family="other") for frame in frames(3)]
    assert [len(stack) for stack in stacks([*other, *frames(5)])] == [5, 3]


def test_what_differs_in_every_image_tells_no_phases_apart() -> None:
    phases = [
        replace(
            frame, telling=(str(phase).encode(), str(number).encode()), source=10 * phase + number
        )
        for phase in range(2)
        for number, frame in enumerate(frames(4))
    ]
    assert [[f.source for f in stack] for stack in stacks(phases)] == [
        [0, 1, 2, 3],
        [10, 11, 12, 13],
    ]


def test_two_attributes_tell_apart_what_one_does_not() -> None:
    both = [
        replace(frame, telling=(echo.encode(), phase.encode()))
        for echo in "ab"
        for phase in "xy"
        for frame in frames(3)
    ]
    assert [len(stack) for stack in stacks(both)] == [3, 3, 3, 3]


def test_where_nothing_tells_them_apart_their_order_does() -> None:
    again = [replace(frame, source=frame.source + 10, order=1) for frame in frames(3)]
    assert [[f.order for f in stack] for stack in stacks([*again, *frames(3)])] == [
        [0, 0, 0],
        [1, 1, 1],
    ]


def test_some_places_with_more_images_than_others_are_refused() -> None:
    with pytest.raises(NotAVolume, match="same place"):
        stacks([*frames(3), *frames(2)])


def test_one_image_is_no_volume() -> None:
    with pytest.raises(NotAVolume, match="no two parallel images"):
        stacks(frames(1))


@pytest.mark.parametrize(
    ("series", "sizes"),
    [("mr_ge_epi_150", [15] * 10), ("mr_philips_phantom_epi_27", [9] * 3)],
)
def test_real_phases_are_told_apart(test_data: Path, series: str, sizes: list[int]) -> None:
    found, _ = real_frames(path for path in (test_data / "series" / series).rglob("*.dcm"))
    made = stacks(found)
    assert [len(stack) for stack in made] == sizes
    for stack in made:
        assert not arrange([frame.plane for frame in stack]).interpolated


def test_a_real_enhanced_instance_is_a_volume(test_data: Path) -> None:
    found, _ = real_frames([test_data / "files" / "pydicom-data" / "eCT_Supplemental.dcm"])
    [stack] = stacks(found)
    assert arrange([frame.plane for frame in stack]).grid.shape == (2, 512, 512)
