"""What every instance of the corpus has, and how a data set becomes a file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from conformance.corpus.uids import uid_of

IMPLEMENTATION: Final = uid_of("conformance", "implementation")
PHYSICIAN: Final = "Conformance-{seed}"
"""Referring physician of every study, by which searches stay among the runner's own.

Nothing in it needs an escape in a query, so that servers that do not read escapes can be searched.
"""


@dataclass(frozen=True, slots=True)
class Made:
    """One instance of the corpus.

    Parameters
    ----------
    name
        How checks ask for it, such as ``ct-1``.
    study
        The name of its study.
    data_set
        What was written, pixel data included.
    part10
        The whole file.
    frames
        Each frame's bytes as stored (encapsulated: the encoded bit stream).
    pixels
        Each frame decoded, little endian, when the syntax is lossless.
    """

    name: str
    study: str
    data_set: Dataset
    part10: bytes
    transfer_syntax: UID
    frames: tuple[bytes, ...] = ()
    pixels: tuple[bytes, ...] = ()

    @property
    def study_uid(self) -> str:
        """Its Study Instance UID."""
        return str(self.data_set.StudyInstanceUID)

    @property
    def series_uid(self) -> str:
        """Its Series Instance UID."""
        return str(self.data_set.SeriesInstanceUID)

    @property
    def instance_uid(self) -> str:
        """Its SOP Instance UID."""
        return str(self.data_set.SOPInstanceUID)

    @property
    def path(self) -> str:
        """Where it lies below the base."""
        return f"/studies/{self.study_uid}/series/{self.series_uid}/instances/{self.instance_uid}"


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What a study's instances say of it; None leaves an attribute out, '' leaves it empty."""

    name: str
    attributes: Mapping[str, Any]


def data_set_of(
    seed: str,
    study: StudyFacts,
    series: str,
    number: int,
    sop_class: str,
    modality: str,
    **more: Any,
) -> Dataset:
    """A data set of a study and a series, with `more` attributes by keyword.

    Parameters
    ----------
    number
        Instance Number; with study and series it names the instance.
    """
    ds = Dataset()
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = uid_of(seed, study.name, series, number)
    ds.StudyInstanceUID = uid_of(seed, study.name)
    ds.SeriesInstanceUID = uid_of(seed, study.name, series)
    ds.Modality = modality
    ds.SeriesNumber = int.from_bytes(series.encode()[-1:], "big") % 100
    ds.InstanceNumber = number
    ds.ReferringPhysicianName = PHYSICIAN.format(seed=seed)
    for keyword, value in {**study.attributes, **more}.items():
        if value is not None:
            setattr(ds, keyword, value)
    return ds


def file_of(ds: Dataset, transfer_syntax: UID = ExplicitVRLittleEndian) -> bytes:
    """The data set as a Part 10 file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = IMPLEMENTATION
    out = io.BytesIO()
    file = FileDataset(io.BytesIO(), ds, file_meta=meta, preamble=b"\0" * 128)
    dcmwrite(out, file, enforce_file_format=True)
    return out.getvalue()
