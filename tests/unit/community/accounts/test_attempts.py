"""Ways through a provider: each ends once, where it began, and leads nowhere but here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts import attempts
from community.accounts.attempts import LINK, SIGN_IN, safe_next
from community.accounts.errors import SignInError
from community.accounts.people import insert_person
from community.models import posted_answer, sign_in_attempt
from tests.archives import new_archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home")
    yield made
    made.close()


def test_an_attempt_ends_once_in_its_browser_with_its_provider(archive: Archive) -> None:
    begun = attempts.begin(archive, "browser", "google", "/uploads")
    for browser, provider, state in (
        ("another", "google", begun.state),
        ("browser", "facebook", begun.state),
        ("browser", "google", "forged"),
        ("browser", "google", None),
        ("", "google", begun.state),
        ("browser", "google", "x" * 1000),
    ):
        with pytest.raises(SignInError):
            attempts.take(archive, browser, provider, state)
    assert attempts.take(archive, "browser", "google", begun.state) == begun
    with pytest.raises(SignInError):
        attempts.take(archive, "browser", "google", begun.state)


def test_attempts_of_one_browser_do_not_disturb_each_other(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        person = insert_person(connection, "ada", {})
    one = attempts.begin(archive, "browser", "google", "/")
    two = attempts.begin(archive, "browser", "google", "/", person)
    assert (one.purpose, two.purpose) == (SIGN_IN, LINK)
    assert len({one.state, one.nonce, one.pkce_verifier, two.state, two.nonce}) == 5
    assert attempts.take(archive, "browser", "google", two.state).person == person
    assert attempts.take(archive, "browser", "google", one.state).person is None


def test_what_is_too_old_is_refused_and_goes(archive: Archive) -> None:
    begun = attempts.begin(archive, "browser", "google", "/")
    posted = attempts.keep_posted(archive, {"state": begun.state})
    attempts.keep_name(archive, "browser", "Ada Lindqvist")
    with writing(archive.engine) as connection:
        for table in (sign_in_attempt, posted_answer):
            connection.execute(update(table).values(expires_at=datetime.now(UTC)))
    with pytest.raises(SignInError):
        attempts.take(archive, "browser", "google", begun.state)
    with pytest.raises(SignInError):
        attempts.take_posted(archive, posted)
    attempts.begin(archive, "browser", "google", "/")
    with reading(archive.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(posted_answer)) == 0
    assert attempts.take_name(archive, "browser") is None


def test_what_was_posted_is_given_out_once_and_is_bounded(archive: Archive) -> None:
    fields = {"state": "s", "code": "c", "user": '{"name": {"firstName": "Zoë"}}'}
    key = attempts.keep_posted(archive, fields)
    assert attempts.take_posted(archive, key) == fields
    for again in (key, "", "x" * 10_000):
        with pytest.raises(SignInError):
            attempts.take_posted(archive, again)
    with pytest.raises(SignInError):
        attempts.keep_posted(archive, {"user": "x" * attempts.max_posted_chars})


def test_a_name_that_is_told_once_waits_for_its_browser(archive: Archive) -> None:
    attempts.keep_name(archive, "browser", "Ada")
    attempts.keep_name(archive, "browser", "Ada Lindqvist")
    assert attempts.take_name(archive, "another") is None
    assert attempts.take_name(archive, "browser") == "Ada Lindqvist"
    assert attempts.take_name(archive, "browser") is None


@pytest.mark.parametrize("path", ["/", "/uploads?state=review", "/u/ada", "/cases/x#comment-3"])
def test_paths_of_ours_are_kept(path: str) -> None:
    assert safe_next(path) == path


@given(st.text(alphabet="/\\.:@%?#ahtps e\t\r\n\x00", max_size=12) | st.text(max_size=20))
def test_whatever_is_asked_for_a_browser_stays_here(path: str) -> None:
    kept = safe_next(path)
    # As browsers read it: a backslash is a slash, tabs and line ends are dropped.
    read = kept.replace("\\", "/").replace("\t", "").replace("\r", "").replace("\n", "")
    there = urlsplit(urljoin("https://ours.example/login", read))
    assert (there.scheme, there.netloc) == ("https", "ours.example")
    assert kept.startswith("/")
