"""Whether the trail is whole: every event as it was written, none left out, none put in between.

Whoever can write into the database can write all of the trail anew. What shows it then is a hash
of its end that was kept elsewhere: it has to be in the trail still.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from archive.archive import Archive
from archive.database import reading
from community.audit.chain import START, Event, link
from community.audit_models import audit_end, audit_event

_A_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Attributes
    ----------
    first, last
        Numbers of the events that are kept; 0 where there is none.
    end
        The hash of the last, for who keeps it elsewhere.
    fault
        What is wrong, in words; empty of a trail that is whole.
    """

    first: int
    last: int
    end: bytes
    fault: str = ""


def verify(archive: Archive, known: bytes | None = None) -> Verdict:
    """Walk the trail from its first event that is kept to its end.

    Parameters
    ----------
    known
        A hash of the end of the trail, as it was once.
    """
    with reading(archive.engine) as connection:
        end = connection.execute(select(audit_end)).one_or_none()
        if end is None:
            return _without_end(connection, known)
        number, previous, seen = end.forgotten_number, end.forgotten_sha256, known is None
        first = number + 1 if end.last_number > number else 0
        seen = seen or previous == known
        while page := _page(connection, number):
            for event, stored_previous, stored in page:
                fault = _fault(event, number, previous, stored_previous, stored)
                if fault:
                    return Verdict(first, number, previous, fault)
                number, previous = event.number, stored
                seen = seen or previous == known
    if (number, previous) != (end.last_number, end.last_sha256):
        return Verdict(first, number, previous, f"events behind number {number} are missing")
    fault = "" if seen else "the hash that was kept is not in the trail: it was written anew"
    return Verdict(first, number, previous, fault)


def _without_end(connection: Connection, known: bytes | None) -> Verdict:
    is_empty = connection.execute(select(audit_event.c.number).limit(1)).one_or_none() is None
    fault = "" if is_empty and known in (None, START) else "the end of the trail is missing"
    return Verdict(0, 0, START, fault)


def _page(connection: Connection, after: int) -> list[tuple[Event, bytes, bytes]]:
    query = (
        select(audit_event)
        .where(audit_event.c.number > after)
        .order_by(audit_event.c.number)
        .limit(_A_PAGE)
    )
    names = Event.__dataclass_fields__
    return [
        (Event(**{name: getattr(row, name) for name in names}), row.previous_sha256, row.sha256)
        for row in connection.execute(query)
    ]


def _fault(
    event: Event, number: int, previous: bytes, stored_previous: bytes, stored: bytes
) -> str:
    if event.number != number + 1:
        return f"event {number + 1} is missing"
    if stored_previous != previous:
        return f"event {event.number} does not follow the one before"
    if link(previous, event) != stored:
        return f"event {event.number} was changed"
    return ""
