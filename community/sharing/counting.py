"""How often a link was used: counts by hour, and never by whom.

A browser counts when it comes by the link. A program counts once an hour in each process, however
many requests it sends: that it was used is of interest, not how many frames it read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, select, update

from archive.archive import Archive
from archive.cache import Recent
from archive.database import insert_missing, reading, writing
from community.models import link_view

PAGE: Final = "page"
PROGRAM: Final = "program"


@dataclass(frozen=True, slots=True)
class Uses:
    """How often a link was used, and when last, to the hour."""

    pages: int = 0
    programs: int = 0
    last: datetime | None = None


_counted: Recent[tuple[str, datetime], bool] = Recent(max_entries=4096)


def count_page(archive: Archive, link_id: str) -> None:
    """Somebody came by a link."""
    _count(archive, link_id, PAGE, _hour())


def count_program(archive: Archive, link_id: str) -> None:
    """A program used a link; counted once an hour."""
    hour = _hour()
    if _counted.get((link_id, hour)) is None:
        _counted.put((link_id, hour), True)
        _count(archive, link_id, PROGRAM, hour)


def uses(archive: Archive, link_ids: list[str]) -> dict[str, Uses]:
    """How often links were used, by their ids; those that never were are not among them."""
    query = (
        select(
            link_view.c.link,
            link_view.c.what,
            func.sum(link_view.c.count).label("times"),
            func.max(link_view.c.at).label("last"),
        )
        .where(link_view.c.link.in_(link_ids))
        .group_by(link_view.c.link, link_view.c.what)
    )
    found: dict[str, Uses] = {}
    with reading(archive.engine) as connection:
        for row in connection.execute(query):
            known = found.get(row.link, Uses())
            last = max(row.last, known.last or row.last)
            pages = row.times if row.what == PAGE else known.pages
            programs = row.times if row.what == PROGRAM else known.programs
            found[row.link] = Uses(int(pages), int(programs), last)
    return found


def _hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def _count(archive: Archive, link_id: str, what: str, hour: datetime) -> None:
    row = {"link": link_id, "at": hour, "what": what}
    one_more = (
        update(link_view)
        .where(*(link_view.c[name] == value for name, value in row.items()))
        .values(count=link_view.c.count + 1)
    )
    with writing(archive.engine, durable=False) as connection:
        insert_missing(connection, link_view, [{**row, "count": 0}], ("link", "at", "what"))
        connection.execute(one_more)
