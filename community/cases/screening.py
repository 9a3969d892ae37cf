"""Places in a text that may identify a patient, or give an unknown case away, for its author.

Nothing is refused for good: who writes looks at each place and says that it is none. What is
looked for are the patterns that texts of DICOM headers are cleaned by, and three more that people
write: numbers of records, ages over 89, and initials of patients.

References
----------
45 CFR 164.514(b)(2)(i), docs/decisions/0183-cases.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from community.cases.model import DIAGNOSIS, REFERENCES, Section
from community.cases.patient_words import AGE, MORE, NAME, RECORD
from community.look.words import N_
from imaging.deidentify.patterns import places_of

DATE: Final = "date"
MAIL: Final = "mail"
NUMBER: Final = "number"
PATH: Final = "path"
SPOILER: Final = "spoiler"

WORDS: Final[Mapping[str, str]] = {
    NAME: N_("looks like a person's name"),
    DATE: N_("looks like a date or a time"),
    MAIL: N_("looks like a mail address"),
    NUMBER: N_("looks like a telephone number or another long number"),
    RECORD: N_("looks like the number of a record"),
    PATH: N_("looks like the path of a file"),
    AGE: N_("is an age over 89: write “90 years or older”"),
    SPOILER: N_("gives the diagnosis away before the answer"),
}

max_findings: Final = 100
_MIN_SPOILER: Final = 4
_MAX_SPOILER: Final = 80

_WEB: Final = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_LETTER: Final = re.compile(r"[^\W\d_]{2}")
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}:\d{2}")
_DATED: Final = re.compile(
    r"(?:1[89]|20|21)\d\d[-/. _年]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}"
    r"|(?:19|20)\d{6}(?:T?\d*)?"
)
_MONTHS: Final = re.compile(r"\d.*[^\W\d_]{3}|[^\W\d_]{3}.*\d")

# What a list of literature consists of.
_NOT_IN_REFERENCES: Final = frozenset({NAME, DATE, NUMBER})


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that its author should look at.

    Attributes
    ----------
    field
        Where it stands: the name of the field in the form.
    """

    field: str
    kind: str
    excerpt: str

    @property
    def words(self) -> str:
        """What is the matter with it; translated where it is shown."""
        return WORDS[self.kind]


def screen(text: str, field: str = "") -> list[Finding]:
    """Places of a text that may identify somebody, in their order, each once."""
    found: dict[tuple[int, int], str] = {}
    for kind, pattern in MORE:
        found.update({match.span(): kind for match in pattern.finditer(text)})
    for start, end in places_of(text):
        known = _kind(text[start:end])
        inside = any(a <= start and end <= b for a, b in found)
        if known is not None and not inside:
            found[start, end] = known
    if field == REFERENCES:
        found = {span: kind for span, kind in found.items() if kind not in _NOT_IN_REFERENCES}
    ordered = sorted(found.items())[:max_findings]
    every = (Finding(field, kind, text[a:b].strip()) for (a, b), kind in ordered)
    return list(dict.fromkeys(every))


def spoilers(title: str, sections: Iterable[Section], shown: Mapping[str, str]) -> list[Finding]:
    """Where what an unknown case shows before the answer names its diagnosis.

    Parameters
    ----------
    shown
        Texts that are shown before the answer, by their fields.
    """
    names = dict.fromkeys([title, *_named(sections)])
    return [
        Finding(field, SPOILER, name)
        for field, text in shown.items()
        for name in names
        if _MIN_SPOILER <= len(name) <= _MAX_SPOILER and _has(text, name)
    ]


def _named(sections: Iterable[Section]) -> Iterator[str]:
    """The first line of a diagnosis, which is its name more often than not."""
    for one in sections:
        if one.kind == DIAGNOSIS:
            yield one.markdown.partition("\n")[0].strip(" *_#.`>-")


def _has(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _kind(found: str) -> str | None:
    """What a place is that `places_of` found; None of what identifies nobody here."""
    if _WEB.match(found):
        return None
    if "\\" in found:
        return PATH
    if "@" in found:
        return MAIL
    if _CLOCK.match(found) or _DATED.match(found):
        return DATE
    if not _LETTER.search(found):
        return NUMBER
    return DATE if _MONTHS.search(found) else NAME
