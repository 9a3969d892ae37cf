"""Pictures of volumes, made in a child process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imaging.rendering.display import Display
from imaging.rendering.frame import Viewport, Window
from imaging.rendering.grayscale import to_gray
from imaging.volumes.geometry import arrange
from imaging.volumes.rendering import PROJECTIONS, VOLUME_RENDERED, Look, render, usual_window
from imaging.volumes.stacks import stacks
from imaging.volumes.views import camera, raster
from imaging.volumes.volume import build_volume, voxels_of
from tests.volumes import loader, real_frames, volume_of

WINDOW = Window(100.0, 400.0)


def noise() -> np.ndarray:
    return np.random.default_rng(5).integers(-300, 500, (6, 20, 30), dtype=np.int16)


def test_a_plane_is_the_source_image_through_its_window_bit_for_bit(tmp_path: Path) -> None:
    volume = volume_of(noise(), tmp_path)
    grid = volume.head.grid
    for number in (0, 3, 5):
        centre = grid.patient((number, 9.5, 14.5))
        seen = raster(grid, camera(grid, "f", look_at=centre))
        made = render(volume, seen, Look(False, "average_ip", WINDOW, slab=1.0))
        expected = to_gray(loader(noise())(number)[0], Display(window=WINDOW))
        assert np.array_equal(made.pixels, expected)


def test_a_real_image_comes_back_bit_for_bit(test_data: Path, tmp_path: Path) -> None:
    files = list((test_data / "series" / "mr_siemens_t1_sag_35").rglob("*.dcm"))
    frames, load = real_frames(files)
    stack = stacks(frames)[0]
    arrangement = arrange([frame.plane for frame in stack])
    volume = build_volume(
        arrangement, lambda at: load(stack[at]), tmp_path, [load(frame)[1] for frame in stack]
    )
    grid = volume.head.grid
    number = 17
    centre = grid.patient((number, 127.5, 127.5))
    # These sagittal slices count to the left, and their rows run to the back.
    seen = raster(grid, camera(grid, "l", look_at=centre))
    frame, display = load(stack[arrangement.slices[number].first])
    assert display.window is not None
    made = render(volume, seen, Look(False, "average_ip", display.window))
    assert np.array_equal(made.pixels, to_gray(frame, Display(window=display.window)))


def test_low_values_are_bright_when_the_images_say_so(tmp_path: Path) -> None:
    volume = volume_of(noise(), tmp_path)
    seen = raster(volume.head.grid, camera(volume.head.grid, "a"))
    usual = render(volume, seen, Look(False, "average_ip", WINDOW))
    inverse = render(volume, seen, Look(False, "average_ip", WINDOW, inverse=True))
    assert np.array_equal(255 - usual.pixels, inverse.pixels)


def test_where_there_is_nothing_it_is_black(tmp_path: Path) -> None:
    volume = volume_of(np.full((9, 9, 9), 1000, np.int16), tmp_path)
    grid = volume.head.grid
    seen = raster(grid, camera(grid, "a", grid.centre - np.array((50, 50, 50)), grid.centre))
    for inverse in (False, True):
        window = Window(500.0, 100.0)
        made = render(volume, seen, Look(True, "maximum_ip", window, inverse=inverse))
        assert (made.pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == 0).all()
        assert made.pixels[made.height // 2, made.width // 2] == (0 if inverse else 255)


@pytest.mark.parametrize("method", [*PROJECTIONS, VOLUME_RENDERED])
def test_every_method_makes_a_picture_of_the_size_of_the_viewport(
    tmp_path: Path, method: str
) -> None:
    volume = volume_of(noise(), tmp_path)
    seen = raster(volume.head.grid, camera(volume.head.grid, "a"))
    look = Look(True, method, usual_window(volume), viewport=Viewport(60, 40))
    made = render(volume, seen, look).pixels
    assert made.shape[:2] == (12, 60)
    assert np.ptp(made) > 40
    assert (made.ndim == 3) == (method == VOLUME_RENDERED)


def test_the_usual_window_holds_nearly_all_values(tmp_path: Path) -> None:
    volume = volume_of(noise(), tmp_path)
    window = usual_window(volume)
    voxels = voxels_of(volume.head, volume.path)
    within = np.abs(voxels - window.center) <= window.width / 2
    assert 0.97 < within.mean() < 1
