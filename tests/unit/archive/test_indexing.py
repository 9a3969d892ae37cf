"""From a data set to columns: normalised, bounded, harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.attributes import Level, search_columns
from archive.indexing import index_values, split_document
from archive.values import MAX_COLUMN_BYTES, decode, encode, normalise
from imaging.data_set import DataSet, Element


def _data_set(**elements: tuple[int, str, bytes]) -> DataSet:
    made = DataSet(charsets=("ISO_IR 192",))
    for tag, vr, value in elements.values():
        made[tag] = Element(tag, vr, value)
    return made


def test_every_column_is_there_and_says_what_the_file_says() -> None:
    item = _data_set(id=(0x00400009, "SH", b"S1"))
    made = _data_set(
        name=(0x00100010, "PN", "Müller^Jörg ".encode()),
        id=(0x00100020, "LO", b" A\\B "),
        day=(0x00080020, "DA", b"2020.01.02"),
        time=(0x00080030, "TM", b"1015"),
        number=(0x00200013, "IS", b"+007 "),
        rows=(0x00280010, "US", b"\x00\x02"),
    )
    made[0x00400275] = Element(0x00400275, "SQ", items=[item])
    values = index_values(made)
    assert tuple(values.study) == search_columns(Level.STUDY)
    assert tuple(values.series) == search_columns(Level.SERIES)
    assert tuple(values.instance) == search_columns(Level.INSTANCE)
    assert values.study["patient_name"] == "muller^jorg"
    assert decode(values.study["patient_id"]) == ["A", "B"]
    assert (values.study["study_date"], values.study["study_time"]) == ("20200102", "101500.000000")
    assert values.series["scheduled_procedure_step_id"] == "S1"
    assert (values.instance["instance_number"], values.instance["image_rows"]) == ("7", "512")
    assert values.study["accession_number"] == ""


TAGS = {"PN": 0x00100010, "LO": 0x00100020, "SH": 0x00080050, "DA": 0x00080020, "TM": 0x00080030}


@given(st.sampled_from(sorted(TAGS)), st.binary(max_size=3_000))
def test_hostile_values_become_columns_that_both_databases_take(vr: str, value: bytes) -> None:
    made = _data_set(one=(TAGS[vr], vr, value))
    for columns in (index_values(made).study, index_values(made).series):
        for text in columns.values():
            assert len(text.encode()) <= MAX_COLUMN_BYTES
            assert "\0" not in text


def test_a_thousand_values_and_items_are_bounded() -> None:
    made = _data_set(ids=(0x00100020, "LO", b"\\".join(b"%064d" % n for n in range(5_000))))
    items = [_data_set(id=(0x00400009, "SH", b"%016d" % n)) for n in range(5_000)]
    made[0x00400275] = Element(0x00400275, "SQ", items=items)
    values = index_values(made)
    assert 10 < len(decode(values.study["patient_id"])) < 100
    assert len(values.series["scheduled_procedure_step_id"].encode()) <= MAX_COLUMN_BYTES


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=5))
def test_what_goes_into_a_column_comes_out(values: list[str]) -> None:
    short = [value[:50] for value in values]
    assert decode(encode(short)) == short


@pytest.mark.parametrize(
    ("vr", "text", "comparable"),
    [
        ("DA", "20200230", ["20200230"]),
        ("DA", "2020", []),
        ("DA", "20201301", []),
        ("TM", "10:15:30.5", ["101530.500000"]),
        ("TM", "99", []),
        ("DT", "202001011200+0100", ["20200101110000.000000"]),
        ("IS", "1e400", []),
        ("DS", "1.50", ["1.5"]),
        ("DS", "2.0", ["2"]),
        ("LO", "a\x00b", ["a b"]),
        ("LO", "\ud800x", ["x"]),
        ("IS", "9" * 5_000, []),
    ],
)
def test_a_value_has_one_comparable_form(vr: str, text: str, comparable: list[str]) -> None:
    assert normalise(vr, text) == comparable


def test_a_document_is_split_by_the_table() -> None:
    whole = {
        "00100010": {"vr": "PN"},
        "00080060": {"vr": "CS", "Value": ["CT"]},
        "00080018": {"vr": "UI", "Value": ["1.2"]},
        "00091001": {"vr": "LO"},
    }
    study, series = split_document(whole)
    assert (set(study), set(series)) == ({"00100010"}, {"00080060"})
