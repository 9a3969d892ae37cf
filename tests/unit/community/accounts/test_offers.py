"""Offers of a role: to whoever comes first, once, for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from archive.archive import Archive
from archive.database import writing
from community.accounts import offers, people
from community.accounts.errors import AccountError
from community.accounts.people import MODERATOR, OPERATOR, find_person, insert_person
from community.accounts.principals import principal_of
from community.models import role_offer
from tests.archives import new_archive


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Archive:
    return new_archive(tmp_path / "home", database_url)


def somebody(archive: Archive, handle: str) -> str:
    with writing(archive.engine) as connection:
        return insert_person(connection, handle, {})


def role(archive: Archive, person_id: str) -> str:
    found = find_person(archive, person_id)
    assert found is not None
    return found.role


def test_the_first_to_come_has_the_role_and_nobody_after(archive: Archive) -> None:
    ada, ben = somebody(archive, "ada"), somebody(archive, "ben")
    secret = offers.offer(archive, OPERATOR)
    assert offers.offered_role(archive, secret) == OPERATOR
    assert offers.take(archive, secret, ada) == OPERATOR
    with pytest.raises(AccountError):
        offers.take(archive, secret, ben)
    assert (role(archive, ada), role(archive, ben)) == (OPERATOR, people.MEMBER)
    assert offers.offered_role(archive, secret) is None
    archive.close()


def test_an_offer_ends_and_a_made_up_one_is_none(archive: Archive) -> None:
    ada = somebody(archive, "ada")
    secret = offers.offer(archive, OPERATOR)
    with writing(archive.engine) as connection:
        over = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(role_offer).values(expires_at=over))
    for given in (secret, "", "x", "x" * 10_000):
        with pytest.raises(AccountError):
            offers.take(archive, given, ada)
    assert role(archive, ada) == people.MEMBER
    archive.close()


def test_a_lesser_offer_takes_nothing_from_an_operator(archive: Archive) -> None:
    ada = somebody(archive, "ada")
    offers.take(archive, offers.offer(archive, OPERATOR), ada)
    offers.take(archive, offers.offer(archive, MODERATOR), ada)
    assert role(archive, ada) == OPERATOR
    archive.close()


def test_what_each_role_may_in_the_archive(archive: Archive) -> None:
    ada = somebody(archive, "ada")

    def may(scope: str, collection: str = "community") -> bool:
        found = find_person(archive, ada)
        assert found is not None
        return principal_of(found).may(collection, scope)

    assert [may(one) for one in ("write", "read", "review", "delete")] == [True, *[False] * 3]
    assert not may("write", "archive")
    people.change_role(archive, ada, MODERATOR)
    assert [may(one) for one in ("write", "review", "delete")] == [True, True, False]
    people.change_role(archive, ada, OPERATOR)
    assert may("delete", "archive")
    people.change_state(archive, ada, people.RESTRICTED)
    assert not any(may(one) for one in ("write", "read", "review", "delete"))
    found = find_person(archive, ada)
    assert found is not None
    assert principal_of(found).audiences == {f"person:{ada}"}
    archive.close()
