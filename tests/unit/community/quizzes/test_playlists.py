"""Playlists: whose they are, who sees them and which of their cases, and how they run as a quiz."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.database import writing
from archive.errors import NotAllowed, NotFound
from community.accounts import people
from community.accounts.people import find_person, insert_person
from community.cases.model import DRAFT
from community.cases.reading import Reader
from community.quizzes import playlists
from community.quizzes.attempts import Sheet, commit, give_up
from community.quizzes.browsers import key_of
from community.quizzes.errors import QuizError
from community.quizzes.playlists import (
    PRIVATE,
    PUBLIC,
    UNLISTED,
    Stale,
    Wording,
    add_case,
    delete_playlist,
    edit_playlist,
    list_playlists,
    make_playlist,
    move_case,
    order_cases,
    remove_case,
    view_playlist,
)
from community.quizzes.progress import run_of
from tests.archives import new_archive
from tests.quizzes import CANARY, unknown_case


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", database_url)
    yield made
    made.close()


def somebody(archive: Archive, handle: str) -> Reader:
    with writing(archive.engine) as connection:
        made = insert_person(connection, handle, {})
    return Reader(find_person(archive, made))


def cases_of(archive: Archive, owner: Reader, *columns: dict[str, object]) -> list[str]:
    assert owner.person is not None
    return [unknown_case(archive, owner.person.id, **more) for more in columns]


def order_of(archive: Archive, reader: Reader, name: str) -> list[str]:
    return [one.case.id for one in view_playlist(archive, reader, name).cases]


def test_an_owner_puts_cases_in_an_order(archive: Archive) -> None:
    ann, ben = somebody(archive, "ann"), somebody(archive, "ben")
    one, two, three = cases_of(archive, ann, {}, {}, {})
    made = make_playlist(archive, ben, Wording("  Lungs  of  all kinds "))
    assert (made.title, made.visibility) == ("Lungs of all kinds", PRIVATE)
    for case in (one, two, three, two):
        add_case(archive, ben, made.slug, case)
    assert order_of(archive, ben, made.id) == [one, two, three]
    move_case(archive, ben, made.slug, three, -1)
    move_case(archive, ben, made.slug, one, -1)
    assert order_of(archive, ben, made.id) == [one, three, two]
    move_case(archive, ben, made.slug, one, 1)
    assert order_of(archive, ben, made.id) == [three, one, two]
    order_cases(archive, ben, made.slug, [two, one, three])
    for wrong in ([two, one], [two, one, one], [two, one, made.id]):
        with pytest.raises(QuizError):
            order_cases(archive, ben, made.slug, wrong)
    remove_case(archive, ben, made.slug, one)
    assert order_of(archive, ben, made.id) == [two, three]
    for verb in (remove_case, lambda *args: move_case(*args, 1)):
        with pytest.raises(NotFound):
            verb(archive, ben, made.slug, one)
    seen = view_playlist(archive, ben, made.slug).playlist
    assert seen.count == 2
    assert seen.version == 9


def test_who_sees_a_playlist_is_its_owners_to_say(archive: Archive) -> None:
    ann, ben, nobody = somebody(archive, "ann"), somebody(archive, "ben"), Reader()
    slugs = {
        kind: make_playlist(archive, ann, Wording(kind, visibility=kind)).slug
        for kind in (PRIVATE, UNLISTED, PUBLIC)
    }
    for other in (ben, nobody):
        with pytest.raises(NotFound):
            view_playlist(archive, other, slugs[PRIVATE])
        for kind in (UNLISTED, PUBLIC):
            assert view_playlist(archive, other, slugs[kind]).playlist.title == kind
        listed, _ = list_playlists(archive, other)
        assert [one.slug for one in listed] == [slugs[PUBLIC]]
        assert list_playlists(archive, other, mine=True)[0] == []
    mine, _ = list_playlists(archive, ann, mine=True)
    assert [one.title for one in mine] == [PUBLIC, UNLISTED, PRIVATE]
    assert ann.person is not None
    people.change_state(archive, ann.person.id, people.SUSPENDED)
    assert list_playlists(archive, ben)[0] == []
    with pytest.raises(NotFound):
        view_playlist(archive, ben, slugs[PUBLIC])


def test_nobody_else_changes_a_playlist_and_nobody_a_version_they_did_not_see(
    archive: Archive,
) -> None:
    ann, ben = somebody(archive, "ann"), somebody(archive, "ben")
    [case] = cases_of(archive, ann, {})
    made = make_playlist(archive, ann, Wording("One", visibility=PUBLIC))
    for other in (ben, Reader(), Reader(answered_as=key_of("x"))):
        for verb in (
            lambda who: edit_playlist(archive, who, made.slug, Wording("Two"), None),
            lambda who: add_case(archive, who, made.slug, case),
            lambda who: move_case(archive, who, made.slug, case, 1),
            lambda who: remove_case(archive, who, made.slug, case),
            lambda who: delete_playlist(archive, who, made.slug),
        ):
            with pytest.raises(NotAllowed):
                verb(other)
    with pytest.raises(NotAllowed):
        make_playlist(archive, Reader(), Wording("One"))
    changed = edit_playlist(archive, ann, made.slug, Wording("Two", "words", UNLISTED), 1)
    assert (changed.title, changed.description, changed.version) == ("Two", "words", 2)
    with pytest.raises(Stale):
        edit_playlist(archive, ann, made.slug, Wording("Three"), 1)
    delete_playlist(archive, ann, made.slug)
    with pytest.raises(NotFound):
        view_playlist(archive, ann, made.slug)


def test_words_and_numbers_are_bounded(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = somebody(archive, "ann")
    for wording, field in (
        (Wording(""), "title"), (Wording("x" * 201), "title"), (Wording("a\u202eb"), "title"),
        (Wording("x", "y" * 2001), "description"), (Wording("x", "\x00"), "description"),
        (Wording("x", visibility="all"), "visibility"),
    ):  # fmt: skip
        with pytest.raises(QuizError) as refused:
            make_playlist(archive, ann, wording)
        assert refused.value.field == field
    monkeypatch.setattr(playlists, "max_items", 1)
    monkeypatch.setattr(playlists, "max_playlists", 1)
    made = make_playlist(archive, ann, Wording("Full"))
    one, two = cases_of(archive, ann, {}, {})
    add_case(archive, ann, made.slug, one)
    with pytest.raises(QuizError, match="at most 1"):
        add_case(archive, ann, made.slug, two)
    with pytest.raises(QuizError, match="1 playlists"):
        make_playlist(archive, ann, Wording("One more"))


def test_a_case_that_a_reader_may_not_read_is_not_there_for_them(archive: Archive) -> None:
    ann, ben, cleo = (somebody(archive, one) for one in ("ann", "ben", "cleo"))
    draft, shown = cases_of(archive, ann, {"state": DRAFT}, {})
    made = make_playlist(archive, ann, Wording("Mine", visibility=UNLISTED))
    for case in (draft, shown):
        add_case(archive, ann, made.slug, case)
    assert order_of(archive, ann, made.slug) == [draft, shown]
    view = view_playlist(archive, ben, made.slug)
    assert [one.case.id for one in view.cases] == [shown]
    assert view.lost == ()
    assert CANARY not in repr(view)
    theirs = make_playlist(archive, cleo, Wording("Hers"))
    with pytest.raises(NotFound):
        add_case(archive, cleo, theirs.slug, draft)


def test_a_playlist_runs_as_a_quiz_and_adds_up(archive: Archive) -> None:
    ann, ben = somebody(archive, "ann"), somebody(archive, "ben")
    several = cases_of(archive, ann, {}, {}, {"is_unknown": False}, {})
    made = make_playlist(archive, ann, Wording("Quiz", visibility=PUBLIC))
    for case in several:
        add_case(archive, ann, made.slug, case)

    def run(reader: Reader) -> tuple[list[str], int, str | None]:
        cases = view_playlist(archive, reader, made.slug).cases
        found = run_of(archive, reader, cases)
        states = [one.state for one in found.steps]
        return states, found.done, found.next.case.id if found.next else None

    assert run(ben) == (["open", "open", "read", "open"], 0, several[0])
    commit(archive, ben, several[0], Sheet({several[0]: "x"}, 2))
    give_up(archive, ben, several[1])
    assert run(ben) == (["unjudged", "gave up", "read", "open"], 2, several[3])
    give_up(archive, Reader(answered_as=key_of("b")), several[3])
    assert run(Reader(ben.person, key_of("b")))[2] is None
    assert run(Reader()) == (["open", "open", "read", "open"], 0, several[0])
    assert run(ann) == (["read"] * 4, 0, None)
