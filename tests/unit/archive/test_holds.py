"""What is held is read by nobody, whatever they may otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.access import INSIDE, LOCAL, Principal, check_seen, is_public, looking_into_holds
from archive.archive import Archive
from archive.attributes import Level
from archive.collections import get_collection
from archive.conditions import Search
from archive.contents import contents
from archive.database import reading, writing
from archive.errors import ArchiveError, NotAllowed, NotFound, Unauthenticated
from archive.holds import REPORTED, RESTRICTED, hold_study, reasons_of, release_study
from archive.kept import kept_metadata
from archive.publish import keep_series_metadata, thumbnail
from archive.retrieve import contents_tag, find_instances, metadata
from archive.search import search
from archive.sharing import share_study
from tests.archives import new_archive, store
from tests.builders import ct_image

READER = Principal("reader", frozenset({("archive", "read")}))
OWNER = Principal("person a", audiences=frozenset({"person:a"}))
GUEST = Principal("nobody", within=frozenset({"case:1"}))
NAMED = ("archive", "1", "1.1", "1.1.1")


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url, DICOMTUBE_ACCESS="accounts")
    store(
        made,
        ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1", SOPInstanceUID="1.1.1"),
        ct_image(StudyInstanceUID="2", SeriesInstanceUID="2.1", SOPInstanceUID="2.1.1"),
    )
    for study in ("1", "2"):
        share_study(made, "archive", study, "public", "person:a", "case:1")
    yield made
    made.close()


def hold(archive: Archive, *reasons: str) -> None:
    with writing(archive.engine) as connection:
        for reason in reasons:
            hold_study(connection, get_collection(archive, "archive"), "1", reason, "a test")


def release(archive: Archive, reason: str) -> bool:
    with writing(archive.engine) as connection:
        return release_study(connection, get_collection(archive, "archive"), "1", reason)


def studies(archive: Archive, principal: Principal | None) -> set[str]:
    page = search(archive, principal, "archive", Search(Level.STUDY))
    return {item["0020000D"]["Value"][0] for item in page.rows}


@pytest.mark.parametrize("asking", [None, LOCAL, READER, OWNER, GUEST])
def test_nobody_finds_or_reads_what_is_held(archive: Archive, asking: Principal | None) -> None:
    assert studies(archive, asking) == {"1", "2"}
    hold(archive, REPORTED)
    assert studies(archive, asking) == {"2"}
    for read in (find_instances, metadata, contents_tag, contents):
        for depth in (2, 3, 4):
            with pytest.raises((NotFound, NotAllowed, Unauthenticated)):
                read(archive, asking, *NAMED[:depth])
    assert next(find_instances(archive, asking, "archive", "2")).study_instance_uid == "2"


def test_what_was_made_ready_before_is_not_sent_either(archive: Archive) -> None:
    keep_series_metadata(archive, *NAMED[:3])
    assert kept_metadata(archive, LOCAL, *NAMED[:3])
    hold(archive, REPORTED)
    assert kept_metadata(archive, LOCAL, *NAMED[:3]) == []
    assert thumbnail(archive, LOCAL, *NAMED[:3]) is None


def test_no_cache_between_us_may_keep_what_is_held(archive: Archive) -> None:
    place = get_collection(archive, "archive")
    assert is_public(archive, place, "1")
    hold(archive, RESTRICTED)
    assert not is_public(archive, place, "1")


def test_a_study_is_seen_again_when_no_reason_is_left(archive: Archive) -> None:
    hold(archive, REPORTED, RESTRICTED, REPORTED)
    assert release(archive, REPORTED)
    assert not release(archive, REPORTED)
    assert studies(archive, LOCAL) == {"2"}
    with reading(archive.engine) as connection:
        place = get_collection(archive, "archive")
        assert reasons_of(connection, place, "1") == {RESTRICTED}
    assert release(archive, RESTRICTED)
    assert studies(archive, LOCAL) == {"1", "2"}


def test_only_one_collection_holds_it(archive: Archive) -> None:
    store(archive, ct_image(StudyInstanceUID="1"), collection="community")
    with writing(archive.engine) as connection:
        hold_study(connection, get_collection(archive, "community"), "1", REPORTED, "a test")
    assert studies(archive, LOCAL) == {"1", "2"}


def test_our_own_work_goes_on_with_what_is_held(archive: Archive) -> None:
    hold(archive, REPORTED)
    assert studies(archive, INSIDE) == {"1", "2"}
    assert studies(archive, looking_into_holds(OWNER)) == {"1", "2"}
    assert keep_series_metadata(archive, *NAMED[:3])


def test_what_is_held_is_refused_as_what_never_was(archive: Archive) -> None:
    hold(archive, REPORTED)
    place = get_collection(archive, "archive")
    with reading(archive.engine) as connection:
        for study in ("1", "9"):
            with pytest.raises(NotFound):
                check_seen(connection, GUEST, place, study)
            with pytest.raises(NotAllowed):
                check_seen(connection, OWNER, place, study)
            with pytest.raises(Unauthenticated):
                check_seen(connection, None, place, study)


def test_there_is_no_other_reason(archive: Archive) -> None:
    with pytest.raises(ArchiveError):
        hold(archive, "mood")
