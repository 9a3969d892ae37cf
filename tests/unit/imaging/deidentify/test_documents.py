"""Documents inside of instances are made anew, or refused with a reason."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO

import pypdfium2
import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.deidentify.documents import Refused, clean_document, may_be_face
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


def locked(user: str) -> bytes:
    """A PDF of Doe under a password of the user; the owner's is never needed to read."""
    paper = FPDF()
    paper.set_encryption("owner", user)
    paper.add_page()
    paper.set_font("Helvetica")
    paper.cell(text="Doe has nodules")
    return bytes(paper.output())


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
        ("model/mtl", b"# Doe\nKd 1 1 1"),
        ("application/pdf", locked(user="secret")),
        ("text/plain", b"Doe"),
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


def pdf_with_everything() -> bytes:
    """Doe in the page, metadata, XMP, an attachment, an annotation and an older revision."""
    paper = FPDF()
    paper.set_title("Title of Doe")
    paper.set_author("Doe")
    paper.set_xmp_metadata("<x:xmpmeta xmlns:x='adobe:ns:meta/'>Doe</x:xmpmeta>")
    paper.embed_file(bytes=b"Doe, letter", basename="Doe.txt")
    paper.add_page()
    paper.set_font("Helvetica")
    paper.cell(text="Doe has nodules")
    paper.text_annotation(x=10, y=10, text="ask Doe")
    whole = bytes(paper.output())
    # What an editor leaves: the old objects stay, the new trailer points past them.
    at = whole.rindex(b"startxref")
    return whole + b"\n9999 0 obj\n(older Doe)\nendobj\n" + whole[at:]


def test_of_a_pdf_nothing_but_the_words_of_its_pages_is_kept() -> None:
    made = clean_document(pdf_with_everything, "application/pdf", WORDS, without_doe)
    assert "nodules" in said(text_of_pdf(made))
    opened = pypdfium2.PdfDocument(made)
    assert opened.count_attachments() == 0
    assert opened.get_metadata_dict(skip_empty=True).keys() <= {
        "Title", "Producer", "Creator", "CreationDate",
    }  # fmt: skip
    assert opened.get_metadata_value("Title") == "Document"
    assert made.count(b"startxref") == 1
    assert b"Doe" not in made


def test_a_pdf_that_opens_without_a_password_is_written_without_a_lock() -> None:
    made = clean_document(lambda: locked(user=""), "application/pdf", WORDS, without_doe)
    assert "nodules" in said(text_of_pdf(made))
    assert b"/Encrypt" not in made


def test_a_clinical_document_may_be_padded_and_written_in_any_encoding() -> None:
    assert b"nodules" in clean_document(
        lambda: CDA.encode() + b"\0", "text/XML", WORDS, without_doe
    )
    wide = ('<?xml version="1.0" encoding="utf-16"?>' + CDA).encode("utf-16")
    assert b"nodules" in clean_document(lambda: wide, "text/xml; x=y", WORDS, without_doe)


OBJ = b"""# Doe, 2020-01-01\r
mtllib Doe.mtl
o Jane_Doe
g Doe head
v 0 0 0 1.0
v 1.5 -2e-3 .5
v 4711 0 Doe
vn 0 0 1
usemtl skin of Doe
s off
f 1//1 2/3/4 \\
 3
l 1 2
call Doe.obj
vt 0.12345678901234567890123456789012345678901234567890
"""
MTL = b"""# Doe
newmtl skin of Doe
Ka 1.0 1.0 1.0
d 0.5
map_Kd Doe.png
# Doe
illum 2
"""


def renamed(name: str) -> str:
    return f"m{len(name)}"


def test_an_obj_keeps_its_geometry_and_no_name() -> None:
    made = clean_document(lambda: OBJ, "model/obj", WORDS, without_doe, renamed)
    assert made.rstrip().split(b"\n") == [
        b"mtllib materials.mtl", b"v 0 0 0 1.0", b"v 1.5 -2e-3 .5", b"vn 0 0 1", b"usemtl m11",
        b"s off", b"f 1//1 2/3/4 3", b"l 1 2",
    ]  # fmt: skip


def test_materials_keep_their_colours_and_the_name_that_the_surface_calls_them_by() -> None:
    made = clean_document(lambda: MTL, "model/mtl", WORDS, without_doe, renamed)
    assert made.rstrip().split(b"\n") == [b"newmtl m11", b"Ka 1.0 1.0 1.0", b"d 0.5", b"illum 2"]
    assert len(made) % 2 == 0


@given(st.binary(max_size=300))
def test_of_any_bytes_only_words_of_the_format_are_left(data: bytes) -> None:
    with suppress(Refused):
        made = clean_document(lambda: data, "model/obj", WORDS, without_doe, renamed)
        assert set(made) <= set(b"vtnpfls 0123456789+-.eE/\noff usemtl mtllib materials.mtl m")


@pytest.mark.parametrize(
    ("media_type", "face"),
    [("model/stl", True), ("Model/OBJ ", True), ("model/mtl", False), ("application/pdf", False)],
)
def test_somebody_looks_at_surfaces(media_type: str, face: bool) -> None:
    assert may_be_face(media_type) == face
