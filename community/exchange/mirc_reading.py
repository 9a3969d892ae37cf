"""A MIRCdocument from elsewhere, as a case. Pure; what arrives is hostile.

No DTD, no entity, no more elements, levels or text than is allowed. Of the HTML inside a section
paragraphs, lists, emphasis and links are kept, as Markdown; scripts, frames and pictures are not.
Nothing that an address in it leads to is fetched.

References
----------
RSNA MIRC, The MIRCdocument Schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from community.cases.editing import CaseText
from community.cases.model import (
    DIAGNOSIS,
    DIFFERENTIAL,
    DISCUSSION,
    FINDINGS,
    HISTORY,
    KINDS,
    REFERENCES,
    TEACHING,
    Section,
)
from community.cases.texts import max_section_chars, max_title_chars
from community.cases.vocabulary import (
    LANGUAGES,
    LICENCE_ADDRESSES,
    MODALITIES,
    SECTIONS,
    SEXES,
    SPECIALTIES,
)
from community.exchange.bundled import Bundled
from community.exchange.errors import BadBundle
from community.exchange.mirc import INDEXED, LEVELS
from community.exchange.plain import one_line

max_document_bytes: Final = 2 << 20
max_elements: Final = 20_000
max_levels: Final = 40

ROOT: Final = "MIRCdocument"

_KINDS: Final[Mapping[str, str]] = {
    "history": HISTORY,
    "clinical history": HISTORY,
    "presentation": HISTORY,
    "abstract": HISTORY,
    "findings": FINDINGS,
    "imaging findings": FINDINGS,
    "diagnosis": DIAGNOSIS,
    "final diagnosis": DIAGNOSIS,
    "differential": DIFFERENTIAL,
    "differential diagnosis": DIFFERENTIAL,
    "ddx": DIFFERENTIAL,
    "discussion": DISCUSSION,
    "teaching points": TEACHING,
    "teaching point": TEACHING,
    "references": REFERENCES,
}
"""What authors call their sections; what is called otherwise joins the discussion."""

_SKIPPED: Final = frozenset(
    {"script", "style", "iframe", "object", "embed", "image", "img", "quiz", "phi", "metadata-refs",
     "threadblock", "ScoredQuestion", "insert-megasave", "insert-dataset", "svg", "image-caption"}
)  # fmt: skip
_BLOCKS: Final = frozenset(
    {"p", "div", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "center", "blockquote",
     "pre", "text-caption", "patient"}
)  # fmt: skip
_MARKS: Final[Mapping[str, str]] = {"b": "**", "strong": "**", "i": "*", "em": "*"}
_SPACE = re.compile(r"[ \t\r\n]+")
_GAPS = re.compile(r"\n[ \t]*\n[\s]*")
_HIDDEN: Final = frozenset({"no", "owner"})


def from_mirc(data: bytes) -> Bundled:
    """Read a document.

    Raises
    ------
    BadBundle
        It is no well-formed XML, no MIRCdocument, or too much of one.
    """
    root = _parsed(data)
    notes: list[str] = []
    texts = _sections(root)
    category = _plain(root.find("category"))
    specialty = _named(SPECIALTIES, category)
    if category and not specialty:
        notes.append("The category is none of the specialties that are known here.")
    alternative = one_line(_plain(root.find("alternative-title")))
    text = CaseText(
        title=_cut(one_line(_plain(root.find("title"))), max_title_chars, "title", notes),
        unknown_title=_cut(alternative, max_title_chars, "alternative title", notes),
        is_unknown=bool(alternative),
        specialty=specialty,
        modalities=tuple(one for one in MODALITIES if one in _codes(root, "modality")),
        difficulty=_level(_plain(root.find("level"))),
        sex=_sex(root),
        licence=_licence(_plain(root.find("rights"))),
        language=_language(root),
        sections=tuple(
            Section(kind, _cut(texts[kind], max_section_chars, kind, notes), SECTIONS[kind].reveal)
            for kind in KINDS
            if texts.get(kind)
        ),
    )
    return Bundled(text, notes=tuple(notes))


def is_mirc(data: bytes) -> bool:
    """Whether a file looks like a MIRCdocument."""
    return b"<MIRCdocument" in data[:4096]


def _parsed(data: bytes) -> Element:
    if len(data) > max_document_bytes:
        raise BadBundle(f"a MIRCdocument has at most {max_document_bytes} bytes")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError, LookupError):
        raise BadBundle("this is not well-formed XML without a DTD") from None
    if root.tag != ROOT:
        raise BadBundle("this XML file is not a MIRCdocument")
    _check_size(root)
    return root


def _check_size(root: Element) -> None:
    level, depth, count = [root], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > max_levels or count > max_elements:
            raise BadBundle("this MIRCdocument has too many elements, or is too deep")
        level = [child for one in level for child in one]


def _sections(root: Element) -> dict[str, str]:
    """The texts of a document, by kinds of sections."""
    found: dict[str, list[str]] = {}
    for section in root.findall("section"):
        if section.get("visible") in _HIDDEN:
            continue
        heading = one_line(section.get("heading", ""))
        written = _markdown(section)
        kind = _KINDS.get(heading.lower().rstrip(":"))
        if kind is None and written:
            kind, written = DISCUSSION, f"### {heading}\n\n{written}" if heading else written
        if kind is not None and written:
            found.setdefault(kind, []).append(written)
    references = [_markdown(one) for one in root.findall("references/reference")]
    if any(references):
        found.setdefault(REFERENCES, []).extend(one_line(one) for one in references if one)
    # Elements for searches repeat the sections; they are the text where there is none.
    for kind, element in INDEXED.items():
        if kind not in found and (node := root.find(element)) is not None:
            found[kind] = [_markdown(node)]
    if HISTORY not in found and (node := root.find("abstract")) is not None:
        found[HISTORY] = [_markdown(node)]
    gap = {REFERENCES: "\n"}
    return {kind: gap.get(kind, "\n\n").join(several).strip() for kind, several in found.items()}


def _markdown(node: Element | None) -> str:
    if node is None:
        return ""
    lines = (line.strip() for line in "".join(_pieces(node)).splitlines())
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


def _pieces(node: Element) -> Iterator[str]:
    """What is written in an element, without its own mark."""
    yield _spaced(node.text)
    for child in node:
        if isinstance(child.tag, str) and not _is_left_out(child):
            yield from _marked(child)
        yield _spaced(child.tail)


def _marked(node: Element) -> Iterator[str]:
    name = node.tag.lower()
    inside = "".join(_pieces(node))
    mark = _MARKS.get(name)
    if mark and inside.strip():
        yield f"{mark}{inside.strip()}{mark}"
    elif name == "br":
        yield "\n"
    elif name == "li":
        yield f"\n- {inside.strip()}\n"
    elif name in ("a", "href") and _is_web(node.get("href", "")) and inside.strip():
        yield f"[{inside.strip()}]({node.get('href', '')})"
    elif name in _BLOCKS:
        yield f"\n\n{inside.strip()}\n\n"
    else:
        yield inside


def _is_left_out(node: Element) -> bool:
    return node.tag in _SKIPPED or node.tag.lower() in _SKIPPED or node.get("visible") in _HIDDEN


def _is_web(address: str) -> bool:
    return re.fullmatch(r"https?://[^\s()<>\"']{1,500}", address) is not None


def _spaced(text: str | None) -> str:
    """Text between marks. Lines that a paragraph has are kept: Markdown means them."""
    lines = (text or "").splitlines() or [""]
    return "\n".join(_SPACE.sub(" ", line) for line in lines)


def _plain(node: Element | None) -> str:
    return "" if node is None else _SPACE.sub(" ", "".join(node.itertext())).strip()


def _cut(text: str, most: int, what: str, notes: list[str]) -> str:
    if len(text) <= most:
        return text
    notes.append(f"The {what} was longer than {most} characters and is cut.")
    return text[:most]


def _codes(root: Element, element: str) -> set[str]:
    words = " ".join(_plain(node) for node in root.iter(element)).upper()
    return set(re.split(r"[^A-Z]+", words))


def _named(words: Mapping[str, str], wanted: str) -> str:
    """The value of a list that somebody called by its name."""
    named = {name.lower(): value for value, name in words.items()}
    return named.get(wanted.lower()) or (wanted.lower() if wanted.lower() in words else "")


def _level(wanted: str) -> str:
    return {level: ours for ours, level in LEVELS.items()}.get(wanted.lower(), "")


def _sex(root: Element) -> str:
    said = _plain(root.find("patient/pt-sex")).lower()
    known = {"m": "male", "f": "female", "o": "other"}
    return said if said in SEXES else known.get(said, "")


def _licence(rights: str) -> str:
    return next((name for name, address in LICENCE_ADDRESSES.items() if address in rights), "")


def _language(root: Element) -> str:
    node = root.find("language")
    code = (node.get("code") or _plain(node)).lower()[:2] if node is not None else ""
    return code if code in LANGUAGES else "en"
