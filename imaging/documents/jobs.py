"""What children do to documents: bytes of a stranger's in, a picture or a text out.

The first half runs in the child and imports its libraries there; the second is for the parent.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.children import run_job
from imaging.documents.model import Document, from_json, to_json
from imaging.errors import DecodeFailed

Answer = tuple[dict[str, Any], bytes]

max_document_bytes = 128 * 1024 * 1024
"""Of an encapsulated document that is read; a longer one can be had as it is."""


def draw_page(head: dict[str, Any], pdf: bytes) -> Answer:
    """In the child: a page of a PDF as RGB bytes."""
    from imaging.documents.pdf_pages import page_picture

    image, count = page_picture(pdf, head["page"], head["width"], head["height"])
    return {"pages": count, "columns": image.width, "rows": image.height}, image.tobytes()


def read_pages(_head: dict[str, Any], pdf: bytes) -> Answer:
    """In the child: the text of a PDF."""
    from imaging.documents.pdf_pages import page_texts

    return {}, to_json(page_texts(pdf))


def read_clinical_document(_head: dict[str, Any], xml: bytes) -> Answer:
    """In the child: the text of a CDA."""
    from imaging.documents.cda import read_cda

    return {}, to_json(read_cda(xml))


def write_pdf(_head: dict[str, Any], document: bytes) -> Answer:
    """In the child: a document as PDF."""
    from imaging.documents.pdf import to_pdf

    return {}, to_pdf(from_json(document))


def page_of_pdf(
    pdf: bytes, number: int = 1, width: int | None = None, height: int | None = None
) -> tuple[NDArray[np.uint8], int]:
    """Draw one page of a PDF; see `pdf_pages.page_picture`.

    Returns
    -------
    tuple
        Rows by columns of red, green and blue; and how many pages there are.
    """
    head, data = run_job("draw page", {"page": number, "width": width, "height": height}, pdf)
    rows, columns = int(head["rows"]), int(head["columns"])
    if len(data) != rows * columns * 3:
        raise DecodeFailed("the child gave another picture than it said")
    return np.frombuffer(data, np.uint8).reshape(rows, columns, 3), int(head["pages"])


def text_of_pdf(pdf: bytes) -> Document:
    """Read the text of a PDF; see `pdf_pages.page_texts`."""
    return from_json(run_job("read pages", {}, pdf)[1])


def text_of_cda(xml: bytes) -> Document:
    """Read a CDA; see `cda.read_cda`."""
    return from_json(run_job("read clinical document", {}, xml)[1])


def pdf_of(document: Document) -> bytes:
    """Write a document as PDF; see `pdf.to_pdf`."""
    return run_job("write PDF", {}, to_json(document))[1]
