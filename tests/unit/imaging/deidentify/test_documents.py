"""Documents inside of instances are made anew, or refused with a reason."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image

from imaging.deidentify.documents import Refused, clean_document
from imaging.deidentify.profile import Profile
from imaging.documents.jobs import pdf_of, text_of_cda, text_of_pdf
from imaging.documents.model import Block, Document

WORDS = Profile.of(["clean_descriptors"])
CDA = """<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Report of Doe</title>
<recordTarget><patientRole><id extension="PID1"/><patient><name>Jane Doe</name></patient>
</patientRole></recordTarget>
<component><structuredBody><component><section><title>Findings</title>
<text><paragraph>Doe has &lt;nodules&gt;</paragraph></text></section></component></structuredBody>
</component></ClinicalDocument>"""


def without_doe(text: str) -> str:
    return text.replace("Doe", "[REMOVED]")


def said(document: Document) -> str:
    return " ".join(document.texts())


def picture_of_a_page() -> bytes:
    file = BytesIO()
    Image.new("L", (64, 64)).save(file, "PDF")
    return file.getvalue()


def test_a_pdf_is_written_anew_from_its_cleaned_text() -> None:
    pdf = pdf_of(Document("Doe", blocks=(Block(text="Doe has nodules"),)))
    made = clean_document(lambda: pdf, "application/pdf", WORDS, without_doe)
    assert "nodules" in said(text_of_pdf(made))
    assert "Doe" not in said(text_of_pdf(made))
    assert b"Doe" not in made


def test_without_clean_descriptors_no_text_is_left_nor_read() -> None:
    def read() -> bytes:
        raise AssertionError

    made = clean_document(read, "application/pdf", Profile(), without_doe)
    assert "ANONYMIZED" in said(text_of_pdf(made))


def test_a_clinical_document_has_a_header_of_nobody() -> None:
    made = clean_document(CDA.encode, "text/xml", WORDS, without_doe)
    assert b"Doe" not in made
    assert b"PID1" not in made
    document = text_of_cda(made)
    assert "[REMOVED] has <nodules>" in said(document)
    assert "Findings" in said(document)


@pytest.mark.parametrize(
    ("media_type", "document"),
    [
        ("application/pdf", b"no PDF"),
        ("application/pdf", picture_of_a_page()),
        ("text/xml", b"<x/>"),
        ("model/stl", b"solid Doe\nendsolid"),
        ("model/obj", b"o Doe"),
        ("", b""),
    ],
)
def test_what_cannot_be_judged_is_refused(media_type: str, document: bytes) -> None:
    with pytest.raises(Refused):
        clean_document(lambda: document, media_type, WORDS, without_doe)


def test_a_surface_keeps_its_triangles_alone() -> None:
    triangle = struct.pack("<12f", *range(12)) + b"DJ"
    stl = b"Jane Doe".ljust(80) + struct.pack("<I", 2) + triangle * 2 + b"Doe"
    made = clean_document(lambda: stl, "model/stl", WORDS, without_doe)
    assert made[:80] == bytes(80)
    assert made[84:] == (triangle[:48] + b"\0\0") * 2
