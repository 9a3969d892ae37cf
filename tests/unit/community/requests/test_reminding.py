"""Who runs the site hears of what is due soon and of what is overdue, each once in its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from archive.archive import Archive
from archive.database import reading, writing
from community.request_models import letter, ticket, ticket_event
from community.requests import kinds
from community.requests.reminding import count_open, count_overdue, remind
from community.requests.tickets import Ticket, close_in
from tests import asked
from tests.archives import new_archive

BOX = "privacy@example.org"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    found = new_archive(tmp_path_factory.mktemp("archive"))
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _empty(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        for table in (letter, ticket):
            connection.execute(delete(table))


def mails(archive: Archive) -> list[tuple[str, str, str]]:
    with reading(archive.engine) as connection:
        rows = connection.execute(select(letter).order_by(letter.c.id))
        return [(row.address, row.subject, row.body) for row in rows]


def heard(archive: Archive, of: Ticket) -> list[str]:
    query = select(ticket_event.c.kind).where(ticket_event.c.ticket == of.id).order_by("id")
    with reading(archive.engine) as connection:
        return [kind for kind in connection.scalars(query) if kind != kinds.OPENED]


def test_over_months_each_reminder_comes_once_and_on_its_day(archive: Archive) -> None:
    made = asked.came(archive)
    days = []
    for n in range(60):
        today = datetime.now(UTC).date() + timedelta(days=n)
        for _round in range(3):
            if remind(archive, BOX, today):
                days.append((today - made.due_on).days)
    assert days[:5] == [-10, -3, 1, 8, 15]
    assert heard(archive, made)[:3] == [kinds.REMINDED, kinds.REMINDED, kinds.OVERDUE]
    subjects = [subject for _, subject, _ in mails(archive)]
    assert [subject.startswith("OVERDUE") for subject in subjects[:3]] == [False, False, True]


def test_one_mail_tells_of_all_and_nothing_of_who_asked_or_what(archive: Archive) -> None:
    late = asked.came(archive, days_ago=40, words="CANARY")
    soon = asked.came(archive, days_ago=25, words="CANARY")
    asked.came(archive, words="CANARY")
    assert remind(archive, BOX) == 2
    [(address, subject, body)] = mails(archive)
    assert (address, subject) == (BOX, "OVERDUE: 1 of 2 requests of people")
    assert late.reference in body
    assert soon.reference in body
    assert f"/admin/requests/{late.id}" in body
    assert "CANARY" not in body
    assert asked.ADDRESS not in body


def test_what_is_closed_is_forgotten_by_the_clock(archive: Archive) -> None:
    made = asked.came(archive, days_ago=40)
    assert (count_open(archive), count_overdue(archive)) == (1, 1)
    with writing(archive.engine) as connection:
        close_in(connection, made.id, kinds.REFUSED)
    assert (count_open(archive), count_overdue(archive)) == (0, 0)
    assert remind(archive, BOX) == 0


def test_without_an_address_it_is_written_down_all_the_same(archive: Archive) -> None:
    made = asked.came(archive, days_ago=40)
    assert remind(archive, "") == 1
    assert mails(archive) == []
    assert heard(archive, made) == [kinds.OVERDUE]


def test_on_the_last_day_it_is_not_overdue(archive: Archive) -> None:
    made = asked.came(archive)
    assert count_overdue(archive, made.due_on) == 0
    assert count_overdue(archive, date.fromordinal(made.due_on.toordinal() + 1)) == 1
