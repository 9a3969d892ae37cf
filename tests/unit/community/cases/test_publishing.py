"""Others see a case when its owner says so and confirmed what they share, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from archive.archive import Archive
from archive.database import reading
from archive.errors import Gone, NotFound
from archive.sharing import list_audiences
from community import statements
from community.accounts.people import Person
from community.case_models import (
    case_revision,
    case_section,
    case_study,
    key_image,
    medical_case,
    sharing_confirmation,
)
from community.cases import checking, editing
from community.cases.errors import CaseError, VersionConflict
from community.cases.model import ALWAYS, DIAGNOSIS, DRAFT, HISTORY, PUBLIC, UNLISTED, Section
from community.cases.publishing import audience_of, publish, tombstone, unlist, withdraw
from community.cases.reading import NOBODY, CaseQuery, Reader, list_cases, view_case
from tests.archives import new_archive
from tests.cases import TEXT, VERSION, full_case, give, image, keep, somebody

STUDY = "1.2"


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url)
    keep(made, image(STUDY))
    yield made
    made.close()


@pytest.fixture
def ann(archive: Archive) -> Person:
    made = somebody(archive, "ann")
    give(archive, STUDY, made)
    return made


def test_a_draft_becomes_public_when_its_owner_confirms_the_words(
    archive: Archive, ann: Person
) -> None:
    case = full_case(archive, ann, STUDY, state=None)
    with pytest.raises(NotFound):
        view_case(archive, NOBODY, case.id)
    with pytest.raises(CaseError) as caught:
        publish(archive, ann, case.id, case.version, "2001-01")
    assert caught.value.field == "confirmed"
    with pytest.raises(VersionConflict):
        publish(archive, ann, case.id, case.version - 1, VERSION)
    public = publish(archive, ann, case.id, case.version, VERSION)
    assert (public.state, public.published_at is not None) == (PUBLIC, True)
    assert view_case(archive, NOBODY, case.id).shown_title == TEXT.title
    with reading(archive.engine) as connection:
        kept = connection.execute(select(sharing_confirmation)).all()
    words = statements.current(statements.PUBLISH)
    assert {row.subject for row in kept} == {f"case:{case.id}", f"study:community/{STUDY}"}
    for row in kept:
        assert (row.person, row.purpose, row.statement_version, row.statement_sha256) == (
            ann.id, "publish", words.version, words.sha256,
        )  # fmt: skip


def test_an_unlisted_case_is_read_by_its_address_and_found_nowhere(
    archive: Archive, ann: Person
) -> None:
    case = full_case(archive, ann, STUDY, state=UNLISTED)
    assert view_case(archive, NOBODY, case.slug).case.state == UNLISTED
    assert list_cases(archive, NOBODY, CaseQuery()).items == ()
    public = publish(archive, ann, case.id, None, VERSION)
    assert public.published_at == case.published_at
    assert len(list_cases(archive, NOBODY, CaseQuery()).items) == 1
    assert unlist(archive, ann, case.id).state == UNLISTED
    assert list_cases(archive, NOBODY, CaseQuery()).items == ()
    assert withdraw(archive, ann, case.id).state == DRAFT
    with pytest.raises(NotFound):
        view_case(archive, NOBODY, case.id)
    with pytest.raises(CaseError):
        unlist(archive, ann, case.id)
    with pytest.raises(CaseError):
        publish(archive, ann, case.id, None, VERSION, state=DRAFT)


@pytest.mark.parametrize(
    ("lack", "field"),
    [
        ({"title": ""}, "title"),
        ({"specialty": ""}, "specialty"),
        ({"licence": ""}, "licence"),
        ({"language": ""}, "language"),
        ({"sections": ()}, "history"),
        ({"is_unknown": True, "unknown_title": ""}, "unknown_title"),
        ({"is_unknown": True, "sections": TEXT.sections[:2]}, DIAGNOSIS),
    ],
)
def test_what_a_case_lacks_is_asked_for(
    tmp_path: Path, lack: dict[str, object], field: str
) -> None:
    archive = new_archive(tmp_path)
    keep(archive, image(STUDY))
    ann = somebody(archive, "ann")
    give(archive, STUDY, ann)
    case = full_case(archive, ann, STUDY, state=None, **lack)
    with pytest.raises(CaseError) as caught:
        publish(archive, ann, case.id, None, VERSION)
    assert caught.value.field == field
    archive.close()


def test_what_may_identify_somebody_or_gives_the_case_away_has_to_be_looked_at(
    archive: Archive, ann: Person
) -> None:
    told = Section(HISTORY, "Sent by Dr. Miller with Wilson disease.", ALWAYS)
    case = full_case(
        archive, ann, STUDY, state=None, is_unknown=True, sections=(told, *TEXT.sections[2:])
    )
    view = view_case(archive, Reader(ann), case.id)
    found = checking.findings_of(case, view.sections, view.key_images)
    assert {(one.field, one.kind, one.excerpt) for one in found} == {
        (HISTORY, "name", "Dr. Miller"), (HISTORY, "spoiler", "Wilson disease"),
    }  # fmt: skip
    with pytest.raises(CaseError) as caught:
        publish(archive, ann, case.id, None, VERSION)
    assert caught.value.field == "looked"
    assert publish(archive, ann, case.id, None, VERSION, looked=True).state == PUBLIC


def test_of_a_removed_case_nothing_is_left_but_that_it_is_gone(
    archive: Archive, ann: Person
) -> None:
    case = full_case(archive, ann, STUDY)
    assert audience_of(case.id) in list_audiences(archive, "community", STUDY)
    tombstone(archive, ann, case.id)
    for reader in (NOBODY, Reader(ann)):
        with pytest.raises(Gone):
            view_case(archive, reader, case.id)
    assert audience_of(case.id) not in list_audiences(archive, "community", STUDY)
    with reading(archive.engine) as connection:
        for table in (case_section, case_revision, case_study, key_image):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
        row = connection.execute(select(medical_case)).one()
    assert TEXT.title not in repr(row)
    assert TEXT.unknown_title not in repr(row)
    with pytest.raises(Gone):
        editing.edit_case(archive, ann, case.id, None, replace(TEXT, title="Again"))


def test_a_draft_that_nobody_saw_goes_without_a_trace(archive: Archive, ann: Person) -> None:
    case = full_case(archive, ann, STUDY, state=None)
    tombstone(archive, ann, case.id)
    with pytest.raises(NotFound):
        view_case(archive, Reader(ann), case.id)
    with reading(archive.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(medical_case)) == 0
