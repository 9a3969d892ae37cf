"""What people confirm before others see what is theirs: the words, their versions, the record.

The record says who confirmed which words, when, and for what. Words that were once confirmed are
never changed here: changed words are a new version, and the old ones stay in the table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, insert

from archive.errors import ArchiveError
from community.case_models import sharing_confirmation
from community.ids import new_id
from community.look.words import N_

UPLOAD: Final = "upload"
PUBLISH: Final = "publish"


@dataclass(frozen=True, slots=True)
class Statement:
    """Words that somebody confirms."""

    version: str
    words: str

    @property
    def sha256(self) -> bytes:
        """Of the words as they are written here."""
        return hashlib.sha256(self.words.encode()).digest()


ADVICE: Final = N_(
    "We strongly recommend removing all patient identifying information before uploading any "
    "medical imaging studies."
)
"""Shown before an upload."""

WHO_SEES: Final = N_(
    "What is public can be seen by everybody, and may be copied and shown elsewhere. It cannot be "
    "taken back from those who have it."
)
"""Shown beside the button that makes something public."""

_STATEMENTS: Final = {
    UPLOAD: (
        Statement(
            "2026-11",
            N_(
                "I removed whatever identifies a patient from these images and texts, as the rules "
                "that apply to me (such as HIPAA) ask for, and I may share them for education and "
                "professional discussion."
            ),
        ),
    ),
    PUBLISH: (
        Statement(
            "2026-11",
            N_(
                "The images and texts of this case are de-identified as the rules that apply to me "
                "(such as HIPAA) ask for, I may share them, and I share them for education and "
                "professional discussion only."
            ),
        ),
    ),
}


def current(purpose: str) -> Statement:
    """The words that hold now."""
    return _STATEMENTS[purpose][-1]


def confirm(
    connection: Connection, person: str, purpose: str, version: str, subjects: Iterable[str]
) -> None:
    """Keep who confirmed the current words.

    Parameters
    ----------
    subjects
        What it is about: ``case:<id>``, ``study:<collection>/<uid>``, ``upload:<name>``.

    Raises
    ------
    ArchiveError
        Other words hold by now.
    """
    statement = current(purpose)
    if version != statement.version:
        raise ArchiveError("what you confirm was worded anew; read it again and confirm that")
    row = {
        "person": person,
        "purpose": purpose,
        "statement_version": statement.version,
        "statement_sha256": statement.sha256,
        "at": datetime.now(UTC),
    }
    rows = [{**row, "id": new_id(), "subject": subject} for subject in subjects]
    connection.execute(insert(sharing_confirmation), rows)
