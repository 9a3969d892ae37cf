"""A reader sees of a case what is theirs to see, and nothing that gives a diagnosis away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from archive.archive import Archive
from archive.database import writing
from archive.errors import BadSearch, Gone, NotFound
from community.accounts.people import MODERATOR, Person, change_role, find_person, insert_person
from community.case_models import case_section, case_study, key_image, medical_case
from community.cases.model import (
    AFTER_ANSWER,
    ALWAYS,
    DIAGNOSIS,
    DRAFT,
    HISTORY,
    KINDS,
    PUBLIC,
    TOMBSTONE,
    UNLISTED,
    Case,
    CaseStudy,
    KeyImage,
    Section,
)
from community.cases.reading import (
    NOBODY,
    CaseQuery,
    Reader,
    list_cases,
    shown_to,
    view_case,
    view_cases,
)
from community.ids import new_id
from tests.archives import new_archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "Erdheim-Chester"


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url)
    yield made
    made.close()


def somebody(archive: Archive, handle: str) -> Person:
    with writing(archive.engine) as connection:
        made = insert_person(connection, handle, {})
    found = find_person(archive, made)
    assert found is not None
    return found


def insert_case(archive: Archive, owner: Person, state: str = PUBLIC, **more: Any) -> str:
    case = new_id()
    row = {
        "id": case, "slug": f"s{case[-12:]}", "owner": owner.id, "state": state,
        "title": SECRET, "unknown_title": "A lump", "is_unknown": False, "modalities": "CT MR",
        "certainty": "certain", "proof": "histology", "created_at": NOW, "changed_at": NOW,
        "published_at": None if state == DRAFT else NOW, "version": 1,
    }  # fmt: skip
    picture = {
        "case_id": case, "study_instance_uid": "1.2", "series_instance_uid": "1.2.1",
        "sop_instance_uid": "1.2.1.1", "frame": 1,
    }  # fmt: skip
    with writing(archive.engine) as connection:
        connection.execute(insert(medical_case).values({**row, **more}))
        for kind, reveal in ((DIAGNOSIS, AFTER_ANSWER), (HISTORY, ALWAYS)):
            text = {"kind": kind, "markdown": f"Its {kind}.", "reveal": reveal}
            connection.execute(insert(case_section).values(case_id=case, **text))
        for position, is_spoiler in enumerate((True, False)):
            alt = SECRET if is_spoiler else "A slice"
            seen = {"alt": alt, "is_spoiler": is_spoiler, "position": position}
            connection.execute(insert(key_image).values(id=new_id(), **picture, **seen))
        connection.execute(
            insert(case_study).values(
                case_id=case, collection="community", study_instance_uid="1.2",
                label=SECRET, relative_day=0, position=0,
            )
        )  # fmt: skip
    return case


CASE = Case(
    "i", "s", "o", PUBLIC, SECRET, "A lump", True, "neuro", "brain", ("MR",), "certain",
    "histology", "advanced", "40-49", "female", "CC-BY-4.0", "en", NOW, NOW, NOW, 1,
)  # fmt: skip
PLAIN = KeyImage("1", "1.2", "1.2.1", "1.2.1.1", 1, "A slice", "A slice", None, False, 0)
TELLING = replace(PLAIN, id="2", caption=SECRET, alt=SECRET, is_spoiler=True)
STUDY = CaseStudy("community", "1.2", SECRET, 3, 0)


@pytest.mark.parametrize(("is_owner", "is_revealed"), [*product((True, False), repeat=2)])
def test_an_unknown_case_hides_whatever_gives_it_away_until_it_is_revealed(
    is_owner: bool, is_revealed: bool
) -> None:
    sections = [Section(kind, SECRET, AFTER_ANSWER) for kind in KINDS[1:]]
    sections.append(Section(HISTORY, "Headache", ALWAYS))
    view = shown_to(
        CASE, sections, [TELLING, PLAIN], is_owner, is_revealed, studies=[STUDY]
    )  # fmt: skip
    if is_owner or is_revealed:
        assert (view.shown_title, view.is_hiding, view.case) == (SECRET, False, CASE)
        assert len(view.sections) == len(KINDS)
        assert view.key_images == (TELLING, PLAIN)
        return
    assert view.is_hiding
    assert SECRET not in repr(view)
    assert (view.case.certainty, view.case.proof) == ("", "")
    assert [one.kind for one in view.sections] == [HISTORY]
    assert view.cover == PLAIN
    assert [(one.label, one.relative_day) for one in view.studies] == [("", 3)]


def test_a_diagnosis_waits_for_the_answer_whatever_its_author_ticked() -> None:
    view = shown_to(CASE, [Section(DIAGNOSIS, SECRET, ALWAYS)], [], False, False)
    assert view.sections == ()


def test_an_unknown_case_without_another_title_has_none_that_tells() -> None:
    view = shown_to(replace(CASE, unknown_title=""), [], [], False, False)
    assert view.shown_title == "An unknown case"


def test_a_case_that_is_not_unknown_hides_nothing() -> None:
    sections = [Section(DIAGNOSIS, SECRET, AFTER_ANSWER)]
    view = shown_to(replace(CASE, is_unknown=False), sections, [TELLING], False, False)
    assert (view.shown_title, len(view.sections), view.key_images) == (SECRET, 1, (TELLING,))


def test_a_draft_is_there_for_its_owner_and_who_has_a_link_and_for_nobody_else(
    archive: Archive,
) -> None:
    ann, ben = somebody(archive, "ann"), somebody(archive, "ben")
    case = insert_case(archive, ann, DRAFT)
    change_role(archive, ben.id, MODERATOR)
    found = view_case(archive, Reader(ann), case)
    assert (found.is_owner, found.may_edit, found.shown_title) == (True, True, SECRET)
    assert found.author == ann
    by_link = view_case(archive, Reader(ben, opened=frozenset({case})), case)
    assert (by_link.is_owner, by_link.may_edit) == (False, False)
    for reader in (NOBODY, Reader(ben), Reader(ben, opened=frozenset({"another"}))):
        with pytest.raises(NotFound):
            view_case(archive, reader, case)
    with pytest.raises(NotFound):
        view_case(archive, Reader(ann), "no-such-slug")


def test_what_is_shown_is_found_by_slug_and_by_id_and_what_is_removed_is_gone(
    archive: Archive,
) -> None:
    ann = somebody(archive, "ann")
    for state in (UNLISTED, PUBLIC):
        case = insert_case(archive, ann, state)
        view = view_case(archive, NOBODY, case)
        assert view == view_case(archive, NOBODY, view.case.slug)
        assert [one.kind for one in view.sections] == [HISTORY, DIAGNOSIS]
        assert not view.may_edit
    removed = insert_case(archive, ann, TOMBSTONE)
    for reader in (NOBODY, Reader(ann)):
        with pytest.raises(Gone):
            view_case(archive, reader, removed)
    with pytest.raises(NotFound):
        view_case(archive, NOBODY, insert_case(archive, ann, TOMBSTONE, published_at=None))


def test_an_unknown_case_is_revealed_to_its_owner_and_to_moderators(archive: Archive) -> None:
    ann, ben = somebody(archive, "ann"), somebody(archive, "ben")
    case = insert_case(archive, ann, is_unknown=True)
    assert view_case(archive, Reader(ann), case).shown_title == SECRET
    for reader in (NOBODY, Reader(ben), Reader(None, "a key")):
        view = view_case(archive, reader, case)
        assert view.shown_title == "A lump"
        assert SECRET not in repr(view)
    change_role(archive, ben.id, MODERATOR)
    assert view_case(archive, Reader(find_person(archive, ben.id)), case).shown_title == SECRET


def test_lists_go_on_where_they_ended_and_show_what_the_reader_may_find(archive: Archive) -> None:
    ann, ben = somebody(archive, "ann"), somebody(archive, "ben")
    public = [
        insert_case(archive, ann, published_at=NOW + timedelta(hours=hour // 2))
        for hour in range(5)
    ]
    unlisted, draft = insert_case(archive, ann, UNLISTED), insert_case(archive, ann, DRAFT)
    insert_case(archive, ann, TOMBSTONE)
    insert_case(archive, ben, DRAFT)
    for reader, wanted, expected in (
        (NOBODY, CaseQuery(), public[::-1]),
        (Reader(ben), CaseQuery(owner=ann.id), public[::-1]),
        (Reader(ann), CaseQuery(owner=ann.id), [draft, unlisted, *public[::-1]]),
        (Reader(ann), CaseQuery(owner=ann.id, state=DRAFT), [draft]),
        (Reader(ben), CaseQuery(owner=ann.id, state=DRAFT), []),
        (NOBODY, CaseQuery(specialty="neuro"), []),
    ):
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = list_cases(archive, reader, wanted, cursor, limit=2)
            found += [view.case.id for view in page.items]
            cursor = page.next_cursor
        assert found == expected
    with pytest.raises(BadSearch, match="first page"):
        list_cases(archive, NOBODY, CaseQuery(), "nonsense")


def test_a_list_has_the_cover_that_the_reader_may_see_and_no_texts(archive: Archive) -> None:
    ann = somebody(archive, "ann")
    case = insert_case(archive, ann, is_unknown=True)
    (view,) = list_cases(archive, NOBODY, CaseQuery()).items
    assert view.sections == ()
    assert [one.alt for one in view.key_images] == ["A slice"]
    (own,) = view_cases(archive, Reader(ann), [case, "nothing"])
    assert [one.alt for one in own.key_images] == [SECRET]


def test_a_list_asks_the_database_as_often_for_many_cases_as_for_one(archive: Archive) -> None:
    asked: list[str] = []
    event.listen(archive.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    ann = somebody(archive, "ann")
    counts = []
    for several in (1, 20):
        for number in range(several):
            insert_case(archive, ann, is_unknown=bool(number % 2))
        asked.clear()
        assert len(list_cases(archive, NOBODY, CaseQuery()).items) >= several
        counts.append(sum(one.startswith("SELECT") for one in asked))
    assert counts[0] == counts[1] <= 6
    asked.clear()
    view_case(archive, NOBODY, insert_case(archive, ann, is_unknown=True))
    assert sum(one.startswith("SELECT") for one in asked) <= 7
