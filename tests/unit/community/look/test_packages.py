"""npm packages: nothing is served whose bytes are not those that were pinned."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from community.look import packages
from community.look.packages import Package, PackageRefused, install, installed_path

SHEET = b'@charset "UTF-8";a{color:red}'
FILES = {"package/dist/a.css": SHEET, "package/LICENSE": b"MIT", "package/dist/b.js": b"1"}


def tarball(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return whole.getvalue()


def package(data: bytes, **changes: object) -> Package:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    given = {"files": {"dist/a.css": "a.css"}, "layered": ("a.css",), **changes}
    return Package("@scope/look", "1.0.0", integrity, **given)  # type: ignore[arg-type]


class Registry:
    """Hands out one tarball, and counts how often."""

    def __init__(self, data: bytes) -> None:
        self.data, self.asked = data, 0

    def pack(self, name: str, version: str, folder: Path, say: object) -> Path:
        self.asked += 1
        path = folder / "package.tgz"
        path.write_bytes(self.data)
        return path


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> Registry:
    data = tarball(FILES)
    monkeypatch.setattr(packages, "PACKAGES", (package(data),))
    return Registry(data)


def test_only_named_files_and_the_licence_are_kept_and_sheets_are_layered(
    tmp_path: Path, pinned: Registry
) -> None:
    place = install(tmp_path, pinned.pack, lambda _: None)
    assert sorted(path.name for path in place.iterdir()) == ["a.css", "look.LICENSE.txt"]
    assert (place / "a.css").read_text() == "@layer vendor{a{color:red}}"


def test_what_was_installed_is_not_fetched_again(tmp_path: Path, pinned: Registry) -> None:
    install(tmp_path, pinned.pack, lambda _: None)
    install(tmp_path, pinned.pack, lambda _: None)
    assert pinned.asked == 1


def test_a_package_of_other_bytes_is_refused_and_nothing_is_left(
    tmp_path: Path, pinned: Registry
) -> None:
    pinned.data = tarball({**FILES, "package/dist/a.css": b"a{color:blue}"})
    with pytest.raises(PackageRefused, match="sha512"):
        install(tmp_path, pinned.pack, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_the_file_is_refused(
    tmp_path: Path, pinned: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        packages, "PACKAGES", (package(pinned.data, files={"dist/gone.css": "a.css"}),)
    )
    with pytest.raises(PackageRefused, match=r"gone\.css"):
        install(tmp_path, pinned.pack, lambda _: None)


def test_a_file_larger_than_any_is_refused(
    tmp_path: Path, pinned: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "max_file_bytes", 4)
    with pytest.raises(PackageRefused, match="size"):
        install(tmp_path, pinned.pack, lambda _: None)


def test_another_table_is_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = installed_path(tmp_path)
    monkeypatch.setattr(packages, "PACKAGES", packages.PACKAGES[:1])
    assert installed_path(tmp_path) != before
    assert installed_path(tmp_path) == installed_path(tmp_path)
