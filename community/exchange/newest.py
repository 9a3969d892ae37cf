"""The newest public cases with their texts, as everybody may know them, for feeds."""

from __future__ import annotations

from typing import Final

from archive.archive import Archive
from archive.database import reading
from community.cases.model import PUBLIC, CaseView
from community.cases.reading import NOBODY, CaseQuery, list_cases, views_in
from community.cases.rows import find_cases

entries_a_feed: Final = 30


def newest(archive: Archive, specialty: str | None = None) -> tuple[CaseView, ...]:
    """The newest cases, of one specialty or of all; in as many questions as for one."""
    wanted = CaseQuery(state=PUBLIC, specialty=specialty)
    page = list_cases(archive, NOBODY, wanted, limit=entries_a_feed)
    ids = [view.case.id for view in page.items]
    with reading(archive.engine) as connection:
        known = find_cases(connection, ids)
        # One may have been withdrawn since the list was made.
        still = [known[one] for one in ids if one in known and known[one].state == PUBLIC]
        return views_in(connection, NOBODY, still)
