"""Words of coding schemes that cases can be tagged with: those of some of DICOM's context groups.

They come from pydicom (MIT licence), which carries the groups of PS3.16 with the codes that they
name; no other part of a scheme is here, and none is kept in our tables but of tags that people
gave. The codes of SNOMED CT that DICOM names may be used free of charge, worldwide, with DICOM.

References
----------
PS3.16 section 8.1 (coding schemes) and annex B (context groups); docs/decisions/0195-tags.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from community.finding.words import fold
from community.look.words import N_

ANATOMY: Final = "anatomy"
SIGN: Final = "sign"
PATHOLOGY: Final = "pathology"

GROUPS: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    # Anatomic regions; common ones; vertebrae and discs
    ANATOMY: (N_("Anatomy"), (4, 4031, 7602)),
    # Abnormal lines, opacities, lucencies and textures of the chest
    SIGN: (N_("Signs and patterns"), (6103, 6104, 6105, 6106)),
    # Pathology of the breast; lesions that are segmented; histology of tumours
    PATHOLOGY: (N_("Pathology"), (6030, 7159, 639)),
}
"""Name of a kind of term, and the context groups (CID) that it comes from."""

max_suggestions: Final = 12


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a scheme; `kind` is a key of `GROUPS`."""

    scheme: str
    code: str
    label: str
    kind: str


def find_term(label: str) -> Term | None:
    """The term that is called so, however it is capitalised."""
    return _by_label().get(fold(label).strip())


def suggest(beginning: str, limit: int = max_suggestions) -> list[Term]:
    """Terms in which a word begins so; those that begin so themselves first."""
    wanted = fold(beginning).strip()
    if not wanted:
        return []
    known = _by_label()
    first = [term for label, term in known.items() if label.startswith(wanted)]
    later = [term for label, term in known.items() if f" {wanted}" in label]
    return list(dict.fromkeys([*first, *later]))[:limit]


def all_terms() -> list[Term]:
    """Every term, by label."""
    return list(_by_label().values())


@cache
def _by_label() -> dict[str, Term]:
    found: dict[str, Term] = {}
    for term in _read():
        found.setdefault(fold(term.label), term)
    return dict(sorted(found.items()))


def _read() -> Iterator[Term]:
    # Large tables, for those who tag a case: no other process needs them.
    from pydicom.sr.codedict import codes

    for kind, (_, groups) in GROUPS.items():
        for number in groups:
            for code in getattr(codes, f"cid{number}").concepts.values():
                yield Term(code.scheme_designator, code.value, code.meaning, kind)
