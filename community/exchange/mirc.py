"""A case as a MIRCdocument, as teaching file systems of RSNA's kind read it. Pure.

Texts go out as paragraphs of what their author wrote: marks of Markdown are left in, since they
are read well enough and come back as they were.

References
----------
RSNA MIRC, The MIRCdocument Schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from community.cases.model import (
    DIAGNOSIS,
    DIFFERENTIAL,
    DISCUSSION,
    FINDINGS,
    HISTORY,
    REFERENCES,
    TEACHING,
    CaseView,
    KeyImage,
)
from community.cases.safe_markdown import to_text
from community.cases.vocabulary import LICENCE_ADDRESSES, LICENCES, SPECIALTIES
from community.exchange.plain import one_line, writable

HEADINGS: Final[Mapping[str, str]] = {
    HISTORY: "History",
    FINDINGS: "Findings",
    DIAGNOSIS: "Diagnosis",
    DIFFERENTIAL: "Differential Diagnosis",
    DISCUSSION: "Discussion",
    TEACHING: "Teaching Points",
}
"""Of sections; references have an element of their own."""

INDEXED: Final[Mapping[str, str]] = {
    HISTORY: "history",
    FINDINGS: "findings",
    DIAGNOSIS: "diagnosis",
    DIFFERENTIAL: "differential-diagnosis",
    DISCUSSION: "discussion",
}
"""Elements by which such systems search, of sections."""

LEVELS: Final[Mapping[str, str]] = {
    "introductory": "primary",
    "intermediate": "intermediate",
    "advanced": "advanced",
}

_PARAGRAPHS = re.compile(r"\n[ \t]*\n+")


def to_mirc(view: CaseView, address: str, pictures: Mapping[str, tuple[str, str]]) -> bytes:
    """Write what a reader may know of a case.

    Parameters
    ----------
    pictures
        Of each key image, by its id: address of a picture, and of the DICOM file or an empty text.
    """
    case = view.case
    root = Element("MIRCdocument", {"display": "mstf"})
    _add(root, "title", one_line(view.shown_title))
    if case.is_unknown and case.unknown_title:
        _add(root, "alternative-title", one_line(case.unknown_title))
    if view.author is not None:
        _add(SubElement(root, "author"), "name", one_line(view.author.shown_name))
    history = view.section(HISTORY)
    if history is not None:
        _paragraphs(SubElement(root, "abstract"), to_text(history.markdown))
    _sections(root, view)
    if view.key_images:
        images = SubElement(root, "image-section", {"heading": "Images"})
        for image in view.key_images:
            _image(images, image, *pictures[image.id])
    _references(root, view)
    _index(root, view)
    _facts(root, view, address)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _sections(root: Element, view: CaseView) -> None:
    for section in view.sections:
        heading = HEADINGS.get(section.kind)
        if heading is not None:
            _paragraphs(SubElement(root, "section", {"heading": heading}), section.markdown)


def _references(root: Element, view: CaseView) -> None:
    section = view.section(REFERENCES)
    if section is not None:
        several = SubElement(root, "references")
        for line in section.markdown.splitlines():
            if line.strip():
                _add(several, "reference", line.strip())


def _image(images: Element, image: KeyImage, picture: str, file: str) -> None:
    one = SubElement(images, "image", {"src": picture})
    if file:
        SubElement(one, "alternative-image", {"role": "original-format", "src": file})
    if image.caption:
        SubElement(one, "image-caption", {"display": "always"}).text = writable(image.caption)
    if image.alt:
        SubElement(one, "image-caption", {"display": "click"}).text = writable(image.alt)


def _index(root: Element, view: CaseView) -> None:
    for kind, element in INDEXED.items():
        section = view.section(kind)
        if section is not None:
            _add(root, element, to_text(section.markdown))
    case = view.case
    if case.body_part:
        _add(root, "anatomy", case.body_part.replace("-", " "))
    if case.specialty:
        _add(root, "category", SPECIALTIES.get(case.specialty, case.specialty))
    for modality in case.modalities:
        _add(root, "modality", modality)
    if case.proof:
        _add(root, "confirmation", case.proof)
    if case.sex or case.age_band:
        patient = SubElement(root, "patient")
        if case.age_band:
            # A band, never an age.
            _add(SubElement(patient, "pt-age"), "years", case.age_band)
        if case.sex:
            _add(patient, "pt-sex", case.sex)


def _facts(root: Element, view: CaseView, address: str) -> None:
    case = view.case
    _add(root, "document-type", "radiologic teaching file")
    _add(root, "document-id", address)
    _add(root, "creator", "DicomTube")
    if case.difficulty:
        _add(root, "level", LEVELS.get(case.difficulty, case.difficulty))
    if case.language:
        SubElement(root, "language", {"code": case.language}).text = case.language
    if case.licence:
        named = LICENCES.get(case.licence, case.licence)
        _add(root, "rights", f"{named} {LICENCE_ADDRESSES.get(case.licence, '')}".strip())
    if case.published_at is not None:
        _add(root, "publication-date", case.published_at.date().isoformat())


def _paragraphs(parent: Element, text: str) -> None:
    for paragraph in _PARAGRAPHS.split(text.strip()):
        _add(parent, "p", paragraph)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = writable(text)
