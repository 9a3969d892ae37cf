from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.unit.viewer.packages import FILES
from viewer.errors import PackageRefused, UnknownRelease, ViewerError
from viewer.install import install, installed_path
from viewer.releases import RELEASES, find_release

Publish = Callable[..., Path]


def silent(_: str) -> None:
    """Say nothing."""


def test_an_installed_release_lives_under_the_prefix(publish: Publish, tmp_path: Path) -> None:
    dist = install(tmp_path / "cache", "1.0.0", silent, publish())
    page = (dist / "index.html").read_text()
    assert 'href="/viewer/app.bundle.css"' in page
    assert "window.PUBLIC_URL = '/viewer/'" in page
    bundle = (dist / "app.bundle.0f6159c501addfe9.js").read_text()
    assert '__webpack_require__.p = "/viewer/"' in bundle
    assert "browserImportFunction('/viewer/dicom-microscopy-viewer/" in bundle
    assert "url(/viewer/a34f9d1faa5f3315.woff2)" in (dist / "app.bundle.css").read_text()
    assert '"/viewer/assets/icon.png"' in (dist / "manifest.json").read_text()


def test_a_study_without_modality_does_not_stop_the_study_list(
    publish: Publish, tmp_path: Path
) -> None:
    dist = install(tmp_path / "cache", "1.0.0", silent, publish())
    bundle = (dist / "app.bundle.0f6159c501addfe9.js").read_text()
    assert "i < (ModalitiesInStudy.Value || []).length" in bundle


def test_a_study_without_a_patients_number_is_not_said_to_be_of_several_patients(
    publish: Publish, tmp_path: Path
) -> None:
    dist = install(tmp_path / "cache", "1.0.0", silent, publish())
    bundle = (dist / "app.bundle.0f6159c501addfe9.js").read_text()
    assert "if ((instance.PatientID || null) !== PatientID) {" in bundle


def test_what_no_viewer_page_needs_is_left_out(publish: Publish, tmp_path: Path) -> None:
    dist = install(tmp_path / "cache", "1.0.0", silent, publish())
    names = {path.name for path in dist.rglob("*")}
    assert not names & {"ort", "sw.js", "app.bundle.0f6159c501addfe9.js.map", "package.json"}
    assert (dist / "LICENSE.txt").read_bytes() == b"MIT"


def test_compressed_siblings_hold_the_rewritten_file(publish: Publish, tmp_path: Path) -> None:
    dist = install(tmp_path / "cache", "1.0.0", silent, publish())
    plain = (dist / "app.bundle.0f6159c501addfe9.js").read_bytes()
    zipped = (dist / "app.bundle.0f6159c501addfe9.js.gz").read_bytes()
    zstd = (dist / "app.bundle.0f6159c501addfe9.js.zst").read_bytes()
    assert gzip.decompress(zipped) == plain
    assert zstandard.ZstdDecompressor().decompress(zstd) == plain


def test_a_second_installation_does_nothing(publish: Publish, tmp_path: Path) -> None:
    tarball = publish()
    first = install(tmp_path / "cache", "1.0.0", silent, tarball)
    tarball.unlink()
    said: list[str] = []
    assert install(tmp_path / "cache", "1.0.0", said.append, tarball) == first
    assert said == []


def test_a_package_with_other_bytes_is_refused_and_leaves_nothing(
    publish: Publish, tmp_path: Path
) -> None:
    tarball = publish()
    tarball.write_bytes(tarball.read_bytes() + b"\0")
    with pytest.raises(PackageRefused, match="not the package we know"):
        install(tmp_path / "cache", "1.0.0", silent, tarball)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "/absolute", "package/dist/../../outside"])
def test_a_member_outside_the_package_is_refused(
    publish: Publish, tmp_path: Path, name: str
) -> None:
    tarball = publish({**FILES, name: b"planted"})
    with pytest.raises(PackageRefused, match="no plain file"):
        install(tmp_path / "cache", "1.0.0", silent, tarball)
    assert not installed_path(tmp_path / "cache", "1.0.0").exists()


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("index.html", b"<html></html>", "links of the page"),
        ("app.bundle.0f6159c501addfe9.js", b"p = '/'", "place of the bundles"),
        ("app.bundle.css", b"body{}", "fonts"),
        ("manifest.json", b"{}", "icons"),
    ],
)
def test_a_release_that_spells_its_place_otherwise_is_refused(
    publish: Publish, tmp_path: Path, name: str, content: bytes, what: str
) -> None:
    tarball = publish({**FILES, f"package/dist/{name}": content})
    with pytest.raises(PackageRefused, match=what):
        install(tmp_path / "cache", "1.0.0", silent, tarball)


def test_a_folder_that_cannot_be_written_is_named(publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    with pytest.raises(ViewerError, match="cache"):
        install(tmp_path / "cache", "1.0.0", silent, publish())


def test_an_unknown_version_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownRelease, match=r"3\.13\.2"):
        install(tmp_path, "2.0.0", silent)


def test_both_supported_lines_are_pinned() -> None:
    assert {version.rpartition(".")[0] for version in RELEASES} == {"3.12", "3.13"}
    assert all(find_release(v).integrity.startswith("sha512-") for v in RELEASES)


def test_a_bomb_is_refused(
    publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.unpack.max_unpacked_bytes", 1000)
    with pytest.raises(PackageRefused, match="more than a viewer should"):
        install(tmp_path / "cache", "1.0.0", silent, publish())


def test_below_a_path_every_address_in_the_files_is_below_it(
    publish: Publish, tmp_path: Path
) -> None:
    dist = install(tmp_path / "cache", "1.0.0", silent, publish(), base="/imaging")
    assert dist == installed_path(tmp_path / "cache", "1.0.0", "/imaging")
    index = (dist / "index.html").read_text()
    assert index.count("/imaging/viewer/") == 3
    assert (
        '__webpack_require__.p = "/imaging/viewer/"'
        in (dist / "app.bundle.0f6159c501addfe9.js").read_text()
    )
