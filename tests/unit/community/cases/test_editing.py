"""A case is changed by its owner, in the version that they saw, and within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.errors import Gone, NotAllowed, NotFound
from community.accounts.people import RESTRICTED, change_state, find_person
from community.cases import editing, publishing
from community.cases.editing import CaseText, edit_case, make_case
from community.cases.errors import CaseError, VersionConflict
from community.cases.model import AFTER_ANSWER, ALWAYS, DIAGNOSIS, DRAFT, HISTORY, Case, Section
from community.cases.reading import NOBODY, Reader, view_case
from community.cases.revisions import find_revision, list_revisions
from tests.archives import new_archive
from tests.cases import TEXT, TITLE, full_case, give, image, keep, somebody


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url)
    yield made
    made.close()


def shown(archive: Archive, handle: str = "ann") -> tuple[Case, Reader]:
    """A public case and its owner."""
    owner = somebody(archive, handle)
    keep(archive, image("1.2"))
    give(archive, "1.2", owner)
    return full_case(archive, owner, "1.2"), Reader(owner)


def test_a_case_begins_as_a_draft_whose_address_says_nothing(archive: Archive) -> None:
    ann = somebody(archive, "ann")
    case = make_case(archive, ann, TEXT)
    assert (case.state, case.owner, case.version, case.title) == (DRAFT, ann.id, 1, TITLE)
    assert len(case.slug) == 14
    assert not set(case.slug) & set("aeiouyl01")
    view = view_case(archive, Reader(ann), case.slug)
    assert view.sections == TEXT.sections
    assert editing.text_of(view.case, view.sections) == TEXT
    assert make_case(archive, ann).title == ""


def test_a_change_counts_and_one_that_is_none_does_not(archive: Archive) -> None:
    ann = somebody(archive, "ann")
    case = make_case(archive, ann, TEXT)
    assert edit_case(archive, ann, case.id, 1, TEXT) == case
    text = replace(TEXT, title="Another", sections=(Section(HISTORY, "New", ALWAYS),))
    changed = edit_case(archive, ann, case.id, 1, text, note="clearer")
    assert (changed.title, changed.version) == ("Another", 2)
    assert view_case(archive, Reader(ann), case.id).sections == text.sections
    with pytest.raises(VersionConflict) as caught:
        edit_case(archive, ann, case.id, 1, TEXT)
    assert caught.value.current == 2
    assert edit_case(archive, ann, case.id, None, TEXT).version == 3


def test_only_its_owner_changes_a_case_and_others_do_not_learn_of_a_draft(
    archive: Archive,
) -> None:
    case, reader = shown(archive)
    assert reader.person is not None
    ben = somebody(archive, "ben")
    draft = make_case(archive, reader.person, TEXT)
    with pytest.raises(NotFound):
        edit_case(archive, ben, draft.id, None, TEXT)
    with pytest.raises(NotAllowed):
        edit_case(archive, ben, case.id, None, TEXT)
    with pytest.raises(NotFound):
        edit_case(archive, ben, "no-such-case", None, TEXT)
    change_state(archive, reader.person.id, RESTRICTED)
    restricted = find_person(archive, reader.person.id)
    assert restricted is not None
    for act in (lambda: make_case(archive, restricted), lambda: edit_case(
        archive, restricted, case.id, None, TEXT
    )):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()
    publishing.tombstone(archive, reader.person, case.id)
    with pytest.raises(Gone):
        edit_case(archive, reader.person, case.id, None, TEXT)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"unknown_title": "x" * 201}, "unknown_title"),
        ({"specialty": "astrology"}, "specialty"),
        ({"licence": "<script>"}, "licence"),
        ({"modalities": ("CT", "XX")}, "modalities"),
        ({"sections": (Section("abstract", "x", ALWAYS),)}, "abstract"),
        ({"sections": (Section(HISTORY, "x", "sometimes"),)}, HISTORY),
        ({"sections": (Section(HISTORY, "x" * 20_001, ALWAYS),)}, HISTORY),
        ({"sections": (Section(HISTORY, "x", ALWAYS),) * 2}, HISTORY),
    ],
)
def test_what_is_too_long_or_in_no_list_is_refused_by_its_field(
    tmp_path: Path, wrong: dict[str, object], field: str
) -> None:
    archive = new_archive(tmp_path)
    ann = somebody(archive, "ann")
    with pytest.raises(CaseError) as caught:
        make_case(archive, ann, replace(TEXT, **wrong))  # type: ignore[arg-type]
    assert caught.value.field == field
    archive.close()


def test_texts_lose_what_nobody_sees_and_a_diagnosis_always_waits(tmp_path: Path) -> None:
    archive = new_archive(tmp_path)
    ann = somebody(archive, "ann")
    text = CaseText(
        title="  a\x00 \u202etitle\n ",
        modalities=("MR", "CT", "MR"),
        sections=(
            Section(DIAGNOSIS, "a\r\nb\x07", ALWAYS),
            Section(HISTORY, " \n", ALWAYS),
        ),
    )
    case = make_case(archive, ann, text)
    assert (case.title, case.modalities) == ("a title", ("CT", "MR"))
    (section,) = view_case(archive, Reader(ann), case.id).sections
    assert section == Section(DIAGNOSIS, "a\nb", AFTER_ANSWER)
    archive.close()


def test_a_case_that_others_see_keeps_what_it_has_to_have(archive: Archive) -> None:
    case, reader = shown(archive)
    assert reader.person is not None
    with pytest.raises(CaseError, match="give the case a title"):
        edit_case(archive, reader.person, case.id, None, replace(TEXT, title=""))
    named = replace(TEXT, title="The case of Dr. Miller")
    with pytest.raises(CaseError) as caught:
        edit_case(archive, reader.person, case.id, None, named)
    assert caught.value.field == "looked"
    edit_case(archive, reader.person, case.id, None, named, looked=True)
    # What was looked at before is not asked about again.
    edit_case(archive, reader.person, case.id, None, replace(named, difficulty="advanced"))


def test_revisions_tell_what_was_changed_since_others_see_it(archive: Archive) -> None:
    case, reader = shown(archive)
    assert reader.person is not None
    text = replace(TEXT, title="Panda", sections=(*TEXT.sections[1:],))
    edit_case(archive, reader.person, case.id, None, text, note="shorter")
    own = list_revisions(archive, view_case(archive, reader, case.id))
    assert [(one.state, one.note) for one in own] == [
        ("public", "shorter"), ("public", ""), ("draft", ""),
    ]  # fmt: skip
    view = view_case(archive, NOBODY, case.id)
    others = list_revisions(archive, view)
    assert [one.number for one in others] == [one.number for one in own[:2]]
    revision, changes = find_revision(archive, view, others[0].number)
    assert revision.author == reader.person
    assert {change.field: [(line.sign, line.words) for line in change.lines] for change in changes}
    by_field = {one.field: one.lines for one in changes}
    assert set(by_field) == {"title", HISTORY}
    assert [(line.sign, line.words) for line in by_field["title"]] == [("-", TITLE), ("+", "Panda")]
    with pytest.raises(NotFound):
        find_revision(archive, view, own[2].number)
    edit_case(archive, reader.person, case.id, None, replace(text, is_unknown=True))
    hidden = view_case(archive, NOBODY, case.id)
    assert list_revisions(archive, hidden) == []
    with pytest.raises(NotFound):
        find_revision(archive, hidden, others[0].number)


def test_as_many_revisions_are_kept_as_anybody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = new_archive(tmp_path)
    monkeypatch.setattr("community.cases.revisions.max_revisions", 3)
    ann = somebody(archive, "ann")
    case = make_case(archive, ann, TEXT)
    for number in range(6):
        edit_case(archive, ann, case.id, None, replace(TEXT, title=f"Title {number}"))
    kept = list_revisions(archive, view_case(archive, Reader(ann), case.id))
    assert [one.number for one in kept] == [7, 6, 5]
    archive.close()
