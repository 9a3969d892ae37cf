"""Finding public DICOM files on this machine, and what a sender knows of each.

The files come with pydicom, with the package pydicom-data, and from a folder that the operator
names. They are read with pydicom here, for the demo plays an outside sender; what it cannot
read it leaves to the server to judge.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pydicom
from pydicom.dataset import FileDataset

# pydicom itself, and what the package pydicom-data installs.
_MODULES = ("pydicom", "data_store")
_NO_DICOM = frozenset({".py", ".pyc", ".md", ".txt", ".json", ".dump", ".gz", ".icc", ".tsv"})


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A file and what its sender knows of it; what is unknown is empty."""

    path: Path
    study: str = ""
    series: str = ""
    modality: str = ""
    sop_class: str = ""
    sop_instance: str = ""
    transfer_syntax: str = ""
    has_pixels: bool = False

    @property
    def can_be_c_stored(self) -> bool:
        """Whether a C-STORE sender could say what it sends."""
        return bool(self.sop_class and self.sop_instance and self.transfer_syntax)


def find_folders(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the folders to look in: those of the packages, and ``DICOMTUBE_DEMO_DATA``."""
    folders = []
    for name in _MODULES:
        spec = find_spec(name)
        if spec and spec.origin:
            folders.append(Path(spec.origin).parent / "data")
    given = environ.get("DICOMTUBE_DEMO_DATA") or str(Path.cwd().parent / "shared" / "data")
    return [folder for folder in (*folders, Path(given)) if folder.is_dir()]


def find_files(folders: list[Path]) -> Iterator[DemoFile]:
    """Yield every file that might be DICOM, the same bytes once."""
    seen: set[bytes] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in _NO_DICOM or not path.is_file():
                continue
            digest = _digest(path)
            if digest not in seen:
                seen.add(digest)
                yield describe(path)


def describe(path: Path) -> DemoFile:
    """Read what a sender needs to know from the file's header."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # these files are odd on purpose
            header = pydicom.dcmread(path, defer_size=1024)
            return _described(path, header)
    except Exception:  # whatever pydicom makes of it: the server says what is wrong
        return DemoFile(path)


def _described(path: Path, header: FileDataset) -> DemoFile:
    return DemoFile(
        path=path,
        study=str(header.get("StudyInstanceUID", "")),
        series=str(header.get("SeriesInstanceUID", "")),
        modality=str(header.get("Modality", "")),
        sop_class=str(header.get("SOPClassUID", "")),
        sop_instance=str(header.get("SOPInstanceUID", "")),
        transfer_syntax=str(header.file_meta.get("TransferSyntaxUID", "")),
        has_pixels="PixelData" in header,
    )


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
