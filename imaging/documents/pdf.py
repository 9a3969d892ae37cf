"""A document as PDF. Runs in a child process only: laying out a long document takes its time.

References
----------
PS3.18 section 8.7.4 (application/pdf).
"""

from typing import Final

from fpdf import FPDF

from imaging.documents.fonts import fonts_for
from imaging.documents.model import Block, Document

_FAMILY: Final = "ours"
_SIZES: Final = {0: 16.0, 1: 13.0, 2: 11.5}
_SIZE: Final = 10.0
_LEADING: Final = 1.35
_INDENT_MM: Final = 4.0
_MAX_INDENT_MM: Final = 60.0
_POINT_MM: Final = 25.4 / 72


class _Paper(FPDF):
    """A4 pages with a number at the foot."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.set_auto_page_break(auto=True, margin=18)
        self.set_creator("DicomTube")

    def footer(self) -> None:
        """Write the number of the page."""
        self.set_y(-14)
        self.set_font(_FAMILY, size=8)
        self.cell(0, 8, f"{self.page_no()} / {{nb}}", align="C")


def to_pdf(document: Document) -> bytes:
    """Write a document as PDF.

    Raises
    ------
    Unsupported
        No font here has all its characters.
    """
    paper = _Paper()
    first, *others = fonts_for(document.texts())
    paper.add_font(_FAMILY, fname=str(first))
    for number, path in enumerate(others):
        paper.add_font(f"other{number}", fname=str(path))
    paper.set_fallback_fonts([f"other{number}" for number in range(len(others))], exact_match=False)
    paper.set_title(_clean(document.title))
    if document.language:
        paper.set_lang(document.language)
    paper.add_page()
    _write(paper, document.title, 0, 0)
    for name, value in document.facts:
        _write(paper, f"{name}: {value}", None, 0)
    for block in document.blocks:
        _block(paper, block, 0)
    return bytes(paper.output())


def _block(paper: FPDF, block: Block, depth: int) -> None:
    is_heading = bool(block.children or block.rows) and not block.text
    paper.ln(1.5 if depth else 3.5)
    if is_heading:
        _write(paper, _said(block), 1 if not depth else 2, depth)
    else:
        _write(paper, _said(block), None, depth)
    if block.rows:
        _table(paper, block)
    for child in block.children:
        _block(paper, child, depth + 1)


def _said(block: Block) -> str:
    said = (
        f"{block.label}: {block.text}" if block.label and block.text else block.label or block.text
    )
    return f"{said} ({'; '.join(block.notes)})" if block.notes else said


def _write(paper: FPDF, text: str, heading: int | None, depth: int) -> None:
    if not text.strip():
        return
    size = _SIZE if heading is None else _SIZES[heading]
    paper.set_font(_FAMILY, size=size)
    paper.set_x(paper.l_margin + min(depth * _INDENT_MM, _MAX_INDENT_MM))
    height = size * _POINT_MM * _LEADING
    paper.multi_cell(0, height, _clean(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _table(paper: FPDF, block: Block) -> None:
    paper.set_font(_FAMILY, size=_SIZE - 1)
    paper.ln(1)
    with paper.table(first_row_as_headings=False) as table:
        for row in block.rows:
            line = table.row()
            for cell in row:
                line.cell(_clean(cell))


def _clean(text: str) -> str:
    """The text without what no font draws; its line breaks stay."""
    return "".join(
        character if character.isprintable() or character == "\n" else " " for character in text
    )
