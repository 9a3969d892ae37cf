"""Volumes for tests: of real files, and of voxels that a test makes up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from imaging.frames import locate_frames
from imaging.part10 import read_header
from imaging.pixels import DecodedFrame, FrameDescription, describe_frame
from imaging.rendering.display import Display, describe_display
from imaging.transcode import decode_frame
from imaging.volumes.geometry import Arrangement, Plane, Vector, arrange
from imaging.volumes.stacks import Frame, frames_of, stacks
from imaging.volumes.volume import Volume, build_volume
from tests.builders import ct_data_set, part10

Loaded = tuple[DecodedFrame, Display]


def planes(
    count: int,
    rows: int = 8,
    columns: int = 8,
    *,
    origin: Vector = (0.0, 0.0, 0.0),
    step: Vector = (0.0, 0.0, 1.0),
    spacing: tuple[float, float] = (1.0, 1.0),
) -> list[Plane]:
    """Axial planes, one step after the other."""
    along_row, along_column = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    places = (np.asarray(origin) + np.asarray(step) * number for number in range(count))
    return [
        Plane((float(x), float(y), float(z)), along_row, along_column, spacing, rows, columns)
        for x, y, z in places
    ]


def loader(voxels: NDArray[np.int16], display: Display | None = None) -> Callable[[int], Loaded]:
    """Gives the slices of an array as if they were images."""

    def load(number: int) -> Loaded:
        rows, columns = voxels[number].shape
        description = FrameDescription(
            "1.2.840.10008.1.2.1",
            rows,
            columns,
            bits_allocated=16,
            bits_stored=16,
            pixel_representation=1,
        )
        return DecodedFrame(voxels[number].tobytes(), description), display or Display()

    return load


def volume_of(
    voxels: NDArray[np.int16], folder: Path, of_planes: list[Plane] | None = None
) -> Volume:
    """A volume of an array (slices, rows, columns), on a grid of millimetres by default."""
    voxels = np.ascontiguousarray(voxels, np.int16)
    arrangement = arrange(of_planes or planes(*voxels.shape))
    return build_volume(arrangement, loader(voxels), folder, [Display()] * len(voxels))


def real_frames(paths: Iterable[Path]) -> tuple[list[Frame], Callable[[Frame], Loaded]]:
    """Every frame of some files, and what loads one."""
    files = sorted(paths)
    frames: list[Frame] = []
    for source, path in enumerate(files):
        with path.open("rb") as stream:
            header = read_header(stream)
            table = locate_frames(stream, header)
        assert table is not None
        frames += frames_of(header.data_set, source, table.count)

    def load(frame: Frame) -> Loaded:
        with files[frame.source].open("rb") as stream:
            header = read_header(stream)
            table = locate_frames(stream, header)
            assert table is not None
            encoded = bytearray()
            for offset, length in table.pieces(frame.number):
                stream.seek(offset)
                encoded += stream.read(length)
        description = describe_frame(header.data_set, header.transfer_syntax_uid)
        display = describe_display(header.data_set, frame.number)
        return decode_frame(description, bytes(encoded)), display

    return frames, load


def real_volume(paths: Iterable[Path], folder: Path) -> tuple[Volume, Arrangement]:
    """The largest volume that some files hold."""
    frames, load = real_frames(paths)
    stack = stacks(frames)[0]
    arrangement = arrange([frame.plane for frame in stack])
    displays = [load(frame)[1] for frame in stack]
    made = build_volume(arrangement, lambda number: load(stack[number]), folder, displays)
    return made, arrangement


def series_files(
    voxels: NDArray[np.int16], *, slope: int = 1, intercept: int = 0, **overrides: Any
) -> list[bytes]:
    """An axial series of an array (slices, rows, columns) on a grid of millimetres, as files."""
    study, series, frame_of_reference = (generate_uid() for _ in range(3))
    given = {
        "StudyInstanceUID": study,
        "SeriesInstanceUID": series,
        "FrameOfReferenceUID": frame_of_reference,
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [1, 1],
        "PixelRepresentation": 1,
        "RescaleSlope": slope,
        "RescaleIntercept": intercept,
        **overrides,
    }
    return [
        part10(
            ct_data_set(
                Rows=image.shape[0],
                Columns=image.shape[1],
                ImagePositionPatient=[0, 0, number],
                InstanceNumber=number + 1,
                PixelData=image.astype("<i2").tobytes(),
                **given,
            )
        )
        for number, image in enumerate(voxels)
    ]
