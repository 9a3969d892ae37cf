"""Part 10 files that a server answers: read within bounds, and compared with what was stored.

References
----------
PS3.10 7.1 (file meta information), PS3.5 A.4 (encapsulated pixel data).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from conformance.corpus.making import Made
from conformance.data_sets import tag_of
from conformance.verdicts import Failed, expect

PIXEL_DATA: Final = "7FE00010"
OF_THE_ENCODING: Final = frozenset(
    {
        PIXEL_DATA,
        "7FE00001",
        "7FE00002",
        "00280004",
        "00280006",
        "00282110",
        "00282112",
        "00282114",
    }
)
"""What may change when pixel data are encoded anew (PS3.5 8.2, PS3.3 C.7.6.1.1.5)."""


@dataclass(frozen=True, slots=True)
class File:
    """A Part 10 file from an answer."""

    data_set: FileDataset
    transfer_syntax: UID
    data: bytes

    @property
    def instance_uid(self) -> str:
        """Its SOP Instance UID."""
        return str(self.data_set.get("SOPInstanceUID", ""))


def read_file(data: bytes, whose: str) -> File:
    """Read a file that an answer holds.

    Raises
    ------
    Failed
        It is none, or its File Meta Information lacks what PS3.10 demands.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = dcmread(io.BytesIO(data))
            for _ in ds.iterall():
                pass
    except (InvalidDicomError, OSError, ValueError, KeyError, AttributeError, EOFError) as error:
        raise Failed(f"{whose} answered what is no DICOM file: {error}") from error
    syntax = ds.file_meta.get("TransferSyntaxUID")
    expect(syntax, f"{whose} answered a file without Transfer Syntax UID (0002,0010)")
    return File(ds, UID(syntax), data)


def changed(
    made: Made, file: File, *, pixels: bool = True, without: frozenset[str] = frozenset()
) -> Iterator[str]:
    """What differs between an instance that was stored and one that came back.

    Parameters
    ----------
    pixels
        Whether the pixel data must be the same bytes, too.
    without
        Tags of elements that may differ.
    """
    if not pixels:
        without |= OF_THE_ENCODING
    yield from _changed(made.data_set, file.data_set, without, "")


def _changed(stored: Dataset, found: Dataset, without: frozenset[str], at: str) -> Iterator[str]:
    for element in stored:
        tag = tag_of(element)
        if tag in without or tag == "00080005":
            continue
        if element.tag not in found:
            yield f"({at}{tag}) is missing"
        elif element.VR == "SQ":
            items = found[element.tag].value
            if len(items) != len(element.value):
                yield f"({at}{tag}) has {len(items)} items, stored were {len(element.value)}"
                continue
            for number, (left, right) in enumerate(zip(element.value, items, strict=True), 1):
                yield from _changed(left, right, without, f"{at}{tag}[{number}].")
        elif _plain(found[element.tag].value) != _plain(element.value):
            yield f"({at}{tag}) has another value"


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.rstrip(b"\0")
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value.rstrip(" \0")
    if hasattr(value, "__iter__"):
        return [_plain(one) for one in value]
    return str(value) if hasattr(value, "original_string") else value


def expect_unchanged(
    made: Made, file: File, *, pixels: bool = True, without: frozenset[str] = frozenset()
) -> None:
    """The file holds what was stored.

    Raises
    ------
    Failed
        It does not; the sentence names the first few differences.
    """
    found = list(changed(made, file, pixels=pixels, without=without))
    expect(not found, f"instance {made.name} came back otherwise: {'; '.join(found[:5])}")


def frames_in(file: File, number: int) -> tuple[bytes, ...]:
    """The frames of a file's pixel data, native or encapsulated.

    Raises
    ------
    Failed
        The pixel data cannot be taken apart.
    """
    ds = file.data_set
    expect("PixelData" in ds, "the instance came back without pixel data")
    try:
        if file.transfer_syntax.is_encapsulated:
            return tuple(generate_frames(ds.PixelData, number_of_frames=number))
    except (ValueError, IndexError) as error:
        raise Failed(f"its encapsulated pixel data cannot be taken apart: {error}") from error
    length = len(ds.PixelData) // number
    return tuple(ds.PixelData[n * length : (n + 1) * length] for n in range(number))
