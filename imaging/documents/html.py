"""A document as HTML or, the same elements, as XML.

A tree of elements is built and then written, so whatever a text says is escaped by the writer.
The elements carry no style: answers are sent under a policy that allows none.

References
----------
PS3.18 section 8.7.4 (text/html and text/xml).
"""

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from imaging.documents.model import Block, Document, Row

_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOWEST_HEADING: Final = 6
_SAFE_LINK: Final = re.compile(r"(?:https?://|/|#)[^\s\"'<>]*")


def to_html(document: Document, charset: str = "utf-8") -> bytes:
    """Write a document as an HTML page; what `charset` lacks is written by its number."""
    page = tostring(_page(document, charset), encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{page}\n".encode(charset, "xmlcharrefreplace")


def to_xml(document: Document, charset: str = "utf-8") -> bytes:
    """Write a document as XML: the elements of the HTML page, in their namespace."""
    page = _page(document, charset)
    page.set("xmlns", "http://www.w3.org/1999/xhtml")
    xml = tostring(page, encoding="unicode", method="xml")
    declaration = f'<?xml version="1.0" encoding="{charset}"?>\n'
    return f"{declaration}{xml}\n".encode(charset, "xmlcharrefreplace")


def _page(document: Document, charset: str) -> Element:
    page = Element("html", {"lang": document.language} if document.language else {})
    head = SubElement(page, "head")
    SubElement(head, "meta", {"charset": charset})
    SubElement(head, "title").text = _clean(document.title)
    body = SubElement(page, "body", {"dir": "auto"})
    SubElement(body, "h1").text = _clean(document.title)
    if document.facts:
        facts = SubElement(body, "dl")
        for name, value in document.facts:
            SubElement(facts, "dt").text = _clean(name)
            SubElement(facts, "dd").text = _clean(value)
    for block in document.blocks:
        _write(body, block, 2)
    return page


def _write(parent: Element, block: Block, level: int) -> None:
    """Write a block: a section when it is a heading over others, else a line or a paragraph."""
    is_heading = bool(block.children or block.rows) and not block.text
    around = SubElement(parent, "section" if is_heading else "div", _attributes(block))
    if is_heading:
        if block.label:
            SubElement(around, f"h{min(level, _LOWEST_HEADING)}").text = _clean(block.label)
        _notes(around, block)
    else:
        _line(around, block)
    if block.rows:
        _table(around, block.rows)
    inner = around
    if block.children and not is_heading:
        inner = SubElement(around, "blockquote")
    for child in block.children:
        _write(inner, child, level + 1)


def _attributes(block: Block) -> dict[str, str]:
    found = {}
    if block.identifier:
        found["id"] = _clean(f"item-{block.identifier}")
    if block.language:
        found["lang"] = block.language
    return found


def _line(around: Element, block: Block) -> None:
    line = SubElement(around, "p")
    if block.label:
        SubElement(line, "b").text = _clean(f"{block.label}:" if block.text else block.label)
    value = line
    if block.href and _SAFE_LINK.fullmatch(block.href):
        value = SubElement(line, "a", {"href": block.href})
    _lines(SubElement(value, "span"), block.text)
    _notes(line, block)
    for piece in line:
        piece.tail = " "


def _lines(span: Element, text: str) -> None:
    """A text whose line breaks stay line breaks."""
    first, *rest = _clean(text).splitlines() or [""]
    span.text = first
    for one in rest:
        SubElement(span, "br").tail = one


def _notes(around: Element, block: Block) -> None:
    if block.notes:
        SubElement(around, "small").text = _clean("; ".join(block.notes))


def _table(around: Element, rows: tuple[Row, ...]) -> None:
    table = SubElement(around, "table", {"border": "1"})
    for number, row in enumerate(rows):
        line = SubElement(table, "tr")
        for cell in row:
            SubElement(line, "td" if number else "th").text = _clean(cell)


def _clean(text: str) -> str:
    """The text without what neither HTML nor XML can write."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
