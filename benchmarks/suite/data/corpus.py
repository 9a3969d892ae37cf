"""What every server of a run holds: images in files with their hashes, and small studies.

May live here: how the data are made once and found again. May not: how they get to a server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import imagecodecs
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless

from benchmarks.suite.data import small
from benchmarks.suite.data.files import multi_frame, part10, slice_of
from benchmarks.suite.data.pictures import Picture, ct_slices, mr_slices
from benchmarks.suite.data.small import SmallStudy
from benchmarks.suite.data.uids import uid

_MR_SERIES = 6


@dataclass(frozen=True)
class Sizes:
    """How much is made; those of the promises, unless a run is quick."""

    slices: int = 500
    """Of the CT series."""
    stored: int = 100
    """How many of them a work that stores sends, and each association of a work that sends."""
    frames: int = 100
    """Of the compressed multi-frame."""
    mr_slices: int = 20
    """Of each series of the MR study."""
    big: int = 2000
    """Instances of the study whose metadata is asked for."""
    studies: int = 2000
    """Small studies, of 50 instances each."""
    tiny: int = 1000
    """Instances of the work that stores tiny ones."""


@dataclass(frozen=True)
class Held:
    """An instance in a file; hashes are of its frames."""

    study: str
    series: str
    sop: str
    file: str
    size: int
    frames: list[str]
    decoded: list[str]

    @property
    def path(self) -> str:
        """Its resource below the root."""
        return f"{self.series_path}/instances/{self.sop}"

    @property
    def series_path(self) -> str:
        """That of its series."""
        return f"/studies/{self.study}/series/{self.series}"


@dataclass(frozen=True)
class Corpus:
    """The data of a run, in a folder."""

    folder: Path
    sizes: Sizes
    ct: list[Held]
    mr: list[Held]
    multi: list[Held]

    @cached_property
    def studies(self) -> list[SmallStudy]:
        """What searches are asked about."""
        return small.small_studies(self.sizes.studies)

    @cached_property
    def big_study(self) -> str:
        """The UID of the study of many instances."""
        return small.one_big_study(0)[0]

    @cached_property
    def to_store(self) -> list[bytes]:
        """The instances that works store under new UIDs."""
        return [self.read(one) for one in self.ct[: self.sizes.stored]]

    @cached_property
    def tiny(self) -> list[bytes]:
        """The tiny ones."""
        return list(small.unsearched(self.sizes.tiny))[: self.sizes.tiny]

    def read(self, one: Held) -> bytes:
        """A file's bytes."""
        return (self.folder / one.file).read_bytes()

    def images(self) -> Iterator[bytes]:
        """All instances that lie in files."""
        for one in [*self.ct, *self.mr, *self.multi]:
            yield self.read(one)

    def small_instances(self) -> Iterator[bytes]:
        """Those of the small studies."""
        return small.instances_of(self.studies)

    def big_instances(self) -> Iterator[bytes]:
        """Those of the study of many."""
        return small.one_big_study(self.sizes.big)[1]


def corpus(folder: Path, sizes: Sizes) -> Corpus:
    """Make the data, or find those that an earlier run made there."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "corpus.json"
    if listed.exists():
        kept = json.loads(listed.read_text("utf-8"))
        if kept["sizes"] == asdict(sizes):
            return Corpus(folder, sizes, *(_held(kept[name]) for name in ("ct", "mr", "multi")))
    made = Corpus(folder, sizes, _make_ct(folder, sizes), _make_mr(folder, sizes), [])
    made.multi.append(_make_multi(folder, sizes))
    groups = {name: [asdict(one) for one in getattr(made, name)] for name in ("ct", "mr", "multi")}
    listed.write_text(json.dumps({"sizes": asdict(sizes), **groups}), "utf-8")
    return made


def digest(data: bytes | memoryview) -> str:
    """What bytes are compared by."""
    return hashlib.sha256(data).hexdigest()


def _held(rows: list[dict[str, Any]]) -> list[Held]:
    return [Held(**row) for row in rows]


def _make_ct(folder: Path, sizes: Sizes) -> list[Held]:
    study, series = uid(1), uid(1, 1)
    return [
        _kept_slice(folder, "CT", (study, series, uid(1, 1, at)), at, picture, "ct")
        for at, picture in enumerate(ct_slices(sizes.slices), 1)
    ]


def _make_mr(folder: Path, sizes: Sizes) -> list[Held]:
    study = uid(3)
    return [
        _kept_slice(folder, "MR", (study, uid(3, of), uid(3, of, at)), at, picture, f"mr{of}")
        for of in range(1, _MR_SERIES + 1)
        for at, picture in enumerate(mr_slices(sizes.mr_slices, 256, 10 + of), 1)
    ]


def _kept_slice(
    folder: Path, kind: str, uids: tuple[str, str, str], number: int, picture: Picture, name: str
) -> Held:
    data = part10(slice_of(kind, *uids, number, picture))
    file = f"{name}-{number:04d}.dcm"
    (folder / file).write_bytes(data)
    sent = [digest(picture.tobytes())]
    return Held(*uids, file, len(data), sent, sent)


def _make_multi(folder: Path, sizes: Sizes) -> Held:
    pictures = list(mr_slices(sizes.frames, 512, 20))
    frames = [bytes(imagecodecs.jpegls_encode(one)) for one in pictures]
    padded = [one + b"\0" * (len(one) % 2) for one in frames]
    uids = uid(5), uid(5, 1), uid(5, 1, 1)
    data = part10(multi_frame(*uids, frames, 512), JPEGLSLossless)
    (folder / "multi.dcm").write_bytes(data)
    decoded = [digest(one.tobytes()) for one in pictures]
    return Held(*uids, "multi.dcm", len(data), [digest(one) for one in padded], decoded)


RAW, JPEG_LS = str(ExplicitVRLittleEndian), str(JPEGLSLossless)
