"""The voxels of a volume: modality values of its slices, in a file that a child process can map.

How slices become voxels, and the file that holds them, may live here. The file has no name from
the moment it is made, so nothing is left behind however this process ends; a child reaches it
through the descriptor that we hold.

References
----------
PS3.3 sections C.11.1 (modality LUT) and C.7.5.1.1.2 (pixel padding).
"""

import os
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from imaging.errors import LimitExceeded, Unsupported
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.display import Display
from imaging.rendering.grayscale import stored_values
from imaging.volumes.geometry import Arrangement, Blend, Grid

Values = NDArray[Any]
LoadSlice = Callable[[int], tuple[DecodedFrame, Display]]

MAX_VOXELS: Final = 512 * 1024 * 1024
"""Of one volume: a thousand slices of 512 by 512, twice."""

_INT16: Final = np.iinfo(np.int16)
_MAX_SAMPLES: Final = 2 * 1024 * 1024
_USUAL_PERCENT: Final = (0.5, 99.5)


@dataclass(frozen=True, slots=True)
class VolumeHead:
    """What is to be known of a volume's file to read it.

    Parameters
    ----------
    type
        Of the voxels: int16 or float32.
    low, high
        The lowest and the highest value; padding is as low as the lowest.
    usual
        Between which nearly all values lie.
    """

    grid: Grid
    type: str
    low: float
    high: float
    usual: tuple[float, float]

    def as_json(self) -> dict[str, Any]:
        """The head as what JSON can say."""
        return {
            "grid": self.grid.as_json(),
            "type": self.type,
            "low": self.low,
            "high": self.high,
            "usual": self.usual,
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Self:
        """The head that `as_json` said."""
        grid = Grid.from_json(said["grid"])
        low, high = said["usual"]
        return cls(grid, str(said["type"]), said["low"], said["high"], (low, high))


class Volume:
    """A volume in a nameless file.

    Attributes
    ----------
    size
        Of the file, in bytes.
    """

    def __init__(self, head: VolumeHead, descriptor: int) -> None:
        self.head = head
        self.size = head.grid.voxels * np.dtype(head.type).itemsize
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    @property
    def path(self) -> str:
        """Where a child of this process finds the file, for as long as this object lives."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"


def voxels_of(head: VolumeHead, path: str) -> Values:
    """The voxels (slices, rows, columns) of a volume's file, mapped and not read."""
    return np.memmap(path, head.type, "r", shape=head.grid.shape)


def build_volume(
    arrangement: Arrangement, load: LoadSlice, folder: Path, displays: Sequence[Display]
) -> Volume:
    """Load every image of an arrangement, once, and write the volume.

    Parameters
    ----------
    load
        Gives an image of the arrangement as native pixels and how they become modality values.
    folder
        In whose file system the file is made.
    displays
        Of all images, to know beforehand whether whole numbers do.

    Raises
    ------
    LimitExceeded
        When it has more than `MAX_VOXELS`, or when there is no room for it.
    Unsupported
        When the images are not grayscale.
    ImagingError
        As `load`.
    """
    grid = arrangement.grid
    if grid.voxels > MAX_VOXELS:
        raise LimitExceeded(f"the volume has more than {MAX_VOXELS} voxels")
    whole = not arrangement.interpolated and all(map(_keeps_whole, displays))
    writer = _Writer(grid, load, folder)
    try:
        return writer.write(arrangement.slices, whole=whole)
    except OSError as error:
        raise LimitExceeded("there is no room to put the volume together") from error


def _keeps_whole(display: Display) -> bool:
    return float(display.slope).is_integer() and float(display.intercept).is_integer()


class _DoesNotFit(Exception):  # noqa: N818 - leads to another try, and is no fault
    """Values that 16 bits do not hold."""


class _Writer:
    def __init__(self, grid: Grid, load: LoadSlice, folder: Path) -> None:
        self._grid = grid
        self._load = load
        self._folder = folder
        self._kept: dict[int, tuple[Values, Values | None]] = {}
        self._low, self._high = float("inf"), float("-inf")
        self._padded = False
        self._samples: list[Values] = []
        # Of every slice, so many values are looked at to know which are usual.
        self._stride = max(1, int(grid.voxels / _MAX_SAMPLES))

    def write(self, slices: Sequence[Blend], *, whole: bool) -> Volume:
        """Write all slices, as 16-bit whole numbers when they fit."""
        if whole:
            try:
                return self._written(slices, "int16")
            except _DoesNotFit:
                self.__init__(self._grid, self._load, self._folder)  # type: ignore[misc]
        return self._written(slices, "float32")

    def _written(self, slices: Sequence[Blend], type_: str) -> Volume:
        descriptor = _nameless_file(self._folder, self._grid.voxels * np.dtype(type_).itemsize)
        try:
            for number, blend in enumerate(slices):
                values = self._slice(blend, np.dtype(type_))
                _write_at(descriptor, number * values.nbytes, values)
            self._settle_padding(descriptor, len(slices), np.dtype(type_))
        except BaseException:
            os.close(descriptor)
            raise
        usual = self._usual()
        head = VolumeHead(self._grid, type_, self._low, self._high, usual)
        return Volume(head, descriptor)

    def _usual(self) -> tuple[float, float]:
        values = np.concatenate(self._samples) if self._samples else np.zeros(1)
        low, high = np.percentile(values, _USUAL_PERCENT) if values.size else (0.0, 0.0)
        # A volume that is nearly all background has hardly any other values.
        return (float(low), float(high)) if low < high else (self._low, self._high)

    def _slice(self, blend: Blend, type_: np.dtype[Any]) -> Values:
        values, padding = self._image(blend.first)
        if blend.weight:
            others, more = self._image(blend.second)
            values = values * (1 - blend.weight) + others * blend.weight
            padding = more if padding is None else padding if more is None else padding | more
        self._kept = {k: v for k, v in self._kept.items() if k in (blend.first, blend.second)}
        image = values if padding is None else values[~padding]
        if image.size:
            self._low = min(self._low, float(image.min()))
            self._high = max(self._high, float(image.max()))
            self._samples.append(image.reshape(-1)[:: self._stride].astype(np.float32))
        if type_.kind == "i" and not _INT16.min < self._low <= self._high <= _INT16.max:
            raise _DoesNotFit
        made = values.astype(type_)
        if padding is not None:
            self._padded = True
            made[padding] = _sentinel(type_)
        return np.ascontiguousarray(made)

    def _image(self, which: int) -> tuple[Values, Values | None]:
        if which not in self._kept:
            frame, display = self._load(which)
            self._kept[which] = modality_values(frame, display)
        return self._kept[which]

    def _settle_padding(self, descriptor: int, slices: int, type_: np.dtype[Any]) -> None:
        """Padding becomes as low as the lowest value of the image, which is known only now."""
        if not np.isfinite(self._low):
            self._low = self._high = 0.0
        if not self._padded:
            return
        size = self._grid.shape[1] * self._grid.shape[2] * type_.itemsize
        for number in range(slices):
            values = np.frombuffer(os.pread(descriptor, size, number * size), type_)
            _write_at(descriptor, number * size, np.maximum(values, type_.type(self._low)))


def _sentinel(type_: np.dtype[Any]) -> float:
    return int(_INT16.min) if type_.kind == "i" else float("-inf")


def _nameless_file(folder: Path, size: int) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix="volume-")
    os.unlink(name)  # noqa: PTH108 - a name, not a path of ours
    try:
        # A file with holes would end the process that maps it when the disk is full.
        os.posix_fallocate(descriptor, 0, size)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write_at(descriptor: int, offset: int, values: Values) -> None:
    view = memoryview(values.tobytes())
    while view:
        written = os.pwrite(descriptor, view, offset)
        offset, view = offset + written, view[written:]


