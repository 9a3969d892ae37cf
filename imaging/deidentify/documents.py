"""Encapsulated documents: written anew from their cleaned text, or by one that says nothing.

No byte of a stranger's document is passed on but the geometry of a surface (`surfaces`): text hides
in a PDF or a CDA in more ways than can be searched. What cannot be read is refused.

References
----------
PS3.15 table E.1-1 (Encapsulated Document: D); PS3.3 sections C.24.2 and A.45; HL7 CDA release 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from xml.sax.saxutils import escape

from imaging.deidentify.profile import Option, Profile
from imaging.deidentify.surfaces import NotSurface, Rename, bare_mtl, bare_obj, bare_stl
from imaging.documents.jobs import pdf_of, text_of_cda, text_of_pdf
from imaging.documents.model import Block, Document
from imaging.errors import ImagingError

DOCUMENT: Final = 0x00420011
MEDIA_TYPE: Final = 0x00420012
LENGTH: Final = 0x00420015

Clean = Callable[[str], str]

LOOK_AT_SURFACE: Final = "a surface may show a face"


class Refused(Exception):  # noqa: N818 - reads as the fact it states
    """A document that can be neither cleaned nor replaced; the message says why."""


def clean_document(
    read: Callable[[], bytes],
    media_type: str,
    profile: Profile,
    clean: Clean,
    rename: Rename = lambda name: "named",
) -> bytes:
    """Give a document of the same kind that identifies nobody.

    Parameters
    ----------
    read
        Reads the document, where it is needed.
    clean
        Cleans a text by the allow-list; without Clean Descriptors there is no text.
    rename
        Gives what a surface is made of another name, the same in every file.

    Raises
    ------
    Refused
        It is of a kind, or in a state, that nothing can be said of.
    """
    kind = _kind(media_type)
    if kind == "application/pdf":
        return pdf_of(_document(read, text_of_pdf, profile, clean))
    if kind in ("text/xml", "application/xml"):
        return clinical_document(_document(read, text_of_cda, profile, clean))
    surface = _SURFACES.get(kind)
    if surface is None:
        raise Refused("an encapsulated document of this kind cannot be cleaned")
    try:
        return surface(read(), rename)
    except NotSurface as error:
        raise Refused(str(error)) from error


_SURFACES: Mapping[str, Callable[[bytes, Rename], bytes]] = MappingProxyType(
    {
        "model/stl": lambda stl, _: bare_stl(stl),
        "application/sla": lambda stl, _: bare_stl(stl),
        "model/obj": bare_obj,
        "model/mtl": bare_mtl,
    }
)


def may_be_face(media_type: str) -> bool:
    """Whether somebody must look at what is in the document, however clean it is."""
    return _kind(media_type) in _SURFACES.keys() - {"model/mtl"}


def _kind(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _document(
    read: Callable[[], bytes],
    text_of: Callable[[bytes], Document],
    profile: Profile,
    clean: Clean,
) -> Document:
    if Option.CLEAN_DESCRIPTORS not in profile:
        return Document(title="Document", blocks=(Block(text="ANONYMIZED"),))
    try:
        document = text_of(read())
    except ImagingError as error:
        raise Refused("the encapsulated document cannot be read") from error
    if not any(text.strip() for block in document.blocks for text in (block.text, *_within(block))):
        raise Refused("the encapsulated document has no text that could be judged")
    # Whose it is, when and by whom it was written is gone; so is its title, which often says so.
    blocks = tuple(_cleaned(block, clean) for block in document.blocks)
    return Document(title="Document", blocks=blocks)


def _within(block: Block) -> list[str]:
    texts = [cell for row in block.rows for cell in row]
    return texts + [text for child in block.children for text in (child.text, *_within(child))]


def _cleaned(block: Block, clean: Clean) -> Block:
    return replace(
        block,
        label=clean(block.label),
        text=clean(block.text),
        notes=tuple(map(clean, block.notes)),
        rows=tuple(tuple(map(clean, row)) for row in block.rows),
        children=tuple(_cleaned(child, clean) for child in block.children),
        identifier="",
        href="",
    )


def clinical_document(document: Document) -> bytes:
    """Write a CDA whose header names nobody."""
    sections = "".join(map(_section, document.blocks))
    return _CDA.format(title=escape(document.title), sections=sections).encode()


def _section(block: Block) -> str:
    within = "".join(map(_narrative, (replace(block, label=""),)))
    return (
        f"<component><section><title>{_text(block.label)}</title>"
        f"<text>{within or '<paragraph/>'}</text></section></component>"
    )


def _narrative(block: Block) -> str:
    said = [text for text in (block.label, block.text, *block.notes) if text]
    said += [" | ".join(row) for row in block.rows]
    paragraphs = "".join(f"<paragraph>{_text(text)}</paragraph>" for text in said)
    return paragraphs + "".join(map(_narrative, block.children))


def _text(text: str) -> str:
    return escape("".join(letter for letter in text if letter >= " " or letter in "\t\n"))


_CDA: Final = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<id nullFlavor="MSK"/><code nullFlavor="MSK"/><title>{title}</title>
<effectiveTime nullFlavor="MSK"/><confidentialityCode nullFlavor="MSK"/>
<recordTarget><patientRole><id nullFlavor="MSK"/></patientRole></recordTarget>
<author><time nullFlavor="MSK"/><assignedAuthor><id nullFlavor="MSK"/></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><id nullFlavor="MSK"/>
</representedCustodianOrganization></assignedCustodian></custodian>
<component><structuredBody>{sections}</structuredBody></component>
</ClinicalDocument>
"""
