"""The instances that the mock holds: parsed once, with their frames native and as stored."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRBigEndian

from conformance.corpus.pixels import encoded, encoded_syntaxes, native_frames
from conformance.mock.worklist import Worklist


class NotAnInstance(ValueError):  # noqa: N818 - it says what the bytes are
    """The bytes are no Part 10 file that can be kept."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One stored instance.

    Parameters
    ----------
    frames
        As stored; encapsulated ones without their fragments' headers.
    native
        Decoded, little endian; None when the mock cannot decode them.
    """

    data_set: Dataset
    data: bytes
    transfer_syntax: str
    frames: tuple[bytes, ...]
    native: tuple[bytes, ...] | None

    @property
    def is_encoded(self) -> bool:
        """Whether its frames are encapsulated."""
        return bool(self.frames) and _is_encapsulated(self.transfer_syntax)

    @property
    def study(self) -> str:
        """Study Instance UID."""
        return str(self.data_set.StudyInstanceUID)

    @property
    def series(self) -> str:
        """Series Instance UID."""
        return str(self.data_set.SeriesInstanceUID)

    @property
    def uid(self) -> str:
        """SOP Instance UID."""
        return str(self.data_set.SOPInstanceUID)


@lru_cache(maxsize=256)
def read_instance(data: bytes) -> Instance:
    """Parse a Part 10 file; the same bytes are the same instance, so nobody may change it.

    Raises
    ------
    NotAnInstance
        It is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = dcmread(io.BytesIO(data))
            _spell_names(ds)
            for _ in ds.iterall():
                pass
            _check_whole(ds)
    except (InvalidDicomError, OSError, ValueError, AttributeError, KeyError, EOFError) as error:
        raise NotAnInstance(str(error)) from error
    return instance_of(ds, data, str(ds.file_meta.TransferSyntaxUID))


def _spell_names(ds: Dataset) -> None:
    """Decode a patient's name in the two character sets that pydicom does not know."""
    terms = ds.get("SpecificCharacterSet") or []
    terms = [terms] if isinstance(terms, str) else list(terms)
    codec = next((_UNKNOWN[term] for term in terms if term in _UNKNOWN), None)
    if codec is not None and "PatientName" in ds:
        raw = bytes(ds.PatientName.original_string).replace(b"\x1b$)A", b"")
        ds.PatientName = raw.decode(codec).rstrip()


def _check_whole(ds: Dataset) -> None:
    for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        if not ds.get(keyword):
            raise NotAnInstance(f"it has no {keyword}")
    if "PixelData" in ds and not ds.file_meta.TransferSyntaxUID.is_encapsulated:
        bits = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated
        if len(ds.PixelData) < bits * _number_of_frames(ds) // 8:
            raise NotAnInstance("its pixel data are cut off")


def _number_of_frames(ds: Dataset) -> int:
    return int(ds.get("NumberOfFrames") or 1)


def instance_of(ds: Dataset, data: bytes, transfer_syntax: str) -> Instance:
    """An instance of a data set and its file."""
    if "PixelData" not in ds:
        return Instance(ds, data, transfer_syntax, (), ())
    count = _number_of_frames(ds)
    if ds["PixelData"].is_undefined_length or _is_encapsulated(transfer_syntax):
        frames = tuple(generate_frames(ds.PixelData, number_of_frames=count))
        return Instance(ds, data, transfer_syntax, frames, _decoded(frames))
    native = _native(ds, count, transfer_syntax)
    return Instance(ds, data, transfer_syntax, native, native)


def _is_encapsulated(uid: str) -> bool:
    return uid.startswith("1.2.840.10008.1.2.4") or uid == "1.2.840.10008.1.2.5"


def _native(ds: Dataset, count: int, transfer_syntax: str) -> tuple[bytes, ...]:
    data = bytes(ds.PixelData)
    pixels = ds.Rows * ds.Columns * ds.SamplesPerPixel
    if ds.BitsAllocated == 1:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        rows = [bits[n * pixels : (n + 1) * pixels] for n in range(count)]
        return tuple(np.packbits(one, bitorder="little").tobytes() for one in rows)
    if transfer_syntax == ExplicitVRBigEndian and ds.BitsAllocated == 16:
        data = np.frombuffer(data, ">u2").astype("<u2").tobytes()
    length = pixels * ds.BitsAllocated // 8
    return tuple(data[n * length : (n + 1) * length] for n in range(count))


def _decoded(frames: tuple[bytes, ...]) -> tuple[bytes, ...] | None:
    """By looking them up: the mock decodes no frames but those that the corpus made."""
    table = _table()
    found = tuple(table.get(one.rstrip(b"\0")) for one in frames)
    return None if any(one is None for one in found) else tuple(one for one in found if one)


@lru_cache(maxsize=1)
def _table() -> dict[bytes, bytes]:
    return {
        one.rstrip(b"\0"): native
        for kind in ("gray8", "gray12", "rgb")
        for uid in encoded_syntaxes(kind)
        for one, native in zip(encoded(kind, str(uid)).frames, native_frames(kind), strict=True)
    }


_UNKNOWN: Final = {"ISO_IR 203": "iso8859-15", "ISO 2022 IR 58": "gb2312"}


class Memory:
    """All instances, by UID, in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._instances: dict[tuple[str, str, str], Instance] = {}
        self.worklist = Worklist()
        self.commitments: dict[str, dict[str, object]] = {}

    def put(self, one: Instance) -> None:
        """Keep an instance; one under the same UIDs gives way."""
        with self._lock:
            self._instances[one.study, one.series, one.uid] = one

    def below(
        self, study: str | None = None, series: str | None = None, uid: str | None = None
    ) -> list[Instance]:
        """The instances of a resource; None is any."""
        with self._lock:
            everything = list(self._instances.values())
        return [
            one
            for one in everything
            if study in (None, one.study)
            and series in (None, one.series)
            and uid in (None, one.uid)
        ]

    def drop(self, gone: list[Instance]) -> None:
        """Delete instances."""
        with self._lock:
            for one in gone:
                self._instances.pop((one.study, one.series, one.uid), None)

    def __iter__(self) -> Iterator[Instance]:
        return iter(self.below())
