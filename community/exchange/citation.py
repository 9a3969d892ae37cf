"""A case as a citation: BibTeX, RIS, CSL-JSON, or a line of text. Pure: a work in, a text out.

References
----------
BibTeX 0.99d, RIS (Reference Manager, 2011), CSL-JSON 1.0.2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from community.cases.model import CaseView
from community.exchange.plain import one_line

SITE: Final = "DicomTube"
_KIND: Final = "Radiology case"


@dataclass(frozen=True, slots=True)
class Work:
    """What is cited.

    Attributes
    ----------
    author
        Empty when nobody is named.
    published
        None of a draft.
    licence
        By its SPDX name; empty when nothing is said.
    accessed
        The day on which its reader saw it.
    """

    key: str
    title: str
    author: str
    published: date | None
    address: str
    language: str
    licence: str
    version: int
    accessed: date


@dataclass(frozen=True, slots=True)
class Style:
    """A way to spell a citation."""

    name: str
    media_type: str
    extension: str
    spell: Callable[[Work], str]


def work_of(view: CaseView, address: str, accessed: date) -> Work:
    """A case as its reader would cite it."""
    case = view.case
    return Work(
        key=f"{SITE.lower()}-{case.slug}",
        title=one_line(view.shown_title),
        author=one_line(view.author.shown_name) if view.author else "",
        published=case.published_at.date() if case.published_at else None,
        address=address,
        language=case.language,
        licence="" if case.licence == "none" else case.licence,
        version=case.version,
        accessed=accessed,
    )


_LATEX: Final[Mapping[str, str]] = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}
_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
"""Names that every style of BibTeX knows."""


def to_bibtex(work: Work) -> str:
    """As an entry of BibTeX; braces keep capitals, and an author's name in one piece."""
    fields = [("title", f"{{{{{_latex(work.title)}}}}}")]
    if work.author:
        fields.insert(0, ("author", f"{{{{{_latex(work.author)}}}}}"))
    if work.published:
        fields.append(("year", f"{{{work.published.year}}}"))
        fields.append(("month", _MONTHS[work.published.month - 1]))
    fields += [
        ("howpublished", f"{{{SITE}}}"),
        ("url", f"{{{work.address}}}"),
        ("urldate", f"{{{work.accessed.isoformat()}}}"),
        ("note", f"{{{_latex(_note(work))}}}"),
    ]
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields)
    return f"@misc{{{work.key},\n{lines}\n}}\n"


def to_ris(work: Work) -> str:
    """As a record of RIS."""
    lines: list[tuple[str, str]] = [("TY", "ELEC")]
    lines += [("AU", work.author)] if work.author else []
    lines += [("TI", work.title), ("T2", SITE), ("PB", SITE)]
    if work.published:
        lines += [("PY", f"{work.published:%Y}"), ("DA", f"{work.published:%Y/%m/%d}")]
    lines += [
        ("LA", work.language),
        ("UR", work.address),
        ("Y2", f"{work.accessed:%Y/%m/%d}"),
        ("N1", _note(work)),
        ("ID", work.key),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def to_csl(work: Work) -> str:
    """As CSL-JSON."""
    item: dict[str, Any] = {
        "id": work.key,
        "type": "webpage",
        "genre": _KIND,
        "title": work.title,
        "container-title": SITE,
        "publisher": SITE,
        "URL": work.address,
        "language": work.language,
        "version": str(work.version),
        "accessed": _csl_date(work.accessed),
    }
    if work.author:
        item["author"] = [{"literal": work.author}]
    if work.published:
        item["issued"] = _csl_date(work.published)
    if work.licence:
        item["license"] = work.licence
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def to_line(work: Work) -> str:
    """As a line for a list of references."""
    day = work.published.isoformat() if work.published else ""
    pieces = [work.author, work.title, f"{SITE} ({_KIND.lower()})", day]
    return f"{_sentences(pieces)} {work.address} (accessed {work.accessed.isoformat()})"


STYLES: Final[Mapping[str, Style]] = {
    "bibtex": Style("BibTeX", "application/x-bibtex", "bib", to_bibtex),
    "ris": Style("RIS", "application/x-research-info-systems", "ris", to_ris),
    "csl": Style("CSL-JSON", "application/vnd.citationstyles.csl+json", "json", to_csl),
    "text": Style("Text", "text/plain", "txt", to_line),
}
"""By the name that an address has."""


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _note(work: Work) -> str:
    said = [_KIND, f"version {work.version}"]
    return ", ".join([*said, work.licence] if work.licence else said)


def _csl_date(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _sentences(pieces: Iterable[str]) -> str:
    return " ".join(
        piece if piece.endswith((".", "?", "!")) else f"{piece}." for piece in pieces if piece
    )
