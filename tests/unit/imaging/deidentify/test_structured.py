"""Reports keep what they say of images and lose what they say of people."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from imaging.deidentify.profile import Option
from imaging.deidentify.uids import map_uid
from tests.builders import ct_data_set
from tests.unit.imaging.deidentify.test_engine import SECRET, cleaned

SR = "1.2.840.10008.5.1.4.1.1.88.33"
IMAGE = "1.2.826.0.1.999.5"
CLEAN = (Option.CLEAN_STRUCTURED_CONTENT, Option.CLEAN_DESCRIPTORS)


def code(value: str, scheme: str = "DCM", meaning: str = "Finding") -> Sequence:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return Sequence([ds])


def item(
    value_type: str, concept: str, children: tuple[Dataset, ...] = (), **value: Any
) -> Dataset:
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = "CONTAINS", value_type
    ds.ConceptNameCodeSequence = code(concept)
    for keyword, each in value.items():
        setattr(ds, keyword, each)
    if children:
        ds.ContentSequence = Sequence(children)
    return ds


def image() -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    reference.ReferencedSOPInstanceUID = IMAGE
    return item("IMAGE", "121112", ReferencedSOPSequence=Sequence([reference]))


def report(*items: Dataset) -> Dataset:
    return ct_data_set(
        SOPClassUID=SR, Modality="SR", ValueType="CONTAINER", PixelData=None, Rows=None,
        ConceptNameCodeSequence=code("126000"), ContentSequence=Sequence(items),
    )  # fmt: skip


def by_reference(*path: int) -> Dataset:
    ds = Dataset()
    ds.RelationshipType = "INFERRED FROM"
    ds.ReferencedContentItemIdentifier = list(path)
    return ds


def test_without_the_option_the_references_are_left_and_no_word() -> None:
    ds = cleaned(report(item("TEXT", "121071", TextValue="Axial"), image()))
    (only,) = ds.ContentSequence
    assert only.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == map_uid(SECRET, "c", IMAGE)
    ds = cleaned(report(item("TEXT", "121071", TextValue="Doe has it")))
    assert [each.TextValue for each in ds.ContentSequence] == ["ANONYMIZED"]


def test_text_keeps_the_words_of_the_trade() -> None:
    said = item("TEXT", "121071", TextValue="Nodule in right lung of Jane Doe, seen by Huber")
    (left,) = cleaned(report(said), *CLEAN).ContentSequence
    assert left.TextValue == "Nodule in right lung of [REMOVED], seen by [REMOVED]"


@pytest.mark.parametrize(
    ("value_type", "value", "expected"),
    [
        ("PNAME", {"PersonName": "Roe^Rick"}, "Anonymized"),
        ("DATE", {"Date": "20200101"}, "19000101"),
        ("DATETIME", {"DateTime": "20200101101500"}, "19000101"),
        ("UIDREF", {"UID": "1.2.3.4"}, "2.25."),
    ],
)
def test_values_of_each_type_say_nothing(
    value_type: str, value: dict[str, str], expected: str
) -> None:
    (left,) = cleaned(report(item(value_type, "999999", **value)), *CLEAN).ContentSequence
    assert str(left[next(iter(value))].value).startswith(expected)


def test_dates_are_shifted_or_kept_as_the_option_says() -> None:
    dated = report(item("DATE", "999999", Date="20200101"))
    (left,) = cleaned(dated, *CLEAN, Option.RETAIN_LONG_MODIFIED_DATES).ContentSequence
    assert left.Date not in ("20200101", "19000101")
    (left,) = cleaned(dated, *CLEAN, Option.RETAIN_LONG_FULL_DATES).ContentSequence
    assert left.Date == "20200101"


@pytest.mark.parametrize("concept", ["999999", "112227"])
def test_uids_that_items_refer_to_are_retained_with_the_others(concept: str) -> None:
    said = report(item("UIDREF", concept, UID="1.2.3.4"))
    (left,) = cleaned(said, *CLEAN, Option.RETAIN_UIDS).ContentSequence
    assert left.UID == "1.2.3.4"


@pytest.mark.parametrize(
    ("scheme", "value"),
    [("SCT", "160476009"), ("SRT", "F-02455"), ("99SDM", "F-02455"), ("NCDR[2.0b]", "53")],
)
def test_concepts_are_known_by_their_former_codes(scheme: str, value: str) -> None:
    gone = item("TEXT", "121071", TextValue="Lung")
    gone.ConceptNameCodeSequence = code(value, scheme)
    kept = item("NUM", "121206")
    only = (Option.CLEAN_STRUCTURED_CONTENT,)
    assert len(cleaned(report(gone, kept), *only).ContentSequence) == 1


def test_an_item_of_a_concept_that_the_table_removes_is_gone_with_all_below_it() -> None:
    below = item("TEXT", "121071", TextValue="Lung")
    gone = item("TEXT", "110190", (below,), TextValue="Issuer")
    kept = item("NUM", "121206")
    assert len(cleaned(report(gone, kept), *CLEAN).ContentSequence) == 1


def test_references_to_items_follow_them_or_go_with_them() -> None:
    gone = item("TEXT", "110190", TextValue="x")
    target = item("NUM", "121206")
    ds = cleaned(
        report(gone, target, item("CONTAINER", "121070", (by_reference(1, 2), by_reference(1, 1)))),
        *CLEAN,
    )
    (only,) = ds.ContentSequence[1].ContentSequence
    assert only.ReferencedContentItemIdentifier == [1, 1]


def test_codes_of_public_schemes_stay_and_those_of_others_are_words() -> None:
    public = item("CODE", "121071", ConceptCodeSequence=code("39607008", "SCT", "Lung structure"))
    local = item("CODE", "121071", ConceptCodeSequence=code("77", "99LOCAL", "Huber protocol"))
    one, other = cleaned(report(public, local), *CLEAN).ContentSequence
    assert one.ConceptCodeSequence[0].CodeMeaning == "Lung structure"
    assert other.ConceptCodeSequence[0].CodeMeaning == "[REMOVED] protocol"


def test_a_deep_tree_is_no_trouble() -> None:
    leaf = item("TEXT", "121071", TextValue="Doe")
    for _ in range(25):
        leaf = item("CONTAINER", "121070", (leaf,))
    assert "Doe" not in str(cleaned(report(leaf), *CLEAN))
