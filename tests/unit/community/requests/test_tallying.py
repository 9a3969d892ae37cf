"""Requests are forgotten after their time, and the counts of a year do not change by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.mail.letters import Letter, post
from community.request_models import letter, ticket, ticket_event, ticket_link
from community.requests import kinds
from community.requests.tallying import count_years, forget_closed, forget_letters
from community.requests.tickets import Ticket, Wish, close_in, identify_in, open_in
from community.retention.nightly import forget_old
from tests import asked
from tests.archives import new_archive

JANUARY = datetime(2025, 1, 10, 12, tzinfo=UTC)


def ended(archive: Archive, kind: str, outcome: str, days: int) -> Ticket:
    """A request of January that ended so many days later."""
    with writing(archive.engine) as connection:
        made = open_in(connection, Wish(kind, "CANARY", email=asked.ADDRESS), JANUARY)
        identify_in(connection, made.id, kinds.DOCUMENT)
        closed = close_in(connection, made.id, outcome, words="CANARY")
        at = JANUARY + timedelta(days=days)
        connection.execute(update(ticket).where(ticket.c.id == made.id).values(closed_at=at))
    return closed


def test_a_year_is_counted_the_same_before_and_after_it_is_forgotten(
    tmp_path: Path, database_url: str
) -> None:
    archive = new_archive(tmp_path, database_url)
    for days in (3, 31, 32, 50):
        ended(archive, kinds.ACCESS, kinds.DONE, days)
    ended(archive, kinds.ERASE, kinds.REFUSED, 5)
    with writing(archive.engine) as connection:
        open_in(connection, Wish(kinds.ERASE, "CANARY"), JANUARY)
    before = count_years(archive)
    assert [(one.kind, one.count, one.ended, one.late) for one in before] == [
        (kinds.ACCESS, 4, {kinds.DONE: 4}, 2),
        (kinds.ERASE, 2, {kinds.REFUSED: 1, "": 1}, 1),
    ]
    assert forget_closed(archive, JANUARY + timedelta(days=10)) == 2
    assert count_years(archive) == before
    assert forget_closed(archive, JANUARY + timedelta(days=900)) == 3
    assert count_years(archive) == before
    archive.close()


def test_two_years_after_its_end_nothing_is_left_of_a_request_but_its_number(
    tmp_path: Path,
) -> None:
    archive = new_archive(tmp_path)
    made = ended(archive, kinds.ACCESS, kinds.DONE, 5)
    asked.mailed_link(archive, made)
    closed_at = JANUARY + timedelta(days=5)
    forget_old(archive, {}, closed_at + timedelta(days=729))
    assert _count(archive, ticket) == 1
    forget_old(archive, {}, closed_at + timedelta(days=731))
    for table in (ticket, ticket_event, ticket_link):
        assert _count(archive, table) == 0, table.name
    archive.close()


def test_an_open_request_is_never_forgotten(tmp_path: Path) -> None:
    archive = new_archive(tmp_path)
    asked.came(archive, days_ago=2000)
    forget_old(archive, {})
    assert _count(archive, ticket) == 1
    archive.close()


def test_a_letter_that_no_server_takes_goes_after_a_week(tmp_path: Path) -> None:
    archive = new_archive(tmp_path)
    with writing(archive.engine) as connection:
        connection.execute(delete(letter))
        post(connection, Letter("a@example.org", "A subject", "words"))
    now = datetime.now(UTC)
    assert forget_letters(archive, now - timedelta(days=1)) == 0
    forget_old(archive, {}, now + timedelta(days=8))
    assert _count(archive, letter) == 0
    archive.close()


def _count(archive: Archive, table) -> int:
    with reading(archive.engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0
