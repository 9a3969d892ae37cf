"""`imaging.write` and `imaging.byte_order`: what pydicom reads back, and what we read back."""

from __future__ import annotations

import io

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from imaging.byte_order import swap_words, to_little_endian
from imaging.data_set import Bulk, DataSet, Element
from imaging.part10 import open_data_set, read_header
from imaging.write import file_meta, part10_prefix, write_data_set, write_element
from tests.builders import bare, ct_data_set, ct_image


def rich_data_set() -> Dataset:
    """One element of every kind that byte order or VR treats in its own way."""
    inner = Dataset()
    inner.CodeValue = "CODE"
    inner.ReferencedFrameNumber = [1, 2]
    ds = ct_data_set(ReferencedPerformedProcedureStepSequence=[inner, Dataset()])
    ds.FrameIncrementPointer = [0x00181063, 0x00181065]
    ds.add_new(0x00186048, "UL", [1, 2**32 - 1])
    ds.add_new(0x00189459, "FL", 1.5)
    ds.add_new(0x00081163, "FD", [1.5, -2.5])
    ds.add_new(0x00280106, "US", 40_000)
    ds.add_new(0x00091001, "SS", -5)
    ds.add_new(0x00091002, "SL", -70_000)
    ds.add_new(0x00091003, "SV", -(2**40))
    ds.add_new(0x00091004, "UV", 2**40)
    ds.add_new(0x00091005, "UT", "text\\with backslash")
    ds.add_new(0x00091006, "UN", b"\1\2\3\4")
    return ds


def read(file: bytes) -> DataSet:
    return read_header(io.BytesIO(file)).data_set


def bulk_reader(file: bytes):
    stream = open_data_set(io.BytesIO(file), read_header(io.BytesIO(file)))

    def read_bulk(element: Element) -> bytes:
        assert element.bulk is not None
        stream.seek(element.bulk.offset)
        return stream.read(element.bulk.length)

    return read_bulk


@pytest.mark.parametrize("explicit", [True, False])
def test_a_written_data_set_is_what_pydicom_writes(explicit: bool) -> None:
    syntax = ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian
    expected = bare(rich_data_set_with_fixed_uids(), syntax)
    header = read_header(io.BytesIO(expected))
    assert write_data_set(header.data_set, explicit, bulk_reader(expected)) == expected


def rich_data_set_with_fixed_uids() -> Dataset:
    ds = rich_data_set()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = "1.2", "1.3", "1.4"
    return ds


def test_a_big_endian_data_set_is_written_little_endian() -> None:
    ds = rich_data_set()
    del ds.PixelData
    big, little = bare(ds, ExplicitVRBigEndian), bare(ds, ExplicitVRLittleEndian)
    assert read(big).little_endian is False
    assert write_data_set(read(big)) == little


def test_items_are_turned_too() -> None:
    inner = DataSet(little_endian=False)
    inner[0x00280010] = Element(0x00280010, "US", b"\1\2")
    turned = to_little_endian(Element(0x00081032, "SQ", items=[inner]))
    assert turned.items[0][0x00280010].value == b"\2\1"
    assert turned.items[0].little_endian


@given(st.binary(max_size=100), st.sampled_from([1, 2, 4, 8]))
def test_turning_words_twice_gives_the_same_bytes(value: bytes, length: int) -> None:
    assert swap_words(swap_words(value, length), length) == value


def test_elements_are_written_in_ascending_order() -> None:
    data_set = DataSet()
    for tag in (0x00100020, 0x00080060, 0x00100010):
        data_set[tag] = Element(tag, "LO", b"ab")
    assert list(read(b"\0" * 128 + b"DICM" + write_data_set(data_set))) == sorted(data_set)


@pytest.mark.parametrize(("vr", "pad"), [("LO", b" "), ("UI", b"\0"), ("OB", b"\0")])
def test_odd_values_are_padded(vr: str, pad: bytes) -> None:
    assert write_element(Element(0x00091001, vr, b"123")).endswith(b"123" + pad)


def test_a_value_too_long_for_its_vr_is_written_as_un() -> None:
    written = write_element(Element(0x00091001, "LO", b"x" * 70_000))
    assert written[4:12] == b"UN\0\0" + (70_000).to_bytes(4, "little")


def test_fragments_are_written_with_their_delimiter() -> None:
    file = ct_image(JPEG2000Lossless, frames=[b"abcd", b"efgh"])
    header = read_header(io.BytesIO(file))
    assert (
        write_data_set(header.data_set, True, bulk_reader(file)) == file[header.data_set_offset :]
    )


def test_a_value_left_in_a_file_cannot_be_written_without_a_reader() -> None:
    with pytest.raises(ValueError, match="read_bulk"):
        write_element(Element(0x7FE00010, "OW", bulk=Bulk(0, 8)))


def test_a_prefix_makes_a_data_set_a_file() -> None:
    ds = ct_data_set()
    prefix = part10_prefix(ds.SOPClassUID, ds.SOPInstanceUID, ExplicitVRLittleEndian, "SENDER")
    read_back = pydicom.dcmread(io.BytesIO(prefix + bare(ds)))
    assert read_back == ds
    meta = read_back.file_meta
    assert meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert meta.SourceApplicationEntityTitle == "SENDER"
    assert meta.ImplementationClassUID.is_valid


def test_the_group_length_counts_the_file_meta() -> None:
    meta = file_meta("1.2.3", "1.2.3.4", ExplicitVRLittleEndian)
    assert int.from_bytes(meta[8:12], "little") == len(meta) - 12
