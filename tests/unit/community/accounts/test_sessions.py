"""Sessions: for a while, longer when used, never for ever, and only of people who may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from archive.archive import Archive
from archive.database import writing
from community.accounts import people, sessions
from community.accounts.people import insert_person
from community.accounts.sessions import browser_of
from community.models import session
from tests.archives import new_archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home")
    yield made
    made.close()


def begin(archive: Archive, handle: str = "ada") -> tuple[str, str]:
    with writing(archive.engine) as connection:
        person_id = insert_person(connection, handle, {"terms": "1"})
        return person_id, sessions.begin(connection, person_id, "Mozilla/5.0 Firefox/140.0")


def age(archive: Archive, **moments: datetime) -> None:
    with writing(archive.engine) as connection:
        connection.execute(update(session).values(**moments))


def test_a_secret_leads_to_its_person_and_others_lead_nowhere(archive: Archive) -> None:
    person_id, secret = begin(archive)
    found = sessions.find(archive, secret)
    assert found is not None
    assert (found[0].id, found[1].person, found[1].browser) == (person_id, person_id, "Firefox")
    for other in ("", secret + "x", secret[:-1], "x" * 10_000, "\ud800"):
        assert sessions.find(archive, other) is None


def test_a_session_that_is_not_used_ends(archive: Archive) -> None:
    _, secret = begin(archive)
    age(archive, expires_at=datetime.now(UTC))
    assert sessions.find(archive, secret) is None


def test_a_session_that_is_used_lives_on_but_not_for_ever(archive: Archive) -> None:
    _, secret = begin(archive)
    now = datetime.now(UTC)
    age(archive, seen_at=now - timedelta(days=13), expires_at=now + timedelta(days=1))
    assert sessions.find(archive, secret) is not None
    found = sessions.find(archive, secret)
    assert found is not None
    assert found[1].expires_at > now + timedelta(days=13)
    age(
        archive,
        created_at=now - timedelta(days=89),
        seen_at=now - timedelta(days=1),
        expires_at=now + timedelta(days=2),
    )
    sessions.find(archive, secret)
    found = sessions.find(archive, secret)
    assert found is not None
    assert found[1].expires_at < now + timedelta(days=1, minutes=1)


@pytest.mark.parametrize("state", [people.SUSPENDED, people.CLOSING, people.ERASED])
def test_only_people_who_may_are_signed_in(archive: Archive, state: str) -> None:
    person_id, secret = begin(archive)
    people.change_state(archive, person_id, state)
    assert sessions.find(archive, secret) is None
    people.change_state(archive, person_id, people.RESTRICTED)
    assert sessions.find(archive, secret) is not None


@pytest.mark.parametrize(
    ("agent", "browser"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        ("curl/8", "Another browser"),
        ("", "Another browser"),
        ("<script>alert(1)</script>" * 100, "Another browser"),
    ],
)  # fmt: skip
def test_of_a_browser_its_kind_is_kept_and_no_more(agent: str, browser: str) -> None:
    assert browser_of(agent) == browser
