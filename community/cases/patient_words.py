"""Words by which people write down who a patient is, beyond what headers of DICOM have.

Patterns only: they know nothing of cases, so that whatever has texts of people may ask.
"""

from __future__ import annotations

import re
from typing import Final

NAME: Final = "name"
RECORD: Final = "record"
AGE: Final = "age"

MORE: Final = (
    (
        RECORD,
        re.compile(
            r"(?i)\b(?:mrn|record|accession|patient|hospital|case|study|file)"
            r"(?:[ -]?(?:id|no|nr|number|num)\b\.?)?[ ]?[:#=][ ]?[A-Z]{0,4}-?\d[\w/-]{3,30}"
        ),
    ),
    (AGE, re.compile(r"(?i)\b(?:9\d|1[01]\d)[ -]?(?:years?|yrs?|y)[ /-]?(?:old|o)?\b")),
    (NAME, re.compile(r"(?i)\b(?:patient(?:'s)? (?:name|initials)|initials)[ ]?[:=][ ]?\S{1,60}")),
)
"""Kinds of places, and how each is spelled."""


def names_patient(text: str) -> bool:
    """Whether a text says that it names a patient: a record's number, a name or initials as such.

    For texts that are about people who are no patients: their authors' names and addresses are
    theirs to show.
    """
    return any(pattern.search(text) for kind, pattern in MORE if kind != AGE)
