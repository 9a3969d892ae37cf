"""DIMSE callers are known by title and address together."""

import pytest

from archive.access import LOCAL
from archive.errors import ArchiveError
from archive.peers import create_peer, list_peers, principal_for_peer, remove_peer
from tests.archives import new_archive

WRITE = {("archive", "write")}


@pytest.fixture
def closed(tmp_path):
    return new_archive(tmp_path, DICOMTUBE_ACCESS="accounts")


@pytest.mark.parametrize(
    ("title", "address", "known"),
    [
        ("CT1", "10.1.2.3", True),
        (" CT1 ", "10.1.2.3", True),
        ("CT1", "::ffff:10.1.2.3", True),
        ("CT1", "10.1.3.3", False),
        ("ct1", "10.1.2.3", False),
        ("CT2", "10.1.2.3", False),
        ("CT1", "not an address", False),
        ("CT1\0", "10.1.2.3", False),
        ("", "10.1.2.3", False),
    ],
)
def test_title_and_address_must_both_fit(closed, title, address, known):
    create_peer(closed, "CT1", "10.1.2.0/24", WRITE)
    principal = principal_for_peer(closed, title, address)
    assert (principal is not None) is known
    if principal is not None:
        assert principal.grants == WRITE


def test_every_entry_that_fits_adds_its_grants(closed):
    create_peer(closed, "CT1", "10.0.0.0/8", WRITE)
    create_peer(closed, "CT1", "10.1.2.3", {("research", "write")})
    principal = principal_for_peer(closed, "CT1", "10.1.2.3")
    assert principal.grants == WRITE | {("research", "write")}


def test_whoever_reaches_an_open_archive_is_local(tmp_path):
    assert principal_for_peer(new_archive(tmp_path), "ANY", "127.0.0.1") is LOCAL


def test_a_peer_is_named_by_its_title_and_the_address_it_calls_from(closed):
    create_peer(closed, "CT1", "10.1.2.0/24", WRITE)
    assert principal_for_peer(closed, "CT1 ", "::ffff:10.1.2.3").name == "peer CT1 at 10.1.2.3"


def test_open_access_names_whom_an_operator_listed_and_nobody_else(tmp_path):
    archive = new_archive(tmp_path)
    create_peer(archive, "CT1", "127.0.0.0/8", WRITE)
    listed = principal_for_peer(archive, "CT1", "127.0.0.1")
    assert listed.name == "peer CT1 at 127.0.0.1"
    assert listed.may("anything", "write")
    assert principal_for_peer(archive, "DOE^JANE", "127.0.0.1") is LOCAL


def test_a_removed_peer_is_unknown(closed):
    number = create_peer(closed, "CT1", "fd00::/8", WRITE)
    assert principal_for_peer(closed, "CT1", "fd00::1%eth0") is not None
    assert remove_peer(closed, number)
    assert not remove_peer(closed, number)
    assert principal_for_peer(closed, "CT1", "fd00::1") is None
    assert list_peers(closed) == []


@pytest.mark.parametrize(
    ("title", "network"), [("", "10.0.0.1"), ("A" * 17, "10.0.0.1"), ("A\\B", "10.0.0.1"),
                           ("CT1", "10.0.0.1/8"), ("CT1", "everywhere")],
)  # fmt: skip
def test_what_cannot_be_a_peer_is_refused(closed, title, network):
    with pytest.raises(ArchiveError):
        create_peer(closed, title, network, WRITE)


def test_the_same_peer_twice_is_refused(closed):
    create_peer(closed, "CT1", "10.0.0.1", WRITE)
    with pytest.raises(ArchiveError, match="already"):
        create_peer(closed, "CT1", "10.0.0.1", WRITE)
