"""Real DICOM files for the tests, and what an outsider (pydicom) says of each.

`real_files` are the 592 of the shared test data where that is present; elsewhere pydicom's bundled
files and those of the package pydicom-data, so that no test goes without real data.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from importlib.resources import files
from pathlib import Path

import requests

from tests.conftest import TEST_DATA


@dataclass(frozen=True)
class RealFile:
    """One file, and the name that a table of expectations knows it by."""

    name: str
    path: Path

    def read(self) -> bytes:
        return self.path.read_bytes()


def real_files() -> list[RealFile]:
    return list(_shared_files() if (TEST_DATA / "MANIFEST.tsv").is_file() else _packaged_files())


def _shared_files() -> Iterator[RealFile]:
    with (TEST_DATA / "MANIFEST.tsv").open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            yield RealFile(row["path"], TEST_DATA / row["path"])


def _packaged_files() -> Iterator[RealFile]:
    for package, folder in (("pydicom", "data"), ("data_store", "data")):
        root = Path(str(files(package))) / folder
        for path in sorted(root.rglob("*")):
            if path.is_file() and (path.suffix == ".dcm" or path.read_bytes()[128:132] == b"DICM"):
                yield RealFile(f"{package}/{path.relative_to(root)}", path)


def data_set_of(part10: bytes) -> bytes:
    """The bytes after the file meta information; all of them where there is none."""
    if part10[128:132] != b"DICM":
        return part10
    position = 132
    while part10[position : position + 2] == b"\x02\x00":
        vr = part10[position + 4 : position + 6]
        if vr in (b"OB", b"UN", b"OW", b"SQ", b"UT"):
            length, head = int.from_bytes(part10[position + 8 : position + 12], "little"), 12
        else:
            length, head = int.from_bytes(part10[position + 6 : position + 8], "little"), 8
        position += head + length
    return part10[position:]


def parts_of(answer: requests.Response) -> list[bytes]:
    """The bodies of a multipart/related answer whose parts may hold anything."""
    header = Message()
    header["Content-Type"] = answer.headers["Content-Type"]
    delimiter = b"\r\n--" + str(header.get_param("boundary")).encode()
    pieces = (b"\r\n" + answer.content).split(delimiter)
    return [piece.split(b"\r\n\r\n", 1)[1] for piece in pieces[1:-1]]
