"""ZIP archives of strangers: what is read of them, and what is refused before it costs anything."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.uploading import unpacking
from community.uploading.unpacking import BadArchive, files_of, is_zip


def packed(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    made.seek(0)
    return made


def counted(count: int, size: int) -> io.BytesIO:
    """The end of an archive that says how many files it has, and how long its directory is."""
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, 0, 0)
    return io.BytesIO(b"PK\3\4" + bytes(60) + end)


def read(stream: io.BytesIO) -> list[bytes]:
    return [b"".join(pieces) for pieces in files_of(stream)]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_come_out_as_they_went_in_whatever_they_are_called(method: int) -> None:
    names = ["a.dcm", "../../etc/passwd", "/tmp/x", "C:\\x", "folder/", "b" * 300]
    archive = packed(*((name, name.encode()) for name in names), method=method)
    assert is_zip(archive)
    assert read(archive) == [name.encode() for name in names if not name.endswith("/")]


def test_what_desktops_put_beside_files_is_passed_over() -> None:
    archive = packed(("__MACOSX/._a", b"x"), ("a/.DS_Store", b"y"), ("a/b", b"z"))
    assert read(archive) == [b"z"]


def test_a_long_form_of_the_directory_is_read_too() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("a", "w", force_zip64=True) as file:
        file.write(b"long")
    assert read(made) == [b"long"]


def test_a_file_that_grows_beyond_measure_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "usual_file_bytes", 1024 * 1024)
    archive = packed(("bomb", bytes(64 * 1024 * 1024)))
    taken = 0
    with pytest.raises(BadArchive, match="too long"):
        for pieces in files_of(archive):
            for piece in pieces:
                taken += len(piece)
    assert taken <= 16 * 1024 * 1024


def test_all_files_together_have_room_for_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "max_unpacked_bytes", 250)
    with pytest.raises(BadArchive, match="too long"):
        read(packed(("a", bytes(100)), ("b", bytes(100)), ("c", bytes(100))))


def test_an_archive_of_very_many_files_is_refused_before_its_directory_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unpacking, "max_entries", 10)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(BadArchive, match="too many files"):
        read(counted(11, 600))


def test_a_directory_that_says_it_is_huge_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(BadArchive, match="too many files"):
        read(counted(1, 0xFFFFFF00))


def test_a_locked_archive_says_so() -> None:
    data = bytearray(packed(("a", b"secret"), method=zipfile.ZIP_STORED).getvalue())
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1
    data[6] |= 1
    with pytest.raises(BadArchive, match="password"):
        read(io.BytesIO(bytes(data)))


def test_an_unusual_method_says_so() -> None:
    with pytest.raises(BadArchive, match="unusual"):
        read(packed(("a", bytes(1000)), method=zipfile.ZIP_BZIP2))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:40] + bytes(10) + data[50:],
        lambda data: b"PK\3\4",
    ],
)
def test_a_broken_archive_says_so(spoil: Callable[[bytes], bytes]) -> None:
    archive = packed(("a", bytes(range(256)) * 8), ("b", b"x" * 500)).getvalue()
    with pytest.raises(BadArchive, match="broken"):
        read(io.BytesIO(spoil(archive)))


@given(st.data())
def test_any_damage_is_a_sentence_and_no_fault_of_ours(data: st.DataObject) -> None:
    archive = bytearray(packed(("a", b"x" * 300), ("b/c", bytes(200))).getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(io.BytesIO(bytes(archive)))
    except BadArchive as error:
        assert str(error).endswith(".")
