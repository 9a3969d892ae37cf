"""One picture of a volume: what was asked for, put together of planes, slabs and projections.

This is the job of a child process (`render_job`), since it is heavy and numpy holds on to the
processor; `render` asks for it. Which voxels and which camera is the caller's business.

References
----------
PS3.18 sections 8.3.5.3 and 10.4.1.1.7 to 10.4.1.1.8, PS3.4 section FF.2 (pipeline).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.children import ChildLimits, run_job
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.display import Display, Window
from imaging.rendering.grayscale import to_gray
from imaging.rendering.picture import Picture
from imaging.rendering.viewport import Viewport, fitted
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN
from imaging.volumes.geometry import Grid
from imaging.volumes.lighting import lit, matter
from imaging.volumes.projection import projection
from imaging.volumes.sampling import Mask, Values, Voxels, plane, slab
from imaging.volumes.views import Raster
from imaging.volumes.volume import Volume, VolumeHead, voxels_of

VOLUME_RENDERED: Final = "volume_rendered"
PROJECTIONS: Final = ("maximum_ip", "minimum_ip", "average_ip")

_GIB: Final = 1024**3
LIMITS: Final = ChildLimits(
    # The volume is mapped, which counts as address space and is no memory of the process.
    max_memory_bytes=4 * _GIB,
    max_seconds=60,
    max_wait_s=90.0,
    max_idle_s=60.0,
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a volume becomes a picture.

    Parameters
    ----------
    three_d
        The whole volume seen from outside; else a plane or slab of it.
    method
        `VOLUME_RENDERED` or one of `PROJECTIONS`; of a plane it says nothing.
    slab
        Thickness in millimetres; None for a plane.
    window
        From values to grays. Of volume rendering, which values are seen; None there takes
        Hounsfield units as they are.
    inverse
        Low values are bright (MONOCHROME1).
    """

    three_d: bool
    method: str
    window: Window | None
    slab: float | None = None
    inverse: bool = False
    viewport: Viewport | None = None


def render(volume: Volume, seen: Raster, look: Look) -> Picture:
    """Make one picture, in a child process.

    Raises
    ------
    LimitExceeded
        When it needs too much memory, or a slab too many values.
    DecodeFailed
        When it takes too long.
    """
    head = {
        "volume": volume.head.as_json(),
        "path": volume.path,
        "raster": seen.as_json(),
        "three_d": look.three_d,
        "method": look.method,
        "slab": look.slab,
        "window": None if look.window is None else _window_json(look.window),
        "inverse": look.inverse,
    }
    answer, pixels = run_job("render volume", head, limits=LIMITS)
    shape = [int(size) for size in answer["shape"]]
    made = np.frombuffer(pixels, np.uint8).reshape(shape)
    return Picture(made if look.viewport is None else fitted(made, look.viewport))


def render_job(head: dict[str, Any], _body: bytes) -> tuple[dict[str, Any], bytes]:
    """Do the work of `render`; the job that `codec_child.JOBS` names."""
    of = VolumeHead.from_json(head["volume"])
    voxels = voxels_of(of, head["path"])
    seen = Raster.from_json(head["raster"])
    window = None if head["window"] is None else Window(*head["window"])
    if head["method"] == VOLUME_RENDERED:
        pixels = _lit(voxels, of.grid, seen, window)
    else:
        values, mask = _values(voxels, of.grid, seen, head)
        pixels = gray(values, mask, window or Window(*_from_ends(of.usual)), bool(head["inverse"]))
    return {"shape": pixels.shape}, pixels.tobytes()


def _values(voxels: Voxels, grid: Grid, seen: Raster, head: dict[str, Any]) -> tuple[Values, Mask]:
    if head["three_d"]:
        return projection(voxels, grid, seen, head["method"])
    if head["slab"] is not None:
        return slab(voxels, grid, seen, head["slab"], head["method"])
    return plane(voxels, grid, seen)


def _lit(voxels: Voxels, grid: Grid, seen: Raster, window: Window | None) -> NDArray[np.uint8]:
    if window is None:
        return lit(voxels, grid, seen, matter("hounsfield"))
    half = window.width / 2
    return lit(voxels, grid, seen, matter("window", (window.center - half, window.center + half)))


def gray(values: Values, mask: Mask, window: Window, inverse: bool) -> NDArray[np.uint8]:
    """Grays of modality values, as those of an image are made; black where there are none."""
    rows, columns = values.shape
    description = FrameDescription(
        str(EXPLICIT_VR_LITTLE_ENDIAN),
        rows,
        columns,
        bits_allocated=32,
        bits_stored=32,
        photometric_interpretation="MONOCHROME1" if inverse else "MONOCHROME2",
        is_float=True,
    )
    frame = DecodedFrame(values.astype("<f4").tobytes(), description)
    made = to_gray(frame, Display(window=window))
    return np.where(mask, made, 0).astype(np.uint8)


def usual_window(volume: Volume) -> Window:
    """The window of a volume whose images say none: nearly all values are in it."""
    return Window(*_from_ends(volume.head.usual))


def _from_ends(ends: tuple[float, float]) -> tuple[float, float, str]:
    low, high = ends
    return (low + high) / 2, max(high - low, 1e-3), "LINEAR_EXACT"


def _window_json(window: Window) -> tuple[float, float, str]:
    return window.center, window.width, window.function
