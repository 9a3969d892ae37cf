"""An encapsulated CDA as a document. Runs in a child process only: the XML is a stranger's.

Only text is taken out of the XML; no element, attribute, style or address of it gets into what is
written, so there is nothing to be made safe.

References
----------
PS3.3 section A.45.2 (Encapsulated CDA), HL7 CDA release 2 (narrative block).
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from imaging.documents.model import Block, Document, Row, checked
from imaging.documents.values import moment
from imaging.errors import LimitExceeded, Malformed

max_depth: Final = 64

_NS: Final = "{urn:hl7-org:v3}"
# Stands for a line break until blanks are put in order; no XML text is likely to have it.
_BREAK: Final = "\N{LINE SEPARATOR}"
_BLOCKS: Final = frozenset(
    {f"{_NS}{name}" for name in ("paragraph", "item", "caption", "footnote")}
)


def read_cda(xml: bytes) -> Document:
    """Read a CDA document.

    Raises
    ------
    Malformed
        The bytes are no well-formed CDA.
    LimitExceeded
        It is longer or deeper than a document may be.
    """
    try:
        root = fromstring(
            _without_pad(xml), forbid_dtd=False, forbid_entities=True, forbid_external=True
        )
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Malformed("the document is no well-formed XML, or declares entities") from error
    if root.tag != f"{_NS}ClinicalDocument":
        raise Malformed("the XML is no clinical document")
    return checked(
        Document(
            title=_said(root, "title") or _display(root, "code") or "Clinical document",
            facts=tuple((name, said) for name, said in _facts(root) if said),
            blocks=tuple(_body(root)),
            language=_code(root, "languageCode"),
        )
    )


def _without_pad(xml: bytes) -> bytes:
    """The XML without what makes its length even; in UTF-16 a zero byte is half of a letter."""
    return xml if b"\0" in xml[:4] else xml.rstrip(b"\0")


def _facts(root: Element) -> Iterator[tuple[str, str]]:
    patient = _path("recordTarget/patientRole")
    for role in root.findall(patient):
        yield "Patient", _name(role.find(_path("patient/name")))
        identifier = role.find(f"{_NS}id")
        yield "Patient ID", "" if identifier is None else identifier.get("extension", "")
        yield "Birth date", _time(role.find(_path("patient/birthTime")))
        yield "Sex", _code(role, "patient/administrativeGenderCode")
    yield "Date", _time(root.find(f"{_NS}effectiveTime"))
    for author in root.findall(_path("author/assignedAuthor")):
        yield "Author", _name(author.find(_path("assignedPerson/name")))
    yield (
        "Custodian",
        _said(root, "custodian/assignedCustodian/representedCustodianOrganization/name"),
    )


def _body(root: Element) -> Iterator[Block]:
    for section in root.findall(_path("component/structuredBody/component/section")):
        yield _section(section, 0)
    for other in root.findall(_path("component/nonXMLBody/text")):
        kind = other.get("mediaType", "something else")
        yield Block(text=f"The body of this document is no text, but {kind}.")


def _section(section: Element, depth: int) -> Block:
    if depth > max_depth:
        raise LimitExceeded(f"sections are nested more than {max_depth} deep")
    narrative = section.find(f"{_NS}text")
    within = section.findall(_path("component/section"))
    return Block(
        label=_said(section, "title") or _display(section, "code"),
        children=(
            *(() if narrative is None else _narrative(narrative, 0)),
            *(_section(one, depth + 1) for one in within),
        ),
    )


def _narrative(element: Element, depth: int) -> Iterator[Block]:
    """The text of an element as blocks: paragraphs, items of lists, tables, and what is between."""
    if depth > max_depth:
        raise LimitExceeded(f"the text is nested more than {max_depth} deep")
    loose = [element.text or ""]
    for child in element:
        if child.tag in _BLOCKS or child.tag in (f"{_NS}list", f"{_NS}table"):
            yield from _paragraph(loose)
            loose = [child.tail or ""]
            yield from _block(child, depth)
        else:
            loose += [*_inline(child), child.tail or ""]
    yield from _paragraph(loose)


def _block(element: Element, depth: int) -> Iterator[Block]:
    if element.tag == f"{_NS}table":
        rows = tuple(_rows(element))
        caption = element.find(f"{_NS}caption")
        yield Block(label="" if caption is None else _all_text(caption).strip(), rows=rows)
    elif element.tag == f"{_NS}item":
        first, *rest = [*_narrative(element, depth + 1)] or [Block()]
        yield Block(text=f"\N{BULLET} {first.text}" if first.text else "", rows=first.rows)
        yield from rest
    else:
        yield from _narrative(element, depth + 1)


def _rows(table: Element) -> Iterator[Row]:
    for row in table.iter(f"{_NS}tr"):
        yield tuple(_all_text(cell).strip() for cell in row)


def _paragraph(pieces: list[str]) -> Iterator[Block]:
    lines = (" ".join(line.split()) for line in "".join(pieces).split(_BREAK))
    said = "\n".join(line for line in lines if line)
    if said:
        yield Block(text=said)


def _inline(element: Element) -> Iterator[str]:
    """The text of an element within a line, its line breaks marked."""
    yield _BREAK if element.tag == f"{_NS}br" else element.text or ""
    for child in element:
        yield from _inline(child)
        yield child.tail or ""


def _all_text(element: Element) -> str:
    return "".join(element.itertext())


def _path(path: str) -> str:
    return "/".join(f"{_NS}{name}" for name in path.split("/"))


def _said(element: Element, path: str) -> str:
    found = element.find(_path(path))
    return "" if found is None else " ".join(_all_text(found).split())


def _display(element: Element, path: str) -> str:
    found = element.find(_path(path))
    return "" if found is None else found.get("displayName", "")


def _code(element: Element, path: str) -> str:
    found = element.find(_path(path))
    said = "" if found is None else found.get("code", "")
    return said if said.isascii() and said.replace("-", "").isalnum() and len(said) <= 35 else ""


def _name(name: Element | None) -> str:
    return "" if name is None else " ".join(" ".join(name.itertext()).split())


def _time(time: Element | None) -> str:
    return "" if time is None else moment(time.get("value", ""))