def modality_values(frame: DecodedFrame, display: Display) -> tuple[Values, Values | None]:
    """Modality values of a grayscale frame (rows, columns), and where it is padding.

    Raises
    ------
    Unsupported
        When it has colours.
    """
    description = frame.description
    check_grayscale(description)
    stored = stored_values(frame).reshape(description.rows, description.columns)
    padding = None
    if display.padding is not None:
        first, last = display.padding
        padding = (stored >= first) & (stored <= last)
    if display.modality_lut is not None:
        table = np.array(display.modality_lut.entries, np.int32)
        index = np.clip(stored.astype(np.int64) - display.modality_lut.first, 0, len(table) - 1)
        return table[index], padding
    if stored.dtype.kind == "f":
        stored = np.nan_to_num(stored, posinf=0.0, neginf=0.0)
    if _keeps_whole(display) and stored.dtype.kind != "f" and stored.dtype.itemsize < 4:
        values: Values = stored.astype(np.int64)
        return values * int(display.slope) + int(display.intercept), padding
    return (stored * np.float64(display.slope) + display.intercept), padding


def check_grayscale(description: FrameDescription) -> None:
    """Refuse what is no grayscale image.

    Raises
    ------
    Unsupported
        Always then.
    """
    photometric = description.photometric_interpretation
    if description.samples_per_pixel != 1 or not photometric.startswith("MONOCHROME"):
        raise Unsupported("a volume is made of grayscale images only")


def images_in(arrangement: Arrangement) -> set[int]:
    """Which images an arrangement takes."""
    blends = arrangement.slices
    return set(chain((b.first for b in blends), (b.second for b in blends)))
