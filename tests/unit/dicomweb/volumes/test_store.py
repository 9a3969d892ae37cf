"""Volumes are made once, kept within bounds, and worked on by few at once."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import pytest

from dicomweb.errors import Refusal
from dicomweb.volumes.store import VolumeStore
from imaging.volumes.volume import Volume
from tests.volumes import volume_of

VOXELS = np.zeros((2, 10, 10), np.int16)
SIZE = VOXELS.nbytes


def test_a_volume_is_made_once_for_all_who_ask_at_once(tmp_path: Path) -> None:
    store, made = VolumeStore(tmp_path), []
    begin = threading.Barrier(4)

    def build(folder: Path) -> Volume:
        made.append(folder)
        return volume_of(VOXELS, folder)

    def ask() -> None:
        begin.wait()
        store.get("a", build)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [tmp_path]


def test_a_build_that_fails_is_tried_again(tmp_path: Path) -> None:
    store = VolumeStore(tmp_path)

    def fail(_: Path) -> Volume:
        raise ValueError("once")

    with pytest.raises(ValueError, match="once"):
        store.get("a", fail)
    assert store.get("a", lambda folder: volume_of(VOXELS, folder)).size == SIZE


def test_no_more_is_kept_than_may_be(tmp_path: Path) -> None:
    store = VolumeStore(tmp_path, max_bytes=2 * SIZE)
    paths, files = [], []
    for key in "abc":
        paths.append(Path(store.get(key, lambda f: volume_of(VOXELS, f)).path))
        files.append(file_at(paths[-1]))
    gc.collect()
    # The number of a closed file may be another file's by now.
    still = [file_at(path) == file for path, file in zip(paths, files, strict=True)]
    assert still == [False, True, True]


def file_at(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_dev, path.stat().st_ino) if path.exists() else None


def test_what_is_in_use_outlives_its_place(tmp_path: Path) -> None:
    store = VolumeStore(tmp_path, max_bytes=SIZE)
    used = store.get("a", lambda folder: volume_of(VOXELS, folder))
    store.get("b", lambda folder: volume_of(VOXELS, folder))
    assert Path(used.path).exists()


def test_who_comes_beyond_the_places_is_told_to_come_again(tmp_path: Path) -> None:
    store = VolumeStore(tmp_path, at_once=1)
    with store.place():
        with pytest.raises(Refusal) as caught, store.place():
            pass
        assert caught.value.status == 503
        assert "Retry-After" in caught.value.headers
    with store.place():
        pass
