"""A trail in which something was changed or left out does not pass; one cut at its begin does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, update

from archive.archive import Archive
from archive.database import writing
from community.audit.chain import START, Event, link, spelled
from community.audit.forgetting import forget
from community.audit.trail import SYSTEM, record
from community.audit.verifying import verify
from community.audit_models import audit_end, audit_event
from tests.archives import new_archive

table = audit_event.c


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path)
    write(made, 5)
    yield made
    made.close()


def write(archive: Archive, count: int) -> None:
    with writing(archive.engine) as connection:
        for number in range(count):
            record(connection, SYSTEM, "case.held", target=f"case {number}")


def cut(connection: Connection) -> None:
    connection.execute(delete(audit_event).where(table.number == 5))


def cut_well(connection: Connection) -> None:
    cut(connection)
    last = connection.scalar(select(table.sha256).where(table.number == 4))
    connection.execute(update(audit_end).values(last_number=4, last_sha256=last))


def rewrite(connection: Connection) -> None:
    """All of it anew, as somebody would who knows how it is made."""
    previous = START
    for row in connection.execute(select(audit_event).order_by(table.number)).all():
        event = Event(row.number, row.at, SYSTEM, "case.released", row.target, None, row.facts)
        made = link(previous, event)
        values = {"action": event.action, "previous_sha256": previous, "sha256": made}
        connection.execute(update(audit_event).where(table.number == row.number).values(values))
        previous = made
    connection.execute(update(audit_end).values(last_sha256=previous))


CHANGES: dict[str, tuple[Callable[[Connection], object], str]] = {
    "another word": (
        lambda c: c.execute(update(audit_event).where(table.number == 3).values(action="x")),
        "event 3 was changed",
    ),
    "another time": (
        lambda c: c.execute(
            update(audit_event).where(table.number == 2).values(at=datetime(2020, 1, 1, tzinfo=UTC))
        ),
        "event 2 was changed",
    ),
    "one left out": (
        lambda c: c.execute(delete(audit_event).where(table.number == 3)),
        "event 3 is missing",
    ),
    "the end cut off": (cut, "behind number 4 are missing"),
    "no end": (lambda c: c.execute(delete(audit_end)), "end of the trail is missing"),
}


def test_a_trail_that_nobody_touched_is_whole(archive: Archive) -> None:
    found = verify(archive)
    assert (found.first, found.last, found.fault) == (1, 5, "")
    write(archive, 3)
    assert verify(archive, found.end).fault == ""


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_was_changed_is_seen(archive: Archive, name: str) -> None:
    change, words = CHANGES[name]
    with writing(archive.engine) as connection:
        change(connection)
    assert words in verify(archive).fault


@pytest.mark.parametrize("change", [cut_well, rewrite])
def test_who_writes_all_of_it_anew_is_found_out_by_a_hash_that_was_kept(
    archive: Archive, change: Callable[[Connection], object]
) -> None:
    known = verify(archive).end
    with writing(archive.engine) as connection:
        change(connection)
    assert verify(archive).fault == ""
    assert "written anew" in verify(archive, known).fault


def test_what_is_old_is_forgotten_and_the_rest_is_whole(archive: Archive) -> None:
    known = verify(archive).end
    now = datetime.now(UTC)
    write(archive, 2)
    assert forget(archive, now - timedelta(days=1)) == 0
    assert forget(archive, now) == 5
    found = verify(archive, known)
    assert (found.first, found.last, found.fault) == (6, 7, "")
    assert forget(archive, now + timedelta(days=1)) == 2
    write(archive, 1)
    assert verify(archive).last == 8


def test_fields_cannot_be_moved_into_one_another() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    one = link(START, Event(1, at, "ab", "c", "", None, spelled({})))
    other = link(START, Event(1, at, "a", "bc", "", None, spelled({})))
    assert one != other
