"""The root of a case that is still to be found out: what is told of its images has no words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary

from archive.attributes import Level
from dicomweb.errors import Refusal
from dicomweb.query import parse_query
from dicomweb.routes import ROUTES
from dicomweb.silence import WORDLESS, check_bulk, check_resource, check_search, wordless

CANARY = "ZEBRAFINCH"
TEXT_VRS = ("AE", "AS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")


def said(vr: str, word: str) -> dict[str, object]:
    value: object = {"Alphabetic": word} if vr == "PN" else word
    return {"vr": vr, "Value": [value]}


def public_elements(*vrs: str) -> dict[str, str]:
    found = {f"{tag:08X}": entry[0] for tag, entry in DicomDictionary.items()}
    return {tag: vr for tag, vr in found.items() if vr in vrs and tag[:4] != "0002"}


def test_no_attribute_of_the_dictionary_that_holds_free_words_is_told() -> None:
    document = {tag: said(vr, CANARY) for tag, vr in public_elements(*TEXT_VRS).items()}
    assert len(document) > 700
    told = wordless(document)
    assert set(told) <= {"00480106"}, "the identifier of an optical path, which frames refer to"


def test_no_sequence_carries_words_or_codes() -> None:
    item = {"00080100": said("SH", CANARY), "00080104": said("LO", CANARY)}
    document = {tag: {"vr": "SQ", "Value": [item]} for tag in public_elements("SQ")}
    assert CANARY not in json.dumps(wordless(document))
    nested = {"52009229": {"vr": "SQ", "Value": [document]}}
    assert CANARY not in json.dumps(wordless(nested))


def test_what_is_no_number_uid_or_date_is_not_told_under_their_names() -> None:
    vrs = ("UI", "DA", "TM", "DT", "DS", "IS", "AT", "US", "FD")
    document = {tag: said(vr, CANARY) for tag, vr in public_elements(*vrs).items()}
    assert wordless(document) == {}


@given(st.dictionaries(
    st.from_regex(r"[0-9A-F]{3}[13579BDF][0-9A-F]{4}", fullmatch=True),
    st.sampled_from([said("DS", "1"), said("LO", CANARY), {"vr": "UN", "InlineBinary": "AA=="}]),
))  # fmt: skip
def test_nothing_private_is_told(document: dict[str, object]) -> None:
    assert wordless(document) == {}  # type: ignore[arg-type]


def test_what_a_viewer_needs_is_told_as_it_is() -> None:
    document = {
        "00080008": {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY", "AXIAL"]},
        "00080018": said("UI", "1.2.3"),
        "00080060": said("CS", "CT"),
        "00200032": {"vr": "DS", "Value": [1.5, "-2e1", 0]},
        "00280010": {"vr": "US", "Value": [512]},
        "00281050": {"vr": "DS"},
        "00281201": {"vr": "OW", "BulkDataURI": "http://here/1"},
        "00283010": {"vr": "SQ", "Value": [{"00283002": {"vr": "US", "Value": [256, 0, 16]}}]},
        "7FE00010": {"vr": "OW", "BulkDataURI": "http://here/2"},
    }
    assert wordless(document) == document
    kinds = {"00080008": {"vr": "CS", "Value": ["DERIVED", CANARY]}}
    assert wordless(kinds) == {"00080008": {"vr": "CS", "Value": ["DERIVED"]}}


@pytest.mark.parametrize("path", ["7FE00010", "00283010/1/00283006", "00281201"])
def test_pixels_and_their_tables_are_given(path: str) -> None:
    check_bulk(path)


@pytest.mark.parametrize("path", ["00420011", "00104000", "60003000", "00091010", "x"])
def test_other_bytes_wait(path: str) -> None:
    with pytest.raises(Refusal):
        check_bulk(path)


@pytest.mark.parametrize(
    "query",
    ["StudyInstanceUID=1.2&Modality=CT", "limit=3&includefield=all", "SeriesNumber=2",
     "StudyDate=20200101-", "00080060=MR&offset=2", "StudyInstanceUID=1.2,1.3"],
)  # fmt: skip
def test_searches_of_viewers_are_answered(query: str) -> None:
    check_search(parse_query(query, Level.SERIES).search)


@pytest.mark.parametrize(
    "query",
    ["StudyDescription=Z*", "PatientName=Z*", "BodyPartExamined=HEAD", "00091010=Z",
     "ProcedureCodeSequence.CodeMeaning=Z", "PatientID=Z", "fuzzymatching=true&PatientName=z"],
)  # fmt: skip
def test_searches_for_words_are_refused(query: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_search(parse_query(query, Level.STUDY).search)
    assert "Z" not in str(refused.value)


def test_every_resource_that_gives_whole_files_or_reports_waits() -> None:
    refused = set()
    for route in ROUTES:
        try:
            check_resource(route.resource)
        except Refusal:
            refused.add(route.resource)
    assert refused - WORDLESS >= {
        "study", "series", "instance", "all bulkdata", "rendered study", "rendered series", "uri",
        "store", "erase", "commitment request", "commitment result",
    }  # fmt: skip
