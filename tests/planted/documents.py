"""Plants in encapsulated documents: pages, metadata, attachments, comments and names of files."""

from __future__ import annotations

import struct

from fpdf import FPDF
from pydicom.uid import (
    EncapsulatedCDAStorage,
    EncapsulatedMTLStorage,
    EncapsulatedOBJStorage,
    EncapsulatedPDFStorage,
    EncapsulatedSTLStorage,
)

from tests.documents import pdf
from tests.planted.files import Made, image, without_pixels
from tests.planted.plants import Planter


def encapsulated_pdf(p: Planter) -> Made:
    """A PDF: names in its deflated pages, its title, its metadata."""
    family = p.latin("encapsulated PDF", "page")
    number = p.identifier("encapsulated PDF", "page, number")
    document = pdf(f"Report of {family}, {number}")
    made = _encapsulated(p, EncapsulatedPDFStorage, document, "application/pdf")
    p.remember("encapsulated PDF", "bytes", data=document[:400])
    return made


def encapsulated_cda(p: Planter) -> Made:
    """A clinical document: names in its header and its narrative."""
    family, given = p.latin("encapsulated CDA", "family"), p.latin("encapsulated CDA", "given")
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3">'
        f'<title>Report</title><recordTarget><patientRole><id extension="{family}-1"/><patient>'
        f"<name><given>{given}</given><family>{family}</family></name></patient></patientRole>"
        "</recordTarget><component><structuredBody><component><section><title>History</title>"
        f"<text>{given} {family}, {p.phone('encapsulated CDA', 'narrative')}</text></section>"
        "</component></structuredBody></component></ClinicalDocument>"
    )
    odd = document.encode() + b" " * (len(document.encode()) % 2 == 0)
    return _encapsulated(p, EncapsulatedCDAStorage, odd, "text/XML")


def _encapsulated(p: Planter, sop_class: str, document: bytes, media_type: str) -> Made:
    ds, patient = image(p, sop_class=sop_class)
    ds = without_pixels(ds)
    ds.Modality, ds.ConversionType, ds.BurnedInAnnotation = "DOC", "WSD", "YES"
    day = p.date("date", "ContentDate", "ContentDate")
    ds.ContentDate, ds.ContentTime, ds.AcquisitionDateTime = f"{day:%Y%m%d}", "101500", ""
    ds.DocumentTitle = f"Report of {patient.name.native[0]}"
    p.remember("document title", "DocumentTitle", patient.name.native[0])
    ds.ConceptNameCodeSequence, ds.MIMETypeOfEncapsulatedDocument = [], media_type
    ds.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    return Made(ds, may_be_refused=True)


def rich_pdf(p: Planter) -> Made:
    """A PDF with metadata, an attachment, an annotation and an older revision."""
    paper = FPDF()
    paper.set_compression(False)
    paper.set_title(p.latin("PDF metadata", "Title"))
    paper.set_keywords(p.latin("PDF metadata", "Keywords"))
    paper.set_xmp_metadata(f"<x:xmpmeta>{p.latin('PDF metadata', 'XMP')}</x:xmpmeta>")
    letter = p.latin("PDF attachment", "text")
    paper.embed_file(bytes=letter.encode(), basename=f"{p.latin('PDF attachment', 'name')}.txt")
    paper.add_page()
    paper.set_font("Helvetica")
    paper.cell(text="Nothing is wrong")
    paper.text_annotation(x=10, y=10, text=p.latin("PDF annotation", "text"))
    whole = bytes(paper.output())
    old = f"\n9999 0 obj\n({p.latin('older revision of a PDF', 'object')})\nendobj\n".encode()
    document = whole + old + whole[whole.rindex(b"startxref") :]
    return _encapsulated(p, EncapsulatedPDFStorage, document, "application/pdf")


def locked_pdf(p: Planter) -> Made:
    """A PDF that is encrypted, and opens without a password."""
    paper = FPDF()
    paper.set_encryption("owner", "")
    paper.add_page()
    paper.set_font("Helvetica")
    paper.cell(text=f"Report of {p.latin('encrypted PDF', 'page')}")
    return _encapsulated(p, EncapsulatedPDFStorage, bytes(paper.output()), "application/pdf")


def stl(p: Planter) -> Made:
    """A surface with a name in its head, between its triangles and behind them."""
    head = f"of {p.latin('encapsulated STL', 'head')}".encode().ljust(80)
    pairs = [p.random.randbytes(2) for _ in range(4)]
    triangles = b"".join(struct.pack("<12f", *range(12)) + pair for pair in pairs)
    p.remember("encapsulated STL", "attribute bytes", data=triangles)
    behind = p.latin("encapsulated STL", "behind").encode()
    document = head + struct.pack("<I", len(pairs)) + triangles + behind
    return _surface(p, EncapsulatedSTLStorage, document, "model/stl")


def obj(p: Planter) -> Made:
    """A surface with comments, names of objects, groups, materials and files."""
    said = {place: p.latin("encapsulated OBJ", place) for place in ("comment", "o", "g", "mtl")}
    document = (
        f"# of {said['comment']}\nmtllib {said['mtl']}.mtl\no {said['o']}\nv 0 0 0\nv 0 1 0\n"
        f"v 1 0 0 {p.latin('encapsulated OBJ', 'vertex')}\nv 1 1 1\ng {said['g']}\n"
        f"usemtl {p.latin('encapsulated OBJ', 'usemtl')}\nf 1 2 3\n"
    )
    return _surface(p, EncapsulatedOBJStorage, document.encode(), "model/obj")


def mtl(p: Planter) -> Made:
    """Materials with comments, names and files of textures."""
    said = {place: p.latin("encapsulated MTL", place) for place in ("comment", "newmtl", "map")}
    document = (
        f"# of {said['comment']}\nnewmtl {said['newmtl']}\nKd 1 0 0\nmap_Kd {said['map']}.png\n"
    )
    return _surface(p, EncapsulatedMTLStorage, document.encode(), "model/mtl")


def _surface(p: Planter, sop_class: str, document: bytes, media_type: str) -> Made:
    made = _encapsulated(p, sop_class, document, media_type)
    made.ds.Modality, made.ds.EncapsulatedDocumentLength = "M3D", len(document)
    return made
