"""Whether the DICOMweb root of a case keeps words back: while its reader has not answered.

A token or a link that is nobody's has answered nothing. That somebody may do all on this server
does not spoil a case for them; that they are its author, or look after what others write, does.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from archive.access import Principal, person_of
from archive.archive import Archive
from archive.database import reading
from community.accounts.people import find_person
from community.cases.readers import Reader, reader_of
from community.cases.revealing import is_revealed
from community.cases.rows import find_case

Rule = Callable[[str, Principal | None], bool]
"""Takes the id of a case, and who asks."""


def keeps_words(archive: Archive) -> Rule:
    """Make the rule that the doors of an app ask."""

    def rule(case_id: str, asking: Principal | None) -> bool:
        with reading(archive.engine) as connection:
            case = find_case(connection, case_id)
        if case is None or not case.is_unknown:
            return False
        reader = _reader(archive, asking)
        with reading(archive.engine) as connection:
            return not is_revealed(connection, case, reader)

    return rule


def _reader(archive: Archive, asking: Principal | None) -> Reader:
    """Who asks: the person of a token before that of a cookie."""
    if not request.headers.get("Authorization"):
        return reader_of(request, asking)
    person = person_of(asking.name) if asking is not None else None
    return Reader(find_person(archive, person) if person else None)
