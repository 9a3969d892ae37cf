"""The proof of consents: each choice, when and to which words; of whom only a random number.

No address of a network is kept. Who was signed in is noted, so that they find it in their export.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

from archive.archive import Archive
from archive.database import writing
from community.audit.trail import by_person, record
from community.consent.choice import Choice
from community.consent.table import ANALYTICS, NECESSARY
from community.consent_models import consent_event
from community.ids import new_id


def note(archive: Archive, choice: Choice, person: str | None, words: bytes) -> None:
    """Keep a choice.

    Parameters
    ----------
    words
        SHA-256 of what was asked.
    """
    categories = (NECESSARY, ANALYTICS) if choice.analytics else (NECESSARY,)
    row = {
        "id": new_id(),
        "browser": choice.browser,
        "person": person,
        "categories": " ".join(categories),
        "version": choice.version,
        "at": datetime.now(UTC),
        "gpc": choice.knew_signal,
        "text_sha256": words,
    }
    action = "consent.given" if choice.analytics else "consent.refused"
    with writing(archive.engine) as connection:
        connection.execute(insert(consent_event).values(row))
        if person is not None:
            record(connection, by_person(person), action, subject=person)
