"""The second pass finds what is left in a file, wherever it is, and takes no noise for a name."""

from __future__ import annotations

import time
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit

from imaging.deidentify.needles import Needles, needles_of
from imaging.deidentify.sought import Sought
from imaging.deidentify.spellings import Identity, dates, names, numbers
from imaging.deidentify.verify import search
from tests.builders import ct_data_set, part10

IDENTITY = Identity(
    frozenset(
        [
            *names(["Großmann^Sören=李^明", "Head^Al", "Иванов^Пётр"]),
            *numbers(["PID-0012345"]),
            *dates(["19700131"]),
        ]
    )
)
UIDS = frozenset({"1.2.826.0.1.999.77"})


def clean_ct(**overrides: Any) -> Dataset:
    """An image in which nobody is named."""
    nothing = {
        "PatientName": "ABC",
        "PatientID": "ABC",
        "PatientBirthDate": "",
        "StudyDescription": "CT",
    }
    return ct_data_set(**{**nothing, **overrides})


def found(ds: Dataset, syntax: str = "1.2.840.10008.1.2.1") -> set[tuple[str, str]]:
    file = BytesIO(part10(ds, syntax))
    return {(one.where, one.kind) for one in search(file, IDENTITY, UIDS)}


def test_a_clean_file_is_clean() -> None:
    assert not found(clean_ct())


@pytest.mark.parametrize(
    ("keyword", "value", "kind"),
    [
        ("StudyDescription", "for Grossmann", "name"),
        ("StudyDescription", "grossmann_soren", "name"),
        ("ImageComments", "李明 was here", "name"),
        ("ImageComments", "ИВАНОВ", "name"),
        ("ImageComments", "Head, Al", "name"),
        ("AccessionNumber", "12345", "number"),
        ("StudyDescription", "born 31.01.1970", "date"),
        ("ContentDate", "19700131", "date"),
        ("FrameOfReferenceUID", "1.2.826.0.1.999.77", "uid"),
    ],
)
def test_what_is_left_in_an_element_is_found(keyword: str, value: str, kind: str) -> None:
    assert (keyword, kind) in found(clean_ct(**{keyword: value}))


def test_it_is_found_inside_of_sequences_private_elements_and_deflated_files() -> None:
    item = Dataset()
    item.CodeMeaning = "Grossmann"
    ds = clean_ct(ProcedureCodeSequence=Sequence([item]))
    assert ("ProcedureCodeSequence.CodeMeaning", "name") in found(ds)
    ds = clean_ct()
    ds.private_block(0x0029, "ACME", create=True).add_new(1, "OB", "xx Großmann xx".encode())
    assert ("bytes", "name") in found(ds)
    assert ("bytes", "name") in found(ds, DeflatedExplicitVRLittleEndian)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso8859-5", "euc_kr", "gb18030"]
)
def test_bytes_are_searched_in_every_encoding(encoding: str) -> None:
    text = "Großmann" if encoding in ("utf-8", "latin-1") else "GROSSMANN"
    text = "Иванов Пётр" if encoding == "iso8859-5" else text
    ds = clean_ct()
    ds.private_block(0x0029, "ACME", create=True).add_new(
        1, "OB", b"\1\2\3" + text.encode(encoding) + b"\4"
    )
    assert ("bytes", "name") in found(ds)


def test_a_comment_in_a_codestream_is_found() -> None:
    frame = b"\xff\xd8\xff\xfe\0\x0eGROSSMANN 1" + bytes(40)
    ds = clean_ct(PixelData=encapsulate([frame]))
    assert ("bytes", "name") in found(ds, JPEGBaseline8Bit)


def test_a_common_name_is_not_found_in_terms_of_the_standard() -> None:
    assert not found(clean_ct(BodyPartExamined="HEAD"))


def test_a_preamble_is_found() -> None:
    file = bytearray(part10(clean_ct()))
    file[3] = 7
    assert [one.where for one in search(BytesIO(bytes(file)), IDENTITY, UIDS)] == ["preamble"]


def test_noise_and_ramps_and_long_numbers_are_nobody() -> None:
    noise = np.random.default_rng(1).integers(48, 58, 4_000_000, np.uint8).tobytes()
    letters = np.random.default_rng(2).integers(97, 123, 4_000_000, np.uint8).tobytes()
    ramp = bytes(range(256)) * 100
    for pixels in (noise, letters, ramp):
        assert not found(clean_ct(PixelData=pixels))
    assert not found(clean_ct(StudyInstanceUID="2.25.991970013188"))


def test_a_finding_tells_no_value() -> None:
    file = BytesIO(part10(clean_ct(StudyDescription="Grossmann")))
    assert "rossmann" not in repr(search(file, IDENTITY, UIDS)).lower()


def test_bytes_are_searched_fast() -> None:
    texts = [("name", text) for text in IDENTITY.texts() if " " not in text]
    needles = Needles(needles_of(texts))
    data = np.random.default_rng(3).integers(0, 256, 32 << 20, np.uint8).tobytes()
    needles.kinds_in(data[: 1 << 20])
    start = time.process_time()
    needles.kinds_in(data)
    assert len(data) / (time.process_time() - start) > 40e6


@pytest.mark.parametrize("at", range(8))
def test_a_needle_is_found_wherever_it_begins(at: int) -> None:
    needles = Needles(needles_of([("number", "pid-12345")]))
    for text in (b"PID-12345", "Pid-12345".encode("utf-16-le"), "pid-12345".encode("utf-16-be")):
        assert needles.kinds_in(b"\x07" * at + text + b"\x07" * (7 - at)) == {"number"}
        assert needles.kinds_in(b"\x07" * at + text) == {"number"}
        assert not needles.kinds_in(b"\x07" * at + text[1:] + b"\x07")
    assert not needles.kinds_in(b"pid-123456")


def test_needles_too_short_for_pixels_are_left_out_there() -> None:
    needles = Needles(needles_of([("number", "pid-12345"), ("place", "saint elsewhere")]))
    long = needles.of_at_least(12)
    assert needles.kinds_in(b"pid-12345 saint elsewhere") == {"number", "place"}
    assert long.kinds_in(b"pid-12345 saint elsewhere") == {"place"}
    assert not Needles({}).kinds_in(b"pid-12345 saint elsewhere")


TEXTS = st.text(st.sampled_from("grossman HEADalßẞéЙйИванов李明0123/.-^_\xad½"), max_size=24)


@settings(max_examples=200)
@given(st.sets(TEXTS, max_size=4), st.booleans())
def test_texts_that_are_quiet_together_are_quiet_alone(texts: set[str], free: bool) -> None:
    sought = Sought(IDENTITY, UIDS)
    found = {
        text for text in texts if any(sought.kinds_in(text, free=free)) or sought.has_date(text)
    }
    assert not found or not sought.is_quiet(texts, free=free)
    # What was seen once is remembered, and a text that is not quiet is not.
    assert not found or not sought.is_quiet(texts, free=free)


@pytest.mark.parametrize("free", [True, False])
@pytest.mark.parametrize(
    "text", ["Grossmann", "xGrossmann Soren", "born 31.01.1970", "Иванов", "PID-0012345"]
)
def test_one_loud_text_among_many_is_heard(text: str, free: bool) -> None:
    sought = Sought(IDENTITY, UIDS)
    many = {f"QUIET {number}" for number in range(50)}
    assert sought.is_quiet(many, free=free)
    assert not sought.is_quiet(many | {text}, free=free)
