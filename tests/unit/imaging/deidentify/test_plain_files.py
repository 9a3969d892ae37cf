"""What is read the plain way is what pydicom reads; everything else is left to pydicom."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from imaging.deidentify.plain_files import NotPlain, read_plain
from tests.builders import ct_data_set, part10


def nested() -> Dataset:
    """An image with sequences in sequences."""
    inner, outer = Dataset(), Dataset()
    inner.CodeMeaning = "inner"
    outer.CodeMeaning = "outer"
    outer.PurposeOfReferenceCodeSequence = Sequence([inner, Dataset()])
    return ct_data_set(ProcedureCodeSequence=Sequence([outer]))


def tags_of(ds: Dataset) -> list[int]:
    """All tags as pydicom has them, those of sequences before what is in them left out."""
    found = []
    for element in ds:
        if element.VR == "SQ":
            found += [tag for item in element.value for tag in tags_of(item)]
        elif element.keyword != "PixelData":
            found.append(int(element.tag))
    return found


@pytest.mark.parametrize("undefined", [False, True])
def test_the_elements_are_those_that_pydicom_reads(undefined: bool) -> None:
    ds = nested()
    for sequence in (ds["ProcedureCodeSequence"], *_inner(ds)):
        sequence.is_undefined_length = undefined
        for item in sequence.value:
            item.is_undefined_length_sequence_item = undefined
    data = part10(ds)
    leaves, end = read_plain(data)
    read = pydicom.dcmread(BytesIO(data))
    assert [tag for tag, _, _ in leaves] == tags_of(read.file_meta) + tags_of(read)
    assert struct.unpack_from("<HH", data, end) == (0x7FE0, 0x0010)


def _inner(ds: Dataset) -> list[pydicom.DataElement]:
    return [ds.ProcedureCodeSequence[0]["PurposeOfReferenceCodeSequence"]]


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_another_transfer_syntax_is_not_plain(syntax: str) -> None:
    with pytest.raises(NotPlain):
        read_plain(part10(nested(), syntax))


def test_unknown_vrs_and_lengths_that_lie_are_not_plain() -> None:
    data = part10(nested())
    at = data.index(b"LO", 400)
    with pytest.raises(NotPlain):
        read_plain(data[:at] + b"UN" + data[at + 2 :])
    with pytest.raises(NotPlain):
        read_plain(data[:at] + b"LO\xff\xff" + data[at + 4 :])
    with pytest.raises(NotPlain):
        read_plain(data[:at])


@given(st.binary(max_size=200), st.integers(0, 600))
def test_whatever_the_bytes_are_it_ends(noise: bytes, at: int) -> None:
    data = part10(nested())
    with suppress(NotPlain):
        read_plain(data[:at] + noise + data[at + len(noise) :])
