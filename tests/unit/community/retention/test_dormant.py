"""Accounts that nobody uses: written to once, closed much later, and kept by one sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from archive.access import Scope
from archive.archive import Archive
from archive.database import reading, writing
from archive.tokens import create_token
from community.accounts import people
from community.accounts.people import CLOSING, find_person, insert_person
from community.case_models import medical_case
from community.ids import new_id
from community.models import identity, person
from community.request_models import letter
from community.retention.nightly import forget_old
from community.retention.table import RULES
from community.rights.rounds import erase_due
from tests.archives import new_archive
from tests.found_cases import put_case

THEN = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOLD, CLOSED = THEN + timedelta(days=702), THEN + timedelta(days=1097)


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", database_url)
    yield made
    made.close()


def somebody(archive: Archive, handle: str, *, email: str = "") -> str:
    with writing(archive.engine) as connection:
        made = insert_person(connection, handle, {})
        if email:
            row = {
                "id": new_id(), "person": made, "provider": "google", "subject": handle,
                "email": email, "email_verified": True, "linked_at": THEN,
            }  # fmt: skip
            connection.execute(insert(identity).values(row))
    seen(archive, made, THEN)
    return made


def night(archive: Archive, now: datetime) -> None:
    """The part of a night that is about accounts; letters are dated by the true clock."""
    forget_old(archive, {}, now, [rule for rule in RULES if rule.act is not None])


def seen(archive: Archive, person_id: str, when: datetime) -> None:
    with writing(archive.engine) as connection:
        this = person.c.id == person_id
        connection.execute(update(person).where(this).values(last_seen_day=when.date()))


def state_of(archive: Archive, person_id: str) -> str | None:
    found = find_person(archive, person_id)
    return found.state if found else None


def letters(archive: Archive) -> list[tuple[str, str]]:
    with reading(archive.engine) as connection:
        return [(row.address, row.body) for row in connection.execute(select(letter))]


def test_who_does_not_come_is_written_to_once_and_closed_a_year_later(archive: Archive) -> None:
    ada = somebody(archive, "ada", email="ada@example.org")
    shown = put_case(archive, "Seen by all", owner=ada)
    night(archive, TOLD)
    night(archive, TOLD + timedelta(days=1))
    ((address, words),) = letters(archive)
    assert address == "ada@example.org"
    assert "2026-01-01" in words and "/login" in words and "ada" in words
    night(archive, CLOSED - timedelta(days=3))
    assert state_of(archive, ada) == people.ACTIVE
    night(archive, CLOSED)
    assert state_of(archive, ada) == CLOSING
    erase_due(archive, CLOSED + timedelta(days=8))
    assert state_of(archive, ada) is None
    with reading(archive.engine) as connection:
        owner = select(medical_case.c.owner).where(medical_case.c.id == shown)
        assert connection.execute(owner).one() == (None,)


def test_nobody_is_closed_who_was_not_written_to_a_month_before(archive: Archive) -> None:
    ada = somebody(archive, "ada")
    night(archive, CLOSED)
    assert state_of(archive, ada) == people.ACTIVE
    night(archive, CLOSED + timedelta(days=29))
    assert state_of(archive, ada) == people.ACTIVE
    night(archive, CLOSED + timedelta(days=31))
    assert state_of(archive, ada) == CLOSING


def test_who_comes_back_is_kept_and_written_to_anew_another_time(archive: Archive) -> None:
    ada = somebody(archive, "ada", email="ada@example.org")
    draft = put_case(
        archive, "A draft", owner=ada, state="draft", published_at=None, changed_at=THEN
    )
    night(archive, TOLD)
    back = TOLD + timedelta(days=10)
    seen(archive, ada, back)
    night(archive, back + timedelta(days=650))
    assert state_of(archive, ada) == people.ACTIVE
    with reading(archive.engine) as connection:
        assert connection.scalar(select(medical_case.c.id)) == draft
    night(archive, back + timedelta(days=702))
    assert len(letters(archive)) == 2
    night(archive, back + timedelta(days=1097))
    assert state_of(archive, ada) == CLOSING


@pytest.mark.parametrize("role", [people.MODERATOR, people.OPERATOR])
def test_staff_is_left_alone(archive: Archive, role: str) -> None:
    ada = somebody(archive, "ada")
    people.change_role(archive, ada, role)
    night(archive, TOLD)
    night(archive, CLOSED)
    assert state_of(archive, ada) == people.ACTIVE


def test_whose_program_still_works_is_left_alone(archive: Archive) -> None:
    ada = somebody(archive, "ada")
    create_token(archive, "a script", {("archive", Scope.READ)}, person=ada)
    night(archive, TOLD)
    night(archive, CLOSED)
    assert state_of(archive, ada) == people.ACTIVE
