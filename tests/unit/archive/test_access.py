"""One rule says who may do what."""

import pytest

from archive.access import LOCAL, Principal, Scope, readable, require
from archive.collections import COMMUNITY, get_collection, quarantine_of
from archive.errors import NotAllowed, Unauthenticated
from tests.archives import new_archive


@pytest.fixture
def closed(tmp_path):
    return new_archive(tmp_path, DICOMTUBE_ACCESS="accounts")


def test_nobody_may_do_nothing_where_access_is_by_accounts(closed):
    for scope in Scope:
        with pytest.raises(Unauthenticated):
            require(closed, None, "archive", scope)


def test_nobody_is_local_and_may_do_all_where_access_is_open(tmp_path):
    for scope in Scope:
        require(new_archive(tmp_path), None, "archive", scope)


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("granted", list(Scope))
@pytest.mark.parametrize("collection", ["archive", "research"])
def test_a_grant_is_for_one_scope_in_one_collection(closed, scope, granted, collection):
    principal = Principal("token 1", frozenset({("archive", granted.value)}))
    if collection == "archive" and scope == granted:
        require(closed, principal, collection, scope)
    else:
        with pytest.raises(NotAllowed):
            require(closed, principal, collection, scope)


def test_a_token_counts_for_no_more_than_its_grants_where_access_is_open_too(tmp_path):
    with pytest.raises(NotAllowed):
        require(new_archive(tmp_path), Principal("token 1"), "archive", Scope.READ)


def test_quarantine_has_no_reader_at_all(closed):
    hidden = quarantine_of(closed, get_collection(closed, COMMUNITY))
    everything = Principal("x", frozenset({(hidden.name, "read")}))
    for principal in (LOCAL, everything, None):
        assert str(readable(principal, hidden)) == "false"
