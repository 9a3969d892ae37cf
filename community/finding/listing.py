"""One look for cases, as pages and programs do it: words, choices, order, and how far down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.archive import Archive
from archive.database import reading
from archive.errors import BadSearch
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.reading import listed_in
from community.finding import looking
from community.finding.asking import Question, parse
from community.finding.facets import Chosen
from community.finding.looking import Counts, Found, languages_in

BY_DATE: Final = "newest"
ORDERS: Final = ("", BY_DATE)
"""The best first, or the newest."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for.

    Attributes
    ----------
    words
        Without any, the newest of what is chosen.
    order
        One of `ORDERS`.
    place
        `Listed.next` of the part before; None at the beginning.
    """

    words: str = ""
    chosen: Chosen = ()
    order: str = ""
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of what was found.

    Attributes
    ----------
    asked, answered
        The question, and the one that `found` answers: a wider one, if the first has no answer.
    everything
        Counts of all cases there are.
    """

    found: Found
    views: list[CaseView]
    asked: Question
    answered: Question
    everything: Counts

    @property
    def is_widened(self) -> bool:
        """Whether nothing had the very words; found is what begins like them."""
        return self.answered != self.asked

    @property
    def next(self) -> int | None:
        """What to ask for the next part with."""
        return self.found.next


def look(archive: Archive, reader: Reader, wish: Wish, limit: int) -> Listed:
    """Find cases, as far as a reader may know of them.

    Raises
    ------
    BadSearch
        The words are too many, or the order is none.
    """
    if wish.order not in ORDERS:
        raise BadSearch(f"a list is sorted by '{BY_DATE}', or by how well its cases answer")
    with reading(archive.engine) as connection:
        everything = looking.count_everything(connection)
        asked = answered = parse(wish.words, languages_in(everything))
        if not asked:
            found = looking.newest(connection, wish.chosen, wish.place, limit)
        else:
            by_date, after = wish.order == BY_DATE, wish.place or 0
            found = looking.asked(connection, asked, wish.chosen, after, limit, by_date=by_date)
            if found.total == 0:
                wider = asked.widened()
                other = looking.asked(connection, wider, wish.chosen, after, limit, by_date=by_date)
                if other.total != 0:
                    found, answered = other, wider
        views = listed_in(connection, reader, [hit.case_id for hit in found.hits])
    return Listed(found, views, asked, answered, everything)
