"""Copies of people's data: made once they are asked for, handed out once, gone after a week."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from archive.database import reading
from archive.errors import ArchiveError, Gone, NotFound
from community.accounts.people import Person, find_person
from community.request_models import ticket
from community.rights import copies
from community.rights.copies import ask_for, copies_of, fetch, forget_old, make_waiting
from community.rights.erasing import erase_person
from tests.people import Town


@pytest.fixture
def wilma(here: Town) -> Person:
    found = find_person(here.archive, here.person("wilma"))
    assert found is not None
    return found


def made(here: Town, wilma: Person) -> str:
    asked = ask_for(here.archive, wilma, with_studies=False)
    assert make_waiting(here.archive) == 1
    return asked.id


def objects(here: Town) -> list[str]:
    return list(here.archive.objects.keys("copies/"))


def test_a_copy_is_made_and_handed_out_once(here: Town, wilma: Person) -> None:
    number = made(here, wilma)
    assert [one.state for one in copies_of(here.archive, wilma.id)] == [copies.READY]
    with reading(here.archive.engine) as connection:
        assert connection.scalar(select(ticket.c.outcome)) == "done"
    _, pieces = fetch(here.archive, wilma.id, number)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert "account.json" in archive.namelist()
    with pytest.raises(Gone):
        fetch(here.archive, wilma.id, number)


def test_nobody_else_gets_it_and_nobody_before_it_is_ready(here: Town, wilma: Person) -> None:
    asked = ask_for(here.archive, wilma, with_studies=False)
    with pytest.raises(NotFound):
        fetch(here.archive, wilma.id, asked.id)
    make_waiting(here.archive)
    with pytest.raises(NotFound):
        fetch(here.archive, here.person("otto"), asked.id)
    with pytest.raises(NotFound):
        fetch(here.archive, wilma.id, "../etc/passwd")


def test_one_is_made_at_a_time_and_three_a_day(here: Town, wilma: Person) -> None:
    ask_for(here.archive, wilma, with_studies=True)
    with pytest.raises(ArchiveError, match="being made"):
        ask_for(here.archive, wilma, with_studies=True)
    make_waiting(here.archive)
    for _ in range(2):
        made(here, wilma)
    with pytest.raises(ArchiveError, match="3 copies a day"):
        ask_for(here.archive, wilma, with_studies=False)


def test_a_copy_is_gone_after_a_week_and_one_that_was_fetched_after_a_day(
    here: Town, wilma: Person
) -> None:
    first, second = made(here, wilma), made(here, wilma)
    fetch(here.archive, wilma.id, first)
    assert len(objects(here)) == 2
    assert forget_old(here.archive, datetime.now(UTC) + timedelta(days=2)) == 1
    assert forget_old(here.archive, datetime.now(UTC) + timedelta(days=8)) == 1
    assert objects(here) == []
    with pytest.raises(Gone):
        fetch(here.archive, wilma.id, second)


def test_what_cannot_be_made_is_tried_three_times(
    here: Town, wilma: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the store is away")

    ask_for(here.archive, wilma, with_studies=False)
    monkeypatch.setattr(copies, "export_pieces", fail)
    for expected in (copies.WAITING, copies.WAITING, copies.FAILED):
        assert make_waiting(here.archive) == 0
        assert [one.state for one in copies_of(here.archive, wilma.id)] == [expected]
    assert copies.count_failed(here.archive) == 1
    assert objects(here) == []


def test_whoever_is_erased_leaves_no_copy(here: Town, wilma: Person) -> None:
    made(here, wilma)
    erase_person(here.archive, wilma.id)
    assert objects(here) == []
