"""Secrets are shown once, kept as hashes, and worthless once revoked or expired."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from archive.access import Principal
from archive.database import reading
from archive.tokens import authenticate, create_token, list_tokens, revoke_token

GRANTS = {("archive", "read"), ("research", "write")}


def test_a_secret_names_its_principal_with_its_grants(archive):
    number, secret = create_token(archive, "PACS", GRANTS)
    principal = authenticate(archive, secret)
    assert principal.grants == GRANTS
    assert principal.name == f"token {number}"
    assert not principal.everything


def test_the_secret_is_256_random_bits_and_stands_nowhere_in_the_index(archive):
    secrets = [create_token(archive, "PACS", GRANTS)[1] for _ in range(2)]
    assert secrets[0] != secrets[1]
    assert all(len(secret) == 3 + 43 for secret in secrets)
    with reading(archive.engine) as connection:
        rows = connection.execute(text("SELECT * FROM token")).all()
    assert secrets[0] not in str(rows)


@pytest.mark.parametrize("wrong", ["", "dt_", "dt_" + "A" * 43, "x" * 10_000, "dt_\ud800", "dt_\0"])
def test_a_secret_that_nobody_was_given_is_nobody(archive, wrong):
    create_token(archive, "PACS", GRANTS)
    assert authenticate(archive, wrong) is None


def test_a_revoked_token_is_nobody_at_once(archive):
    number, secret = create_token(archive, "PACS", GRANTS)
    assert revoke_token(archive, number)
    assert authenticate(archive, secret) is None
    assert not revoke_token(archive, number)
    assert not revoke_token(archive, 999)


def test_an_expired_token_is_nobody(archive):
    now = datetime.now(UTC)
    _, dead = create_token(archive, "old", GRANTS, now - timedelta(seconds=1))
    _, alive = create_token(archive, "young", GRANTS, now + timedelta(hours=1))
    assert authenticate(archive, dead) is None
    assert authenticate(archive, alive) is not None


def test_the_list_tells_all_but_the_secret(archive):
    number, secret = create_token(archive, "PACS", GRANTS)
    [listed] = list_tokens(archive)
    assert (listed.id, listed.name, listed.grants) == (number, "PACS", GRANTS)
    assert secret not in str(listed)
    assert listed.created_at.tzinfo is not None


def test_a_scope_that_does_not_exist_cannot_be_granted(archive):
    with pytest.raises(ValueError, match="admin"):
        create_token(archive, "PACS", {("archive", "admin")})


OWNER = Principal(
    "person p1",
    frozenset({("community", "write"), ("community", "review")}),
    audiences=frozenset({"person:p1"}),
)


@pytest.mark.parametrize(
    ("grants", "kept", "audiences"),
    [
        ({("community", "write")}, {("community", "write")}, frozenset()),
        ({("community", "read")}, set(), OWNER.audiences),
        (
            {("community", "write"), ("community", "read")},
            {("community", "write")},
            OWNER.audiences,
        ),
        ({("archive", "delete"), ("community", "delete")}, set(), frozenset()),
    ],
)
def test_a_token_of_a_person_does_no_more_than_the_person(archive, grants, kept, audiences):
    _, secret = create_token(archive, "script", grants, person="p1")
    found = authenticate(archive, secret, {"p1": OWNER}.get)
    assert found == Principal("person p1", frozenset(kept), audiences=audiences)


def test_a_token_follows_its_person_from_one_use_to_the_next(archive):
    _, secret = create_token(archive, "all", [("archive", "read")], person="p1")
    people = {"p1": Principal("person p1", everything=True)}
    found = authenticate(archive, secret, people.get)
    assert found is not None
    assert found.may("archive", "read")
    assert not found.may("archive", "write")
    people["p1"] = OWNER
    assert authenticate(archive, secret, people.get).grants == frozenset()
    del people["p1"]  # suspended
    assert authenticate(archive, secret, people.get) is None
    assert authenticate(archive, secret) is None


def test_people_list_and_revoke_their_own_tokens_only(archive):
    mine, secret = create_token(archive, "mine", [("community", "read")], person="p1")
    others, _ = create_token(archive, "other", [("community", "read")], person="p2")
    create_token(archive, "machine", [("community", "read")])
    assert [(one.id, one.person) for one in list_tokens(archive, "p1")] == [(mine, "p1")]
    assert len(list_tokens(archive)) == 3
    assert not revoke_token(archive, others, person="p1")
    assert revoke_token(archive, mine, person="p1")
    assert authenticate(archive, secret, {"p1": OWNER}.get) is None
