"""A study is read by those with whom it is shared, and by nobody else, by every verb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import publish, retrieve
from archive.access import (
    LOCAL,
    PUBLIC,
    Principal,
    audience_of,
    is_public,
    narrowed,
    person_name,
    person_of,
    require_study,
)
from archive.archive import Archive
from archive.attributes import Level
from archive.collections import get_collection
from archive.commitment import find_commitment, finish_commitments, request_commitment
from archive.conditions import Search
from archive.contents import contents
from archive.erase import erase
from archive.errors import ArchiveError, Gone, NotAllowed, NotFound, Unauthenticated
from archive.kept import kept_metadata
from archive.publish import keep_series_metadata, keep_thumbnail, representative
from archive.safekeeping import COMMITTED, NO_SUCH_INSTANCE, Reference
from archive.search import search
from archive.sharing import (
    list_audiences,
    list_shared,
    owns,
    share_study,
    unshare_study,
)
from archive.tombstones import ALL
from tests.archives import new_archive, store
from tests.builders import ct_image

MINE, SHOWN, OTHERS = "1.1", "1.2", "1.3"
CT = "1.2.840.10008.5.1.4.1.1.2"
OWNER = Principal("person a", frozenset({("archive", "write")}), audiences=frozenset({"person:a"}))
STRANGER = replace(OWNER, name="person b", audiences=frozenset({"person:b"}))
MACHINE = Principal("token 1", frozenset({("archive", "write")}))
READER = Principal("token 2", frozenset({("archive", "read")}))
GUEST = Principal("link x", audiences=frozenset({"link:x"}))


@pytest.fixture
def archive(database_url: str, tmp_path: Path) -> Iterator[Archive]:
    """Three studies of one series and one image: a person's, a public one, one of another."""
    opened = new_archive(tmp_path, database_url, DICOMTUBE_ACCESS="accounts")
    for study in (MINE, SHOWN, OTHERS):
        store(opened, image(study))
        keep_series_metadata(opened, "archive", study, f"{study}.1")
        chosen = representative(opened, "archive", study, f"{study}.1")
        assert chosen
        assert keep_thumbnail(opened, chosen, b"a picture")
    share_study(opened, "archive", MINE, "person:a", "link:x")
    share_study(opened, "archive", SHOWN, PUBLIC)
    share_study(opened, "archive", OTHERS, "person:b", "case:c")
    yield opened
    opened.close()


def image(study: str) -> bytes:
    return ct_image(
        StudyInstanceUID=study, SeriesInstanceUID=f"{study}.1", SOPInstanceUID=f"{study}.1.1"
    )


def uids(study: str) -> tuple[str, str, str]:
    return study, f"{study}.1", f"{study}.1.1"


Look = Callable[[Archive, Principal | None, str], object]

LOOKS: dict[str, Look] = {
    "instances": lambda a, p, s: next(retrieve.find_instances(a, p, "archive", s)),
    "one instance": lambda a, p, s: next(retrieve.find_instances(a, p, "archive", *uids(s))),
    "metadata": lambda a, p, s: list(retrieve.metadata(a, p, "archive", s).documents),
    "tag": lambda a, p, s: retrieve.contents_tag(a, p, "archive", s),
    "contents": lambda a, p, s: contents(a, p, "archive", s),
    "frames": lambda a, p, s: retrieve.find_framed_instance(a, p, "archive", *uids(s)),
    "study": lambda a, p, s: require_study(a, p, "archive", s),
}
KEPT: dict[str, Look] = {
    "metadata of a series": lambda a, p, s: kept_metadata(a, p, "archive", s, f"{s}.1"),
    "metadata of a study": lambda a, p, s: kept_metadata(a, p, "archive", s),
    "thumbnail": lambda a, p, s: publish.thumbnail(a, p, "archive", s),
    "thumbnail of a series": lambda a, p, s: publish.thumbnail(a, p, "archive", s, f"{s}.1"),
}
READS = {  # who → what they read
    "nobody": (None, {SHOWN}),
    "owner": (OWNER, {MINE, SHOWN}),
    "stranger": (STRANGER, {OTHERS, SHOWN}),
    "machine": (MACHINE, {SHOWN}),
    "reader": (READER, {MINE, SHOWN, OTHERS}),
    "operator": (LOCAL, {MINE, SHOWN, OTHERS}),
    "guest": (GUEST, {MINE, SHOWN}),
    "in the case": (narrowed(None, "case:c"), {OTHERS}),
    "operator in the case": (narrowed(LOCAL, "case:c"), {OTHERS}),
}


@pytest.mark.parametrize("who", READS)
def test_each_verb_shows_what_is_shared_and_nothing_else(archive: Archive, who: str) -> None:
    principal, readable = READS[who]
    refused = NotFound if principal and principal.within else NotAllowed
    for study in (MINE, SHOWN, OTHERS):
        for look in LOOKS.values():
            if study in readable:
                look(archive, principal, study)
            else:
                with pytest.raises(refused if principal else Unauthenticated):
                    look(archive, principal, study)
        for look in KEPT.values():
            assert bool(look(archive, principal, study)) is (study in readable)
    for level in Level:
        found = search(archive, principal, "archive", Search(level)).rows
        assert {row["0020000D"]["Value"][0] for row in found} == readable


@pytest.mark.parametrize("principal", [None, OWNER, MACHINE])
def test_what_is_private_looks_like_what_is_not_there(
    archive: Archive, principal: Principal | None
) -> None:
    erase(archive, LOCAL, "archive", OTHERS)
    refused = NotAllowed if principal else Unauthenticated
    for study in (OTHERS, "9.9"):
        for look in LOOKS.values():
            with pytest.raises(refused):
                look(archive, principal, study)


