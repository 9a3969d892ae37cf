"""Documents of a stranger's, read and drawn in a child process; hostile ones end nothing."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.documents import jobs
from imaging.documents.html import to_html
from imaging.documents.model import Block, Document
from imaging.documents.plain import to_text
from imaging.errors import DecodeFailed, ImagingError, Malformed, Unsupported
from tests.documents import cda, pdf


def test_each_page_of_a_pdf_is_drawn_and_counted() -> None:
    made = pdf("first", "second")
    pixels, count = jobs.page_of_pdf(made, 2, 200, 200)
    assert count == 2
    assert pixels.shape == (100, 200, 3)
    assert pixels.min() < 128 < pixels.max()
    other, _ = jobs.page_of_pdf(made, 1, 200, 200)
    assert not np.array_equal(other, pixels)


def test_a_page_that_is_not_there_is_refused() -> None:
    with pytest.raises(Malformed, match="has 1 pages"):
        jobs.page_of_pdf(pdf("only"), 2)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4 nothing", b"\0" * 1000, b"<html></html>"])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeFailed):
        jobs.page_of_pdf(data)
    with pytest.raises(DecodeFailed):
        jobs.text_of_pdf(data)


def test_a_cut_pdf_is_drawn_or_refused_and_the_next_one_works() -> None:
    made = pdf("a page")
    for end in range(0, len(made), 97):
        try:
            jobs.page_of_pdf(made[:end], 1, 16, 16)
        except ImagingError:
            continue
    assert jobs.page_of_pdf(made)[1] == 1


def test_the_text_of_a_pdf_is_read_page_by_page() -> None:
    made = jobs.text_of_pdf(pdf("first line", "<b>second</b>"))
    assert [(block.label, block.text) for block in made.blocks] == [
        ("Page 1", "first line"),
        ("Page 2", "<b>second</b>"),
    ]
    assert b"&lt;b&gt;second" in to_html(made)


def test_a_document_becomes_a_pdf_that_says_the_same() -> None:
    blocks = (Block("Befund", "Größe Ω Ж 12 mm"), Block("Table", rows=(("a", "b"), ("1", "2"))))
    written = jobs.pdf_of(Document("Title", (("Patient", "Jörg"),), blocks))
    assert written.startswith(b"%PDF-")
    read = to_text(jobs.text_of_pdf(written)).decode()
    for piece in ("Title", "Patient: Jörg", "Befund: Größe Ω Ж 12 mm"):
        assert piece in read


def test_a_pdf_without_a_character_of_a_name_is_not_written() -> None:
    # A code point that is in no font: nobody assigned it.
    with pytest.raises(Unsupported, match="text/html"):
        jobs.pdf_of(Document("Title", (("Patient", "\U0003fffd"),)))


def test_a_clinical_document_is_read_as_text() -> None:
    made = jobs.text_of_cda(
        cda(
            "Before<paragraph>One <content>bold</content> word<br/>next line</paragraph>"
            "<list><item>first</item><item>second</item></list>"
            "<table><tr><th>Drug</th></tr><tr><td>Aspirin</td></tr></table>After"
        )
    )
    assert made.title == "Discharge summary"
    assert made.language == "en-GB"
    assert dict(made.facts) == {"Patient": "Jane Doe", "Patient ID": "PID1", "Date": "2024-01-31"}
    [history] = made.blocks
    assert history.label == "History"
    assert [block.text for block in history.children if block.text] == [
        "Before", "One bold word\nnext line", "• first", "• second", "After",
    ]  # fmt: skip
    assert [block.rows for block in history.children if block.rows] == [(("Drug",), ("Aspirin",))]


def test_nothing_but_text_comes_out_of_a_clinical_document() -> None:
    page = to_html(
        jobs.text_of_cda(
            cda(
                '<paragraph onclick="x()" style="a">word</paragraph>'
                '<linkHtml href="javascript:x()">link</linkHtml><script>code()</script>'
                '<renderMultiMedia referencedObject="file:///etc/passwd"/>'
            )
        )
    )
    for piece in (b"onclick", b"javascript", b"<script", b"file:", b"style"):
        assert piece not in page
    assert b"word" in page


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]><x>&i;</x>"
).encode()


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"no xml",
        b"<x/>",
        BOMB,
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x"><x/>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        cda("<paragraph>" * 5_000 + "</paragraph>" * 5_000),
    ],
    ids=["empty", "text", "other", "bomb", "dtd", "file", "deep"],
)
def test_hostile_clinical_documents_are_refused(xml: bytes) -> None:
    with pytest.raises(ImagingError):
        jobs.text_of_cda(xml)
    assert jobs.text_of_cda(cda("fine")).title


def test_pictures_of_pages_are_bounded() -> None:
    pixels, _ = jobs.page_of_pdf(pdf("page"), 1, 100_000, 100_000)
    assert max(pixels.shape) <= 8192
    assert pixels.size < 3 * 17 * 1024 * 1024
