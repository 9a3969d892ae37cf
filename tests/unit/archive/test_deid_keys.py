"""The file of keys is changed whole or not at all, and stays its owner's alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive import deid_keys
from archive.deid_keys import BadKeyFile, add_key, drop_key, keys_at


def test_a_new_key_is_the_newest_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "deid.keys"
    [first] = keys_at(path)
    second = add_key(path)
    third = add_key(path)
    assert keys_at(path) == [first, second, third]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_comments_and_a_file_without_a_last_line_end_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "deid.keys"
    path.touch(0o600)
    path.write_text("# ours\nold " + "ab" * 32)
    made = add_key(path)
    assert path.read_text().startswith("# ours\nold " + "ab" * 32 + "\n")
    assert [one.id for one in keys_at(path)] == ["old", made.id]


def test_keys_made_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "deid.keys"
    keys_at(path)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: add_key(path), range(16)))
    assert {one.id for one in made} <= {one.id for one in keys_at(path)}
    assert len(keys_at(path)) == 17


def test_a_key_is_forgotten_for_good_but_never_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "deid.keys"
    [first] = keys_at(path)
    with pytest.raises(BadKeyFile, match="newest"):
        drop_key(path, first.id)
    second = add_key(path)
    with pytest.raises(BadKeyFile, match="no key 'third'"):
        drop_key(path, "third")
    drop_key(path, first.id)
    assert keys_at(path) == [second]
    assert first.key.hex() not in path.read_text()


def test_a_change_that_breaks_off_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deid.keys"
    before = keys_at(path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(deid_keys.os, "fsync", full)
    with pytest.raises(BadKeyFile, match="No space"):
        add_key(path)
    assert keys_at(path) == before
    assert list(tmp_path.iterdir()) == [path]


def test_two_keys_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deid.keys"
    path.touch(0o600)
    path.write_text("old " + "ab" * 32 + "\nold " + "cd" * 32 + "\n")
    with pytest.raises(BadKeyFile, match="two keys of one name"):
        keys_at(path)
