"""Documents for tests: a PDF of so many pages, a clinical document, reports as DICOM files."""

from __future__ import annotations

from typing import Any

from fpdf import FPDF
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BasicTextSRStorage,
    EncapsulatedCDAStorage,
    EncapsulatedPDFStorage,
    KeyObjectSelectionDocumentStorage,
    generate_uid,
)

from tests.builders import ct_data_set, part10

_PIXELS = (
    "PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "SamplesPerPixel",
    "PhotometricInterpretation", "PixelRepresentation",
)  # fmt: skip


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on each page."""
    paper = FPDF(format=(100, 50))
    paper.set_font("Helvetica", size=12)
    for text in pages:
        paper.add_page()
        paper.cell(text=text)
    return bytes(paper.output())


def cda(body: str, title: str = "Discharge summary") -> bytes:
    """A clinical document with one section that has this narrative."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3">'
        f'<title>{title}</title><effectiveTime value="20240131"/><languageCode code="en-GB"/>'
        '<recordTarget><patientRole><id extension="PID1"/><patient><name><given>Jane</given> '
        "<family>Doe</family></name></patient></patientRole></recordTarget>"
        "<component><structuredBody><component><section><title>History</title>"
        f"<text>{body}</text></section></component></structuredBody></component>"
        "</ClinicalDocument>"
    ).encode()


def without_pixels(**overrides: Any) -> Dataset:
    """A data set that is no image."""
    ds = ct_data_set(**overrides)
    for keyword in _PIXELS:
        if keyword in ds:
            delattr(ds, keyword)
    return ds


def encapsulated(document: bytes, **overrides: Any) -> bytes:
    """A PDF in a DICOM file; a CDA when it is XML."""
    is_xml = document.lstrip().startswith(b"<")
    ds = without_pixels(
        SOPClassUID=EncapsulatedCDAStorage if is_xml else EncapsulatedPDFStorage,
        Modality="DOC",
        **overrides,
    )
    ds.MIMETypeOfEncapsulatedDocument = "text/xml" if is_xml else "application/pdf"
    ds.EncapsulatedDocumentLength = len(document)
    ds.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    return part10(ds)


def code(meaning: str, value: str = "1", scheme: str = "99TEST") -> Dataset:
    """One item of a code sequence."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return ds


def item(kind: str, name: str = "", relationship: str = "CONTAINS", **values: Any) -> Dataset:
    """One content item."""
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = relationship, kind
    if name:
        ds.ConceptNameCodeSequence = Sequence([code(name)])
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def numeric(name: str, value: str, unit: str) -> Dataset:
    """A measurement."""
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = Sequence([code(unit, unit, "UCUM")])
    return item("NUM", name, MeasuredValueSequence=Sequence([measured]))


def image_reference(sop_class: str, sop_instance: str, frames: list[int] | None = None) -> Dataset:
    """A content item that points to an image."""
    referenced = Dataset()
    referenced.ReferencedSOPClassUID = sop_class
    referenced.ReferencedSOPInstanceUID = sop_instance
    if frames:
        referenced.ReferencedFrameNumber = frames
    return item("IMAGE", ReferencedSOPSequence=Sequence([referenced]))


def report_data_set(*content: Dataset, key_objects: bool = False, **overrides: Any) -> Dataset:
    """A report with this content."""
    overrides.setdefault("SOPInstanceUID", generate_uid())
    ds = without_pixels(
        SOPClassUID=KeyObjectSelectionDocumentStorage if key_objects else BasicTextSRStorage,
        Modality="KO" if key_objects else "SR",
        **overrides,
    )
    ds.ValueType = "CONTAINER"
    ds.ConceptNameCodeSequence = Sequence([code("Radiology report")])
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ContentSequence = Sequence(list(content))
    return ds


def report(*content: Dataset, **overrides: Any) -> bytes:
    """A report as a DICOM file."""
    return part10(report_data_set(*content, **overrides))