def test_what_was_public_is_gone_for_everybody_and_comes_back_as_nobody_s(
    archive: Archive,
) -> None:
    for study in (SHOWN, MINE):
        erase(archive, LOCAL, "archive", study)
        assert list_audiences(archive, "archive", study) == frozenset()
    for principal in (None, STRANGER, MACHINE):
        with pytest.raises(Gone):
            next(retrieve.find_instances(archive, principal, "archive", SHOWN))
    store(archive, image(SHOWN))
    with pytest.raises(Unauthenticated):
        next(retrieve.find_instances(archive, None, "archive", SHOWN))
    assert not is_public(archive, get_collection(archive, "archive"), SHOWN)


def test_an_erased_part_of_a_public_study_is_gone(archive: Archive) -> None:
    store(archive, ct_image(StudyInstanceUID=SHOWN, SeriesInstanceUID="2.1", SOPInstanceUID="2.2"))
    erase(archive, LOCAL, "archive", SHOWN, "2.1")
    with pytest.raises(Gone):
        next(retrieve.find_instances(archive, None, "archive", SHOWN, "2.1"))
    assert next(retrieve.find_instances(archive, None, "archive", SHOWN))


def test_what_is_taken_back_is_refused_at_once(archive: Archive) -> None:
    look = LOOKS["frames"]
    look(archive, GUEST, MINE)
    assert unshare_study(archive, "archive", MINE, "link:x")
    assert not unshare_study(archive, "archive", MINE, "link:x")
    with pytest.raises(NotAllowed):
        look(archive, GUEST, MINE)
    look(archive, OWNER, MINE)


def test_nobody_is_asked_to_sign_in_where_nothing_is_public(archive: Archive) -> None:
    assert len(search(archive, None, "archive", Search(Level.STUDY)).rows) == 1
    unshare_study(archive, "archive", SHOWN, PUBLIC)
    with pytest.raises(Unauthenticated):
        search(archive, None, "archive", Search(Level.STUDY))
    with pytest.raises(NotAllowed):
        search(archive, Principal("token 9"), "archive", Search(Level.STUDY))
    assert search(archive, GUEST, "community", Search(Level.STUDY)).rows == []
    with pytest.raises(Unauthenticated):
        search(archive, None, "no-such", Search(Level.STUDY))


def test_only_what_anybody_may_read_is_public(archive: Archive, tmp_path: Path) -> None:
    place = get_collection(archive, "archive")
    assert is_public(archive, place, SHOWN)
    assert not is_public(archive, place, MINE)
    with_open_access = new_archive(tmp_path / "open")
    store(with_open_access, image(SHOWN))
    share_study(with_open_access, "archive", SHOWN, PUBLIC)
    assert not is_public(with_open_access, place, SHOWN)


def test_a_study_is_shared_while_it_is_there_and_with_what_is_an_audience(
    archive: Archive,
) -> None:
    with pytest.raises(NotFound):
        share_study(archive, "archive", "9.9", PUBLIC)
    for wrong in ("", "Public", "person:", "link:a b", "person:" + "x" * 58, "other:x", "*"):
        with pytest.raises(ArchiveError, match="audience"):
            share_study(archive, "archive", MINE, wrong)
    share_study(archive, "archive", MINE, "person:a", "person:a")
    assert list_audiences(archive, "archive", MINE) == {"person:a", "link:x"}
    assert list_shared(archive, "person:a") == [("archive", MINE)]


def test_a_study_is_its_person_s_and_the_operator_s_to_share(archive: Archive) -> None:
    assert owns(archive, OWNER, "archive", MINE)
    assert owns(archive, LOCAL, "archive", MINE)
    for other in (None, STRANGER, MACHINE, READER, GUEST, narrowed(LOCAL, "case:c")):
        assert not owns(archive, other, "archive", MINE)
    assert not owns(archive, LOCAL, "archive", "9.9")


def test_a_commitment_speaks_to_people_of_what_they_may_read(archive: Archive) -> None:
    asked = [Reference(CT, f"{study}.1.1") for study in (MINE, SHOWN, OTHERS)]
    people = request_commitment(archive, OWNER, "archive", "5.1", asked)
    assert people.reasons == (COMMITTED, COMMITTED, NO_SUCH_INSTANCE)
    machines = request_commitment(archive, MACHINE, "archive", "5.2", asked)
    assert machines.reasons == (COMMITTED, COMMITTED, COMMITTED)


def test_a_commitment_that_the_worker_answers_does_so_too(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.commitment.max_answered_at_once", 0)
    asked = [Reference(CT, f"{study}.1.1") for study in (MINE, OTHERS)]
    for number, principal in enumerate((OWNER, MACHINE)):
        made = request_commitment(archive, principal, "archive", f"5.{number}", asked)
        assert made.reasons is None
    assert finish_commitments(archive) == 2
    expected = ((COMMITTED, NO_SUCH_INSTANCE), (COMMITTED, COMMITTED))
    for number, principal in enumerate((OWNER, MACHINE)):
        found = find_commitment(archive, principal, "archive", f"5.{number}")
        assert found.reasons == expected[number]


def test_people_are_told_from_machines_by_name() -> None:
    assert person_of(person_name("a-1")) == "a-1"
    assert audience_of("a-1") == "person:a-1"
    for machine in ("token 12", "local", "person", "personal 1", "link x", "peer person"):
        assert person_of(machine) is None


def test_writing_lets_a_machine_oversee_and_no_person(archive: Archive) -> None:
    assert MACHINE.oversees("archive")
    assert LOCAL.oversees("archive")
    assert not OWNER.oversees("archive")
    assert not replace(OWNER, audiences=frozenset()).oversees("archive")
    assert replace(OWNER, grants=frozenset({("archive", "review")})).oversees("archive")
    assert ALL == ""
