"""Images become voxels: their modality values, in a file that has no name."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path

import numpy as np
import pytest

from imaging.errors import LimitExceeded, Unsupported
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.display import Display, LookupTable
from imaging.volumes.geometry import arrange
from imaging.volumes.volume import VolumeHead, build_volume, voxels_of
from tests.volumes import loader, planes, real_volume, volume_of

VALUES = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5) - 20


def open_files(folder: Path) -> int:
    """How many files of a folder this process holds open, nameless ones too."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(link.readlink()).startswith(f"{folder}/")
    return count


def built(folder: Path, display: Display, values: np.ndarray = VALUES) -> tuple[str, np.ndarray]:
    arrangement = arrange(planes(*values.shape))
    made = build_volume(arrangement, loader(values, display), folder, [display] * len(values))
    return made.head.type, np.array(voxels_of(made.head, made.path))


def test_voxels_are_the_images_in_the_order_of_their_places(tmp_path: Path) -> None:
    upside_down = planes(3, 4, 5)[::-1]
    volume = volume_of(VALUES, tmp_path, upside_down)
    assert np.array_equal(voxels_of(volume.head, volume.path), VALUES[::-1])
    assert (volume.head.low, volume.head.high) == (-20, 39)


def test_whole_numbers_stay_whole_and_others_become_decimals(tmp_path: Path) -> None:
    assert built(tmp_path, Display(slope=2, intercept=-1000))[0] == "int16"
    kind, voxels = built(tmp_path, Display(slope=0.5, intercept=1))
    assert kind == "float32"
    assert np.array_equal(voxels, VALUES * 0.5 + 1)


def test_whole_numbers_beyond_16_bits_become_decimals(tmp_path: Path) -> None:
    kind, voxels = built(tmp_path, Display(slope=10_000))
    assert kind == "float32"
    assert np.array_equal(voxels, VALUES.astype(np.float32) * 10_000)


def test_padding_is_as_low_as_the_lowest_value(tmp_path: Path) -> None:
    for padding in ((-20, -18), (35, 39)):
        _, voxels = built(tmp_path, Display(padding=padding))
        padded = (padding[0] <= VALUES) & (padding[1] >= VALUES)
        assert (voxels[padded] == VALUES[~padded].min()).all()
        assert np.array_equal(voxels[~padded], VALUES[~padded])


def test_a_modality_table_is_looked_up(tmp_path: Path) -> None:
    table = LookupTable(-20, 16, tuple(range(100, 160)))
    _, voxels = built(tmp_path, Display(modality_lut=table))
    assert np.array_equal(voxels, VALUES + 120)


def test_uneven_images_are_blended(tmp_path: Path) -> None:
    heights = (0.0, 1.0, 2.0, 3.3, 4.6, 5.9)
    uneven = [
        plane for number in range(6) for plane in planes(1, 4, 5, origin=(0, 0, heights[number]))
    ]
    values = np.array([np.full((4, 5), round(height * 100)) for height in heights], np.int16)
    volume = volume_of(values, tmp_path, uneven)
    voxels = voxels_of(volume.head, volume.path)
    at = volume.head.grid.patient([(number, 0, 0) for number in range(len(voxels))])[:, 2]
    assert np.allclose(voxels[:, 0, 0], at * 100, atol=0.01)


def test_nothing_is_left_in_the_folder_nor_open(tmp_path: Path) -> None:
    volume = volume_of(VALUES, tmp_path)
    path = Path(volume.path)
    assert list(tmp_path.iterdir()) == []
    assert path.exists()
    assert path.stat().st_size == volume.size
    file = path.stat().st_ino
    del volume
    gc.collect()
    # The number of a closed file may be another file's by now, or no longer.
    try:
        now = path.stat().st_ino
    except FileNotFoundError:
        now = 0
    assert now != file


def test_a_failed_build_leaves_no_file_open(tmp_path: Path) -> None:
    def fail(number: int) -> tuple[DecodedFrame, Display]:
        raise Unsupported("no")

    with pytest.raises(Unsupported):
        build_volume(arrange(planes(3)), fail, tmp_path, [Display()] * 3)
    assert open_files(tmp_path) == 0


def test_too_many_voxels_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="voxels"):
        build_volume(arrange(planes(9000, 65535, 65535)), loader(VALUES), tmp_path, [])


def test_a_full_disk_is_a_limit_and_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(LimitExceeded, match="no room"):
        volume_of(VALUES, tmp_path)


def test_colours_are_no_volume(tmp_path: Path) -> None:
    description = FrameDescription(
        "1.2.840.10008.1.2.1", 4, 5, samples_per_pixel=3, photometric_interpretation="RGB"
    )
    frame = DecodedFrame(bytes(60), description)
    with pytest.raises(Unsupported, match="grayscale"):
        build_volume(arrange(planes(3, 4, 5)), lambda _: (frame, Display()), tmp_path, [])


def test_a_head_survives_json(tmp_path: Path) -> None:
    head = volume_of(VALUES, tmp_path).head
    assert VolumeHead.from_json(head.as_json()) == head


@pytest.mark.parametrize(
    ("series", "shape", "spacing"),
    [
        ("ct_philips_phantom_28", (28, 512, 512), 5.0),
        ("mr_ge_brain_20", (20, 256, 256), 7.0),
        ("mr_siemens_t1_sag_35", (35, 256, 256), 4.8),
        ("mr_ge_epi_150", (15, 64, 64), 5.0),
        ("mr_philips_phantom_epi_27", (9, 64, 64), 8.0),
    ],
)
def test_real_series_are_volumes(
    test_data: Path, tmp_path: Path, series: str, shape: tuple[int, int, int], spacing: float
) -> None:
    files = [path for path in (test_data / "series" / series).rglob("*") if path.is_file()]
    volume, _ = real_volume(files, tmp_path)
    assert volume.head.grid.shape == shape
    assert volume.head.grid.spacing[0] == pytest.approx(spacing, abs=0.01)
    voxels = voxels_of(volume.head, volume.path)
    assert volume.head.low == voxels.min()
    assert volume.head.high == voxels.max()
