"""What instances say of their study and series is made once, and never that of another study."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from archive.attributes import Level
from archive.documents import unpack_document
from archive.indexing import index_values, split_document
from archive.level_facts import level_facts, max_remembered_bytes
from imaging.data_set import Bulk, DataSet, Element
from imaging.json_model import to_json

PATIENT_NAME, PATIENT_ID, INSTANCE_NUMBER = 0x00100010, 0x00100020, 0x00200013
REQUEST, PROCEDURE_ID, SERIES_NUMBER = 0x00400275, 0x00401001, 0x00200011


def said(name: bytes = b"DOE^J", procedure: bytes = b"P1", **changes: Any) -> DataSet:
    made = DataSet(charsets=changes.pop("charsets", ()))
    item = DataSet()
    item[PROCEDURE_ID] = Element(PROCEDURE_ID, "SH", procedure)
    made[PATIENT_NAME] = Element(PATIENT_NAME, "PN", name)
    made[PATIENT_ID] = Element(PATIENT_ID, "LO", changes.pop("patient_id", b"1"))
    made[SERIES_NUMBER] = Element(SERIES_NUMBER, "IS", b"4 ")
    made[INSTANCE_NUMBER] = Element(INSTANCE_NUMBER, "IS", changes.pop("number", b"1 "))
    made[REQUEST] = Element(REQUEST, "SQ", items=[item])
    return made


def facts(level: Level, data_set: DataSet) -> tuple[dict[str, str], dict[str, Any]]:
    made = level_facts(level, data_set, to_json(data_set))
    return dict(made.columns), unpack_document(made.document)


def expected(level: Level, data_set: DataSet) -> tuple[dict[str, str], dict[str, Any]]:
    study, series = split_document(to_json(data_set))
    columns = index_values(data_set)
    return (columns.study, study) if level is Level.STUDY else (columns.series, series)


def test_instances_that_say_the_same_share_what_is_made_of_it() -> None:
    first, second = said(number=b"1 "), said(number=b"2 ")
    made = level_facts(Level.SERIES, first, to_json(first))
    assert level_facts(Level.SERIES, second, to_json(second)) is made


TEXTS = st.sampled_from([b"", b"DOE^J", b"DOE^J ", b"M\xfcller", b"A\\B", b"x" * 70])


@given(TEXTS, TEXTS, TEXTS, st.sampled_from([(), ("ISO_IR 100",), ("ISO_IR 192",)]))
def test_what_is_remembered_is_what_would_be_made(
    name: bytes, patient_id: bytes, procedure: bytes, charsets: tuple[str, ...]
) -> None:
    data_set = said(name, procedure, patient_id=patient_id, charsets=charsets)
    for level in (Level.STUDY, Level.SERIES):
        assert facts(level, data_set) == expected(level, data_set)


def test_the_same_bytes_in_another_character_set_are_another_name() -> None:
    for charset in ("ISO_IR 100", "ISO_IR 144"):
        data_set = said(b"\xc0\xc1", charsets=(charset,))
        assert facts(Level.STUDY, data_set) == expected(Level.STUDY, data_set)


def test_what_is_long_or_not_in_memory_is_made_each_time() -> None:
    long = said(patient_id=b"1" * (max_remembered_bytes + 1))
    apart = said()
    apart[PATIENT_ID] = Element(PATIENT_ID, "LO", bulk=Bulk(100, 5000))
    for data_set in (long, apart):
        made = level_facts(Level.STUDY, data_set, to_json(data_set))
        assert level_facts(Level.STUDY, data_set, to_json(data_set)) is not made
        assert facts(Level.STUDY, data_set) == expected(Level.STUDY, data_set)
