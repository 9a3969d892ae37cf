"""Who wants to be erased is out of sight at once, has a week to think, and is then gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import func, select

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import ArchiveError
from community.accounts import identities
from community.accounts.closing import close_account, cooling_off, wish_of
from community.accounts.errors import AccountError, SignInError
from community.accounts.people import (
    ACTIVE,
    CLOSING,
    SUSPENDED,
    change_state,
    find_person,
    insert_person,
)
from community.accounts.providers import Told
from community.models import identity, session
from community.request_models import ticket
from community.rights import rounds
from community.rights.rounds import erase_due
from tests.people import Town

TOLD = Told("google", "the subject", "wilma@example.org", True, False, "Wilma", None)


@pytest.fixture
def wilma(here: Town) -> str:
    made = here.person("wilma")
    identities.link(here.archive, made, TOLD)
    return made


def close(archive: Archive, person: str, **more: object) -> None:
    with writing(archive.engine) as connection:
        close_account(connection, person, keeps_work=False, **more)  # type: ignore[arg-type]


def outcome(archive: Archive) -> str:
    with reading(archive.engine) as connection:
        return connection.scalar(select(ticket.c.outcome)) or ""


def test_who_closes_is_signed_out_and_not_shown(here: Town, wilma: str) -> None:
    browser = here.browser("wilma")
    assert here.browser().get("/u/wilma").status_code == HTTPStatus.OK
    close(here.archive, wilma)
    assert here.browser().get("/u/wilma").status_code == HTTPStatus.NOT_FOUND
    assert browser.get("/settings/profile").location.startswith("/login")
    with reading(here.archive.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(session)) == 0


def test_nobody_closes_twice(here: Town, wilma: str) -> None:
    close(here.archive, wilma)
    with pytest.raises(AccountError, match="cannot be closed"):
        close(here.archive, wilma)


def test_who_signs_in_again_has_come_back(here: Town, wilma: str) -> None:
    close(here.archive, wilma)
    found = identities.sign_in(here.archive, TOLD)
    assert found is not None and found.state == CLOSING  # as they were before, to be told
    again = find_person(here.archive, wilma)
    assert again is not None and again.state == ACTIVE
    with writing(here.archive.engine) as connection:
        assert wish_of(connection, wilma) is None
    assert outcome(here.archive) == "withdrawn"
    assert erase_due(here.archive, datetime.now(UTC) + 2 * cooling_off) == 0


def test_who_is_suspended_meanwhile_does_not_come_in_and_is_erased(here: Town, wilma: str) -> None:
    close(here.archive, wilma)
    change_state(here.archive, wilma, SUSPENDED)
    with pytest.raises(SignInError):
        identities.sign_in(here.archive, TOLD)
    assert erase_due(here.archive, datetime.now(UTC) + 2 * cooling_off) == 1


def test_nobody_is_erased_before_a_week_is_over_and_then_they_are(here: Town, wilma: str) -> None:
    close(here.archive, wilma)
    soon = datetime.now(UTC) + cooling_off - timedelta(hours=1)
    assert erase_due(here.archive, soon) == 0
    assert find_person(here.archive, wilma) is not None
    assert erase_due(here.archive, soon + timedelta(hours=2)) == 1
    assert find_person(here.archive, wilma) is None
    with reading(here.archive.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(identity)) == 0
    assert outcome(here.archive) == "done"
    assert identities.sign_in(here.archive, TOLD) is None


def test_a_handle_is_nobodys_for_a_year(here: Town, wilma: str) -> None:
    close(here.archive, wilma)
    erase_due(here.archive, datetime.now(UTC) + 2 * cooling_off)
    for taken in ("wilma", "Wi1ma", "WILMA"):
        with (
            pytest.raises(AccountError, match="taken"),
            writing(here.archive.engine) as connection,
        ):
            insert_person(connection, taken, {})
    erase_due(here.archive, datetime.now(UTC) + timedelta(days=366))
    with writing(here.archive.engine) as connection:
        assert insert_person(connection, "wilma", {})


def test_one_who_cannot_be_erased_keeps_nobody_else_and_is_told_of_loudly(
    here: Town, wilma: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = here.person("otto")
    close(here.archive, wilma)
    close(here.archive, other)
    real = rounds.erase_person

    def erase(archive: Archive, person: str, *, keeps_work: bool) -> bool:
        if person == wilma:
            raise OSError("the store is away")
        return real(archive, person, keeps_work=keeps_work)

    monkeypatch.setattr(rounds, "erase_person", erase)
    later = datetime.now(UTC) + 2 * cooling_off
    with pytest.raises(ArchiveError, match="1 of 2"):
        erase_due(here.archive, later)
    assert find_person(here.archive, other) is None
    monkeypatch.undo()
    assert erase_due(here.archive, later) == 1
    assert find_person(here.archive, wilma) is None
