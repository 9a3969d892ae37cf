"""A report's whole content tree is read: every value type, relationship and reference."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from imaging.documents import model as documents
from imaging.documents.html import to_html, to_xml
from imaging.documents.model import Block, Document, from_json, to_json
from imaging.documents.plain import to_text
from imaging.documents.structure_set import read_structure_set
from imaging.documents.structured_report import read_report
from imaging.errors import LimitExceeded
from imaging.json_model import to_json as to_model
from imaging.part10 import read_header
from tests.builders import part10
from tests.documents import (
    code,
    image_reference,
    item,
    numeric,
    report,
    without_pixels,
)


def read(*content: Dataset, **overrides: Any) -> Document:
    file = report(*content, **overrides)
    return read_report(to_model(read_header(BytesIO(file)).data_set))


def said(*content: Dataset, **overrides: Any) -> str:
    return to_text(read(*content, **overrides)).decode()


def _of(**values: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def _waveform() -> Dataset:
    referenced = _of(
        ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.9.1.1",
        ReferencedSOPInstanceUID="1.2.3",
        ReferencedWaveformChannels=[1, 2],
    )
    return item("WAVEFORM", "Trace", ReferencedSOPSequence=Sequence([referenced]))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (item("TEXT", "Finding", TextValue="Nothing seen"), "Finding: Nothing seen"),
        (numeric("Diameter", "12.50", "mm"), "Diameter: 12.5 mm"),
        (numeric("Count", "3", "1"), "Count: 3"),
        (item("NUM", "Volume"), "Volume: no value"),
        (
            item("CODE", "Side", ConceptCodeSequence=Sequence([code("Left", "L", "SCT")])),
            "Side: Left (L, SCT)",
        ),
        (item("DATE", "Day", Date="20240229"), "Day: 2024-02-29"),
        (item("TIME", "Clock", Time="235959.5"), "Clock: 23:59:59.5"),
        (
            item("DATETIME", "When", DateTime="20240229101500+0100"),
            "When: 2024-02-29 10:15:00 +0100",
        ),
        (item("UIDREF", "Device", UID="1.2.3"), "Device: 1.2.3"),
        (item("PNAME", "Reader", PersonName="Doe^Jane^^Dr"), "Reader: Dr Jane Doe"),
        (image_reference("1.2", "1.2.3", [1, 7]), "1.2.3, frames 1, 7"),
        (_waveform(), "Trace: 1.2.3, channels 1, 2"),
        (
            item("SCOORD", "Outline", GraphicType="POINT", GraphicData=[1.0, 2.5]),
            "Outline: point: 1, 2.5",
        ),
        (
            item(
                "SCOORD3D", "Edge", GraphicType="POINT", GraphicData=[1.0, 2.0, 3.0],
                ReferencedFrameOfReferenceUID="1.9",
            ),
            "Edge: point: 1, 2, 3: in frame of reference 1.9",
        ),
        (
            item(
                "TCOORD", "Beat", TemporalRangeType="SEGMENT", ReferencedTimeOffsets=["1", "2.5"]
            ),
            "Beat: segment: seconds 1, 2.5",
        ),
        (item("HOLOGRAM", "New"), "New: a content item of type HOLOGRAM, which cannot be shown"),
    ],
)  # fmt: skip
def test_every_value_type_says_what_it_holds(content: Dataset, line: str) -> None:
    assert line in said(content).splitlines()


def test_what_belongs_to_a_statement_stands_below_it_with_its_relationship() -> None:
    modifier = item("TEXT", "Side", "HAS CONCEPT MOD", TextValue="left")
    source = item("TEXT", "Seen on", "INFERRED FROM", TextValue="CT")
    finding = item(
        "TEXT", "Finding", TextValue="Mass", ContentSequence=Sequence([modifier, source])
    )
    section = item("CONTAINER", "Findings", ContentSequence=Sequence([finding]))
    assert said(section).splitlines()[-4:] == [
        "Findings",
        "  Finding: Mass",
        "    Side [modifier]: left",
        "    Seen on [inferred from]: CT",
    ]


def test_a_reference_leads_to_the_item_that_it_names() -> None:
    first = item("TEXT", "Finding", TextValue="Mass")
    second = Dataset()
    second.RelationshipType, second.ReferencedContentItemIdentifier = "INFERRED FROM", [1, 1]
    page = to_html(read(first, second)).decode()
    assert 'id="item-1.1"' in page
    assert '<a href="#item-1.1">' in page


def test_a_table_has_its_head_and_its_cells() -> None:
    cell = _of(TableRowNumber=1, TableColumnNumber=2)
    cell.TextValue = "5 mm"
    column = [_of(TableColumnNumber=1), _of(TableColumnNumber=2)]
    for one, name in zip(column, ("Site", "Size"), strict=True):
        one.ConceptNameCodeSequence = Sequence([code(name)])
    table = item("TABLE", "Sizes", NumberOfTableRows=1, NumberOfTableColumns=2)
    table.TableColumnDefinitionSequence = Sequence(column)
    table.CellValuesSequence = Sequence([cell])
    [block] = read(table).blocks
    assert block.rows == (("Site", "Size"), ("", "5 mm"))
    assert "<th>Size</th>" in to_html(read(table)).decode()


def test_the_language_of_a_report_and_of_an_item_is_said() -> None:
    def language(tag: str) -> Dataset:
        said = item("CODE", relationship="HAS CONCEPT MOD")
        said.ConceptNameCodeSequence = Sequence([code("Language", "121049", "DCM")])
        said.ConceptCodeSequence = Sequence([code(tag, tag, "RFC5646")])
        return said

    section = item("CONTAINER", "Befund", ContentSequence=Sequence([language("de")]))
    page = to_html(read(language("en-GB"), section)).decode()
    assert '<html lang="en-GB">' in page
    assert 'lang="de"' in page


def test_who_verified_and_what_was_observed_when_is_said() -> None:
    verified = _of(
        VerifyingObserverName="Riss^Vera",
        VerifyingOrganization="Clinic",
        VerificationDateTime="20240131101500",
    )
    finding = item("TEXT", "Finding", TextValue="Mass", ObservationDateTime="20240130")
    text = said(finding, VerifyingObserverSequence=Sequence([verified]))
    assert "Verified by: Vera Riss, Clinic, 2024-01-31 10:15:00" in text
    assert "Finding: Mass (observed 2024-01-30)" in text


def test_names_come_in_all_their_writings_and_every_character_set() -> None:
    text = said(
        PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう",
        SpecificCharacterSet="ISO_IR 192",
    )
    assert "Patient: Tarou Yamada (山田 太郎, やまだ たろう)" in text
    assert "Patient: Andreas Äneas" in said(
        PatientName="Äneas^Andreas", SpecificCharacterSet="ISO_IR 100"
    )


def test_what_a_report_says_is_never_markup() -> None:
    hostile = '<script>alert("1")</script>\x00\x1b[2J'
    made = read(item("TEXT", hostile[:20], TextValue=hostile))
    for page in (to_html(made), to_xml(made)):
        assert b"<script" not in page
        assert b"&lt;script&gt;" in page
        assert b"\x1b" not in page
    assert b"\x1b" not in to_text(made)


def test_images_that_the_report_names_are_linked_where_they_are_known() -> None:
    instance = _of(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID="1.2.3")
    series = _of(SeriesInstanceUID="1.5", ReferencedSOPSequence=Sequence([instance]))
    study = _of(StudyInstanceUID="1.4", ReferencedSeriesSequence=Sequence([series]))
    file = report(
        image_reference("1.2", "1.2.3", [2]),
        CurrentRequestedProcedureEvidenceSequence=Sequence([study]),
    )
    model = to_model(read_header(BytesIO(file)).data_set)
    [block] = read_report(model, lambda *where: "/".join(("", *where))).blocks
    assert block.href == "/1.4/1.5/1.2.3/2"
    [unknown] = read_report(model).blocks
    assert unknown.href == ""


def test_links_that_a_browser_would_run_are_left_out() -> None:
    page = to_html(Document("x", blocks=(Block("a", "b", href="javascript:alert(1)"),)))
    assert b"javascript" not in page


def test_what_a_character_set_lacks_is_written_by_its_number_or_marked() -> None:
    made = Document("Größe 山")
    assert "Größe &#23665;".encode("iso-8859-1") in to_html(made, "iso-8859-1")
    assert to_xml(made, "us-ascii").startswith(b'<?xml version="1.0" encoding="us-ascii"?>')
    assert "Größe ?".encode("iso-8859-1") in to_text(made, "iso-8859-1")


def test_a_document_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = [item("TEXT", "Finding", TextValue="Mass") for _ in range(5)]
    monkeypatch.setattr(documents, "max_blocks", 4)
    with pytest.raises(LimitExceeded, match="4 statements"):
        read(*content)
    monkeypatch.setattr(documents, "max_blocks", 5)
    monkeypatch.setattr(documents, "max_characters", 10)
    with pytest.raises(LimitExceeded, match="10 characters"):
        read(*content)


def test_a_document_goes_to_a_child_and_back_as_it_is() -> None:
    made = read(
        item("CONTAINER", "A", ContentSequence=Sequence([item("TEXT", "B", TextValue="é")])),
        numeric("C", "1", "mm"),
    )
    assert from_json(to_json(made)) == made


def test_a_structure_set_lists_its_structures() -> None:
    contour = _of(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4)
    ds = without_pixels(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.481.3",
        StructureSetLabel="Plan A",
        StructureSetROISequence=Sequence([_of(ROINumber=1, ROIName="Heart")]),
        ROIContourSequence=Sequence(
            [_of(ReferencedROINumber=1, ContourSequence=Sequence([contour, contour]))]
        ),
        RTROIObservationsSequence=Sequence(
            [_of(ReferencedROINumber=1, RTROIInterpretedType="ORGAN")]
        ),
    )
    made = read_structure_set(to_model(read_header(BytesIO(part10(ds))).data_set))
    assert made.title == "Plan A"
    assert made.blocks[0].rows[1] == ("1", "Heart", "ORGAN", "", "2 (closed planar)", "8")
