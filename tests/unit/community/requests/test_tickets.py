"""Requests are kept with their clock, and nothing is done for somebody whom nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotFound
from community.accounts.people import insert_person
from community.models import person
from community.request_models import ticket_event
from community.requests import kinds
from community.requests.errors import RequestError
from community.requests.texts import checked_address, max_words_chars
from community.requests.tickets import (
    Ticket,
    Wish,
    close_in,
    find_ticket,
    identify_in,
    move,
    open_in,
    open_ticket,
)
from tests.archives import new_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    found = new_archive(tmp_path_factory.mktemp("archive"))
    yield found
    found.close()


@pytest.fixture
def ann(archive: Archive) -> Iterator[str]:
    with writing(archive.engine) as connection:
        made = insert_person(connection, "ann", {})
    yield made
    with writing(archive.engine) as connection:
        connection.execute(delete(person).where(person.c.id == made))


def close(archive: Archive, ticket: Ticket, outcome: str = kinds.DONE) -> Ticket:
    with writing(archive.engine) as connection:
        return close_in(connection, ticket.id, outcome)


def events(archive: Archive, ticket: Ticket) -> list[tuple[str, str, str]]:
    query = select(ticket_event).where(ticket_event.c.ticket == ticket.id).order_by("id")
    with reading(archive.engine) as connection:
        return [(row.kind, row.side, row.fact) for row in connection.execute(query)]


def test_a_request_is_kept_with_the_day_by_which_it_is_answered(archive: Archive) -> None:
    came = datetime(2027, 1, 31, 23, 59, tzinfo=UTC)
    with writing(archive.engine) as connection:
        made = open_in(connection, Wish(kinds.ACCESS, "all of it", email="a@example.org"), came)
    assert (made.opened_at, made.due_on) == (came, date(2027, 2, 28))
    assert (made.state, made.identity_by, made.email) == (kinds.OPEN, "", "a@example.org")
    assert find_ticket(archive, made.id) == made
    assert events(archive, made) == [(kinds.OPENED, kinds.PERSON, kinds.ACCESS)]


def test_who_is_signed_in_needs_no_further_check(archive: Archive, ann: str) -> None:
    made = open_ticket(archive, kinds.ERASE, "", "please", ann)
    assert (made.person, made.identity_by, made.lacks_identity) == (ann, kinds.ACCOUNT, False)
    assert close(archive, made).outcome == kinds.DONE


@pytest.mark.parametrize("kind", [k for k, one in kinds.KINDS.items() if one.needs_identity])
def test_nothing_is_done_for_somebody_unknown(archive: Archive, kind: str) -> None:
    made = open_ticket(archive, kind, "a@example.org", "please")
    for outcome in (kinds.DONE, kinds.PARTLY):
        with pytest.raises(RequestError, match="who asks"):
            close(archive, made, outcome)
    assert find_ticket(archive, made.id).state == kinds.OPEN
    with writing(archive.engine) as connection:
        identify_in(connection, made.id, kinds.DOCUMENT)
    assert close(archive, made).state == kinds.CLOSED


@pytest.mark.parametrize("outcome", [k for k, o in kinds.OUTCOMES.items() if not o.is_done])
def test_what_releases_nothing_may_end_any_request(archive: Archive, outcome: str) -> None:
    made = open_ticket(archive, kinds.ACCESS, "a@example.org", "please")
    ended = close(archive, made, outcome)
    assert (ended.outcome, ended.closed_at is not None) == (outcome, True)
    assert events(archive, made)[-1] == (kinds.ENDED, kinds.STAFF, outcome)


def test_a_patient_proves_nothing_to_have_their_picture_taken_down(archive: Archive) -> None:
    made = open_ticket(archive, kinds.TAKEDOWN, "", "this is me")
    assert close(archive, made).is_closed


def test_what_is_closed_is_not_closed_again(archive: Archive) -> None:
    made = close(archive, open_ticket(archive, kinds.CONTACT, "", "hello"))
    with pytest.raises(RequestError, match="is closed"):
        close(archive, made)
    with writing(archive.engine) as connection:
        move(connection, made, kinds.OPEN)
        with pytest.raises(RequestError):
            open_in(connection, Wish("other"))
    assert not find_ticket(archive, made.id).is_closed


def test_the_clock_does_not_stop_while_somebody_is_asked(archive: Archive) -> None:
    made = open_ticket(archive, kinds.ACCESS, "a@example.org", "please")
    with writing(archive.engine) as connection:
        move(connection, made, kinds.ASKED)
    assert find_ticket(archive, made.id).due_on == made.due_on


def test_a_ticket_outlives_the_account_it_is_about(tmp_path: Path, database_url: str) -> None:
    archive = new_archive(tmp_path, database_url)
    with writing(archive.engine) as connection:
        ann = insert_person(connection, "ann", {})
    made = open_ticket(archive, kinds.ERASE, "", "please", ann)
    with writing(archive.engine) as connection:
        connection.execute(delete(person).where(person.c.id == ann))
    assert find_ticket(archive, made.id).person is None
    archive.close()


def test_references_are_told_on_the_telephone(archive: Archive) -> None:
    made = {open_ticket(archive, kinds.CONTACT, "", "hello").reference for _ in range(20)}
    assert len(made) == 20
    assert not set("".join(made)) & set("01IOAEUY")


def test_there_is_no_ticket_of_another_name(archive: Archive) -> None:
    for name in ("", "x", "01890a5d-ac96-774b-bcce-b302099a8057"):
        with pytest.raises(NotFound):
            find_ticket(archive, name)


@pytest.mark.parametrize(
    "bad",
    ["ann", "a b@example.org", "a@b", "a@example.org\r\nBcc: b@example.org", "@example.org",
     "a@@example.org", "<a@example.org>", "a" * 250 + "@b.org", "a,b@example.org"],
)  # fmt: skip
def test_what_is_no_address_or_more_than_one_is_refused(bad: str) -> None:
    with pytest.raises(RequestError, match="e-mail"):
        checked_address(bad)


def test_words_have_an_end_and_no_control_characters(archive: Archive) -> None:
    with pytest.raises(RequestError, match=str(max_words_chars)):
        open_ticket(archive, kinds.CONTACT, "", "x" * (max_words_chars + 1))
    made = open_ticket(archive, kinds.CONTACT, "", "one\r\ntwo\x00\x1b[31m")
    with reading(archive.engine) as connection:
        [words] = connection.scalars(
            select(ticket_event.c.words).where(ticket_event.c.ticket == made.id)
        )
    assert words == "one\ntwo[31m"
