"""The cases of a person on the page of their profile: those that are public, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from archive.archive import Archive
from community.accounts.people import Person
from community.cases.model import PUBLIC
from community.cases.readers import Reader
from community.cases.reading import CaseQuery, list_cases
from community.finding.tiles import Tile, tiles_of

a_page: Final = 24
BEFORE: Final = "before"


@dataclass(frozen=True, slots=True)
class Shown:
    """Some of somebody's cases.

    Attributes
    ----------
    further, first
        Addresses of the next part and of the first one; empty where there is none.
    """

    tiles: list[Tile]
    further: str
    first: str


def cases_of(archive: Archive, reader: Reader, person: Person) -> Mapping[str, Any]:
    """What the page of a profile shows of somebody's cases, as far as a reader may know them.

    Raises
    ------
    BadSearch
        The list has no such place.
    """
    cursor, here = request.args.get(BEFORE, ""), request.script_root + request.path
    wanted = CaseQuery(owner=person.id, state=PUBLIC)
    page = list_cases(archive, reader, wanted, cursor, a_page)
    further = f"{here}?{urlencode({BEFORE: page.next_cursor})}" if page.next_cursor else ""
    return {"cases": Shown(tiles_of(page.items), further, here if cursor else "")}
