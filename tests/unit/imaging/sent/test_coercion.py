"""What is replaced is remembered."""

from __future__ import annotations

from datetime import UTC, datetime

from imaging.data_set import DataSet, Element
from imaging.sent.coercion import COERCE, CORRECT, replace_elements

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PATIENT_ID, PHOTOMETRIC, ORIGINAL = 0x00100020, 0x00280004, 0x04000561


def data_set(*elements: Element) -> DataSet:
    made = DataSet()
    made.update((element.tag, element) for element in elements)
    return made


def test_a_replaced_value_stands_in_original_attributes() -> None:
    ds = data_set(Element(PATIENT_ID, "LO", b"old "))
    assert replace_elements(ds, [Element(PATIENT_ID, "LO", b"new ")], COERCE, NOW) == [PATIENT_ID]
    [item] = ds.sequence(ORIGINAL)
    assert item.sequence(0x04000550)[0].text(PATIENT_ID) == "old"
    assert item.text(0x04000562) == "20260102030405.000000+0000"
    assert (item.text(0x04000563), item.text(0x04000565)) == ("DicomTube", "COERCE")
    # Source of Previous Values is of type 2: there, and empty.
    assert item[0x04000564].value == b""
    assert ds.text(PATIENT_ID) == "new"


def test_what_was_missing_empty_or_the_same_is_no_change() -> None:
    ds = data_set(Element(PATIENT_ID, "LO", b""), Element(PHOTOMETRIC, "CS", b"RGB "))
    news = [
        Element(PATIENT_ID, "LO", b"1 "),
        Element(PHOTOMETRIC, "CS", b"RGB "),
        Element(0x00280002, "US", b"\3\0"),
    ]
    assert replace_elements(ds, news, CORRECT, NOW) == []
    assert ORIGINAL not in ds
    assert ds.integer(0x00280002) == 3


def test_what_others_recorded_stays() -> None:
    before = data_set(Element(0x04000563, "LO", b"before"))
    ds = data_set(Element(PATIENT_ID, "LO", b"old "), Element(ORIGINAL, "SQ", items=[before]))
    replace_elements(ds, [Element(PATIENT_ID, "LO", b"new ")], CORRECT, NOW)
    systems = [item.text(0x04000563) for item in ds.sequence(ORIGINAL)]
    assert systems == ["before", "DicomTube"]
