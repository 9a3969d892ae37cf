"""What was made once is there the next time, whole, for as long as what it was made of."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import renditions as module
from archive.access import LOCAL
from archive.archive import Archive
from archive.erase import erase
from archive.errors import StoreUnavailable
from archive.renditions import Renditions, max_age_s, max_kept_bytes
from archive.retrieve import find_instances
from tests.archives import store
from tests.builders import ct_image

KEY = "1/ab/cd/abcd0123.dcm"


class Objects:
    """Stands for an object store that holds some keys."""

    def __init__(self, *keys: str) -> None:
        self.held = set(keys)

    def size(self, key: str) -> int:
        if key not in self.held:
            raise StoreUnavailable("not here")
        return 1


@pytest.fixture
def objects() -> Objects:
    return Objects(KEY, "1/ab/cd/abcd4567.dcm")


@pytest.fixture
def kept(tmp_path: Path, objects: Objects) -> Renditions:
    return Renditions(tmp_path / "kept", objects, 1 << 20)  # type: ignore[arg-type] # a stand-in


def files(kept: Renditions) -> list[Path]:
    folder = kept._folder
    assert folder is not None
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_put_is_given_for_the_same_way_alone(kept: Renditions) -> None:
    kept.put(KEY, "small", b"picture")
    assert kept.get(KEY, "small") == b"picture"
    assert kept.get(KEY, "large") is None
    assert kept.get("1/ab/cd/abcd4567.dcm", "small") is None


def test_other_processes_of_the_machine_have_it_too(kept: Renditions, objects: Objects) -> None:
    kept.put(KEY, "small", b"picture")
    other = Renditions(kept._folder, objects, 1 << 20)  # type: ignore[arg-type] # a stand-in
    assert other.get(KEY, "small") == b"picture"


@pytest.mark.parametrize("damage", [b"", b"abc", b"\0\0\0\0picture", b"\0\0\0\0"])
def test_a_damaged_file_counts_as_none(kept: Renditions, damage: bytes) -> None:
    kept.put(KEY, "small", b"picture")
    [path] = files(kept)
    path.write_bytes(damage)
    assert kept.get(KEY, "small") is None


def test_what_is_too_long_is_not_kept(kept: Renditions) -> None:
    kept.put(KEY, "long", bytes(max_kept_bytes + 1))
    assert kept.get(KEY, "long") is None


def test_forgetting_takes_all_ways_of_one_object_and_none_of_another(kept: Renditions) -> None:
    kept.put(KEY, "small", b"picture")
    kept.put(KEY, "large", b"picture")
    kept.put("1/ab/cd/abcd4567.dcm", "small", b"other")
    kept.forget([KEY, "1/ab/cd/abcdffff.dcm"])
    assert kept.get(KEY, "small") is kept.get(KEY, "large") is None
    assert kept.get("1/ab/cd/abcd4567.dcm", "small") == b"other"


def test_what_is_made_while_its_object_is_erased_is_not_kept(
    kept: Renditions, objects: Objects
) -> None:
    objects.held.clear()
    kept.put(KEY, "small", b"picture")
    assert files(kept) == []


def test_a_disk_that_refuses_costs_nothing_but_time(tmp_path: Path, objects: Objects) -> None:
    (tmp_path / "kept").write_bytes(b"a file where the folder should be")
    kept = Renditions(tmp_path / "kept", objects, 1 << 20)  # type: ignore[arg-type] # a stand-in
    kept.put(KEY, "small", b"picture")
    assert kept.get(KEY, "small") is None


def test_the_oldest_go_when_there_is_too_much(kept: Renditions) -> None:
    kept._max_bytes = 250
    for number in range(4):
        kept.put(KEY, str(number), bytes(range(1, 97)))
        made_at = time.time() - 100 + number
        os.utime(kept._path(KEY, str(number)), (made_at, made_at))
    kept.tidy()
    assert [kept.get(KEY, str(number)) is not None for number in range(4)] == [
        False, False, True, True,
    ]  # fmt: skip


def test_what_is_a_day_old_goes_with_its_folder(kept: Renditions) -> None:
    kept.put(KEY, "small", b"picture")
    [path] = files(kept)
    os.utime(path, (time.time() - max_age_s - 5,) * 2)
    kept.tidy()
    assert not path.parent.exists()


def test_pieces_pass_through_and_are_there_the_next_time(kept: Renditions) -> None:
    made = []

    def make() -> list[bytes]:
        made.append(1)
        return [b"one ", b"two"]

    assert list(kept.pieces(KEY, "way", make)) == [b"one ", b"two"]
    assert list(kept.pieces(KEY, "way", make)) == [b"one two"]
    assert len(made) == 1


def test_what_breaks_off_is_not_kept(kept: Renditions) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"one "
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(kept.pieces(KEY, "way", breaks))
    assert kept.get(KEY, "way") is None
    reader = kept.pieces(KEY, "way", lambda: [b"one ", b"two"])
    next(iter(reader))
    reader.close()  # type: ignore[attr-defined] # a generator
    assert kept.get(KEY, "way") is None


def test_long_pieces_pass_through_without_being_held(
    kept: Renditions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "max_kept_bytes", 5)
    assert list(kept.pieces(KEY, "way", lambda: [b"one ", b"two", b"3"])) == [b"one ", b"two", b"3"]
    assert kept.get(KEY, "way") is None


def test_erasing_a_study_erases_what_was_made_of_it(archive: Archive) -> None:
    store(archive, ct_image(StudyInstanceUID="1"), ct_image(StudyInstanceUID="2"))
    [gone], [stays] = (list(find_instances(archive, LOCAL, "archive", uid)) for uid in "12")
    for one in (gone, stays):
        archive.renditions.put(one.key, "small", b"picture")
    erase(archive, LOCAL, "archive", "1")
    assert archive.renditions.get(gone.key, "small") is None
    assert archive.renditions.get(stays.key, "small") == b"picture"
    assert len(files(archive.renditions)) == 1
