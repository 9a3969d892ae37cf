"""People are written in their language, at the address that is theirs; lost letters are seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import insert_person
from community.ids import new_id
from community.look import languages
from community.mail.letters import Letter
from community.models import identity
from community.request_models import letter, stopped_address
from community.requests import kinds, letters
from community.requests.reading import events_of
from community.requests.tickets import Ticket
from tests import asked
from tests.archives import new_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    found = new_archive(tmp_path_factory.mktemp("archive"))
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _empty(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        connection.execute(delete(letter))


def written(archive: Archive, of: Ticket, event: str, words: str = "") -> Letter | None:
    with writing(archive.engine) as connection:
        if not letters.write_to(connection, of, event, asked.ORIGIN, words):
            return None
        row = connection.execute(select(letter)).one()
    return Letter(row.address, row.subject, row.body, row.person, row.ticket)


def address(archive: Archive, person: str, email: str, *, verified: bool = True) -> str:
    made = new_id()
    row = {
        "id": made, "person": person, "provider": "google", "subject": made, "email": email,
        "email_verified": verified, "is_relay": False, "linked_at": datetime.now(UTC),
    }  # fmt: skip
    with writing(archive.engine) as connection:
        connection.execute(insert(identity).values(row))
    return made


@pytest.mark.parametrize("event", [kinds.OPENED, kinds.QUESTION, kinds.ANSWER, kinds.ENDED])
def test_each_letter_names_the_request_and_leads_to_it(archive: Archive, event: str) -> None:
    of = asked.came(archive)
    made = written(archive, of, event)
    assert made is not None
    assert made.address == asked.ADDRESS
    assert made.subject.startswith(f"[{of.reference}] ")
    assert f"{asked.ORIGIN}/contact/request?k=" in made.body
    assert made.ticket == of.id


def test_an_account_is_written_at_an_address_that_its_provider_confirmed(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        ann = insert_person(connection, "ann", {})
    of = asked.came_signed_in(archive, ann)
    assert written(archive, of, kinds.ANSWER, "SECRET") is None
    address(archive, ann, "typed@example.org", verified=False)
    assert written(archive, of, kinds.ANSWER, "SECRET") is None
    known = address(archive, ann, "ann@example.org")
    made = written(archive, of, kinds.ANSWER, "SECRET")
    assert made is not None
    assert made.address == "ann@example.org"
    assert f"{asked.ORIGIN}/settings/requests/{of.id}" in made.body
    assert "?k=" not in made.body
    assert "SECRET" not in made.body
    with writing(archive.engine) as connection:
        stopped = {"identity": known, "at": datetime.now(UTC)}
        connection.execute(insert(stopped_address).values(stopped))
        connection.execute(delete(letter))
    assert written(archive, of, kinds.ANSWER, "SECRET") is None


def test_they_are_written_in_their_language(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "[{reference}] We have your request"\nmsgstr "[{reference}] Ihre Anfrage ist da"\n'
    )
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    languages._messages.cache_clear()
    of = asked.came(archive, locale="de")
    made = written(archive, of, kinds.OPENED)
    monkeypatch.undo()
    languages._messages.cache_clear()
    assert made is not None
    assert made.subject == f"[{of.reference}] Ihre Anfrage ist da"


def test_staff_sees_that_a_letter_was_lost_and_who_asked_does_not(archive: Archive) -> None:
    of = asked.came(archive)
    made = written(archive, of, kinds.ANSWER)
    assert made is not None
    with writing(archive.engine) as connection:
        letters.lost(connection, made)
        letters.lost(connection, Letter("a@example.org", "of no request", ""))
    assert [one.kind for one in events_of(archive, of.id, staff=True)][-1] == kinds.UNSENT
    assert kinds.UNSENT not in [one.kind for one in events_of(archive, of.id, staff=False)]


def test_nobody_who_came_by_telephone_can_be_written_to(archive: Archive) -> None:
    of = asked.came(archive, email="", reach="+1 555 0100", source=kinds.PHONE)
    assert written(archive, of, kinds.ANSWER) is None
    with reading(archive.engine) as connection:
        assert connection.scalar(select(letter.c.id)) is None
