"""That staff looked at what is private, or decided about it, kept where a page is answered."""

from __future__ import annotations

from flask import request

from archive.archive import Archive
from archive.database import writing
from community.accounts.signed_in import person_of
from community.audit.chain import Fact
from community.audit.trail import by_person, record


def note(archive: Archive, action: str, target: str, **facts: Fact) -> None:
    """Keep what who is signed in did; where access is open and nobody is, there is no staff."""
    person = person_of(request)
    if person is None:
        return
    with writing(archive.engine) as connection:
        record(connection, by_person(person.id), action, target=target, facts=facts)
