"""What people write about a case: who may, what is kept of it, and what is left when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotAllowed, NotFound, Unauthenticated
from community.accounts import people
from community.accounts.people import insert_person
from community.case_models import medical_case
from community.cases.model import DRAFT
from community.cases.reading import view_case
from community.discussion import opinions
from community.discussion import writing as comments
from community.discussion.errors import CommentChanged, TalkError
from community.discussion.model import Comment, Spot
from community.discussion.reading import (
    Discussion,
    discussion_of,
    history_of,
    max_answers,
    max_threads,
    view_comment,
)
from community.discussion.writing import NeedsLook, Words, delete_comment, edit_comment
from community.talk_models import (
    accepted_read,
    comment,
    comment_anchor,
    comment_mention,
    comment_revision,
    comment_vote,
    notification,
)
from tests.archives import new_archive
from tests.talk import IMAGE, STUDY, a_case, reader, say

CASE, UNKNOWN = "plaincase", "unknowncase"


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", database_url)
    yield made
    made.close()


@pytest.fixture
def ids(archive: Archive) -> dict[str, str]:
    with writing(archive.engine) as connection:
        made = {one: insert_person(connection, one, {}) for one in ("ann", "ben", "cyd", "max")}
    people.change_role(archive, made["max"], people.MODERATOR)
    made["case"] = a_case(archive, made["ann"], CASE)
    return made


def page(archive: Archive, person: str | None = None, **more: str) -> Discussion:
    asking = reader(archive, person)
    return discussion_of(
        archive, asking, view_case(archive, asking, more.pop("slug", CASE)), **more
    )


def texts(found: Discussion) -> list[str | None]:
    return [one.markdown for one in found.comments]


def one(archive: Archive, comment_id: str, person: str | None = None) -> Comment:
    return view_comment(archive, reader(archive, person), CASE, comment_id)[1]


def rows(archive: Archive, table: object) -> int:
    with reading(archive.engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[call-overload]


def test_threads_stand_newest_first_and_answers_in_their_order(
    archive: Archive, ids: dict[str, str]
) -> None:
    first = say(archive, ids["ben"], CASE, "first")
    say(archive, ids["cyd"], CASE, "second")
    answer = say(archive, ids["ann"], CASE, "answer", first)
    say(archive, ids["ben"], CASE, "answer to the answer", answer)
    say(archive, ids["cyd"], CASE, "another", first)
    found = page(archive)
    assert texts(found) == ["second", "first", "answer", "answer to the answer", "another"]
    assert (found.count, found.older, found.is_first) == (5, "", True)
    assert found.comments[2].author is not None
    assert found.comments[2].author.handle == "ann"
    assert not any(each.is_mine or each.may_delete for each in found.comments)
    assert [each.is_mine for each in page(archive, ids["ann"]).comments] == [0, 0, 1, 0, 0]


def test_pages_go_on_where_the_one_before_ends(archive: Archive, ids: dict[str, str]) -> None:
    made = []
    for number in range(max_threads + 2):
        made.append(say(archive, ids["ben" if number % 2 else "cyd"], CASE, f"number {number}"))
    first = page(archive)
    assert len(first.threads) == max_threads
    second = page(archive, at=first.older)
    assert (texts(second), second.older) == (["number 1", "number 0"], "")
    assert not second.is_first
    opinions.accept(archive, reader(archive, ids["ann"]), CASE, made[0], is_accepted=True)
    assert texts(page(archive))[0] == "number 0"
    with pytest.raises(TalkError):
        page(archive, at=ids["case"])


def test_a_long_thread_is_shown_in_part_and_alone_in_full(
    archive: Archive, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "max_comments_an_hour", 1000)
    root = say(archive, ids["ben"], CASE, "root")
    for number in range(max_answers + 3):
        say(archive, ids["cyd"], CASE, f"answer {number}", root)
    [thread] = page(archive).threads
    assert (len(thread.root.answers), thread.left_out) == (max_answers, 3)
    [thread] = page(archive, thread=root).threads
    assert (len(thread.root.answers), thread.left_out) == (max_answers + 3, 0)
    monkeypatch.setattr(comments, "max_in_thread", max_answers + 4)
    with pytest.raises(TalkError, match="begin a new one"):
        say(archive, ids["cyd"], CASE, "one too many", root)


def test_nobody_writes_who_may_not(archive: Archive, ids: dict[str, str]) -> None:
    words = Words("text")
    with pytest.raises(Unauthenticated):
        comments.post_comment(archive, reader(archive), CASE, words)
    people.change_state(archive, ids["ben"], people.RESTRICTED)
    with pytest.raises(NotAllowed):
        say(archive, ids["ben"], CASE, "restricted")
    with writing(archive.engine) as connection:
        connection.execute(update(medical_case).values(state=DRAFT))
    with pytest.raises(NotFound):
        say(archive, ids["cyd"], CASE, "not theirs")
    with pytest.raises(NotAllowed, match="draft"):
        say(archive, ids["ann"], CASE, "a draft of mine")
    with pytest.raises(NotFound):
        page(archive, ids["cyd"])


def test_texts_are_bounded_cleaned_and_looked_at(archive: Archive, ids: dict[str, str]) -> None:
    for text in ("", " \n\x00 "):
        with pytest.raises(TalkError) as refused:
            say(archive, ids["ben"], CASE, text)
        assert refused.value.field == "text"
    with pytest.raises(Exception, match="10000"):
        say(archive, ids["ben"], CASE, "x" * 10_001)
    made = say(archive, ids["ben"], CASE, "one\r\ntwo\x00\u202e \ue0000\ue001")
    assert (one(archive, made).markdown or "").split() == ["one", "two", "0"]
    asking = reader(archive, ids["ben"])
    with pytest.raises(NeedsLook) as seen:
        comments.post_comment(archive, asking, CASE, Words("Mr. Miller, MRN: 445566, seen by @cyd"))
    assert {found.kind for found in seen.value.findings} >= {"record"}
    assert not any("cyd" in found.excerpt for found in seen.value.findings)
    comments.post_comment(archive, asking, CASE, Words("MRN: 445566", looked=True))


def test_one_person_writes_so_much_an_hour(
    archive: Archive, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "max_comments_an_hour", 2)
    say(archive, ids["ben"], CASE, "one")
    say(archive, ids["ben"], CASE, "two")
    with pytest.raises(TalkError, match="an hour"):
        say(archive, ids["ben"], CASE, "three")
    say(archive, ids["cyd"], CASE, "somebody else")


def test_what_was_changed_keeps_its_earlier_texts(archive: Archive, ids: dict[str, str]) -> None:
    made, ben = say(archive, ids["ben"], CASE, "first text"), reader(archive, ids["ben"])
    assert edit_comment(archive, ben, CASE, made, 1, Words("second text")) == 2
    assert edit_comment(archive, ben, CASE, made, 2, Words("second text")) == 2
    with pytest.raises(CommentChanged):
        edit_comment(archive, ben, CASE, made, 1, Words("lost"))
    with pytest.raises(NotAllowed):
        edit_comment(archive, reader(archive, ids["max"]), CASE, made, 2, Words("not mine"))
    changes, _ = history_of(archive, one(archive, made))
    assert [change.markdown for change in changes] == ["first text", "second text"]
    assert one(archive, made).edited_at is not None


def test_mentions_follow_people_through_changes_of_name_and_their_end(
    archive: Archive, ids: dict[str, str]
) -> None:
    made = say(archive, ids["ben"], CASE, "What says @CYD, @nobody-here?")
    assert one(archive, made).markdown == f"What says @[p:{ids['cyd']}], @nobody-here?"
    assert page(archive).handles == {ids["cyd"]: "cyd"}
    people.change_state(archive, ids["cyd"], people.ERASED)
    assert page(archive).handles == {}


def test_a_comment_without_answers_goes_whole_and_one_with_leaves_its_place(
    archive: Archive, ids: dict[str, str]
) -> None:
    spot = Spot("", *IMAGE)
    root = say(archive, ids["ben"], CASE, "secret root for @cyd", spot=spot)
    answer = say(archive, ids["cyd"], CASE, "secret answer", root)
    ben, cyd = reader(archive, ids["ben"]), reader(archive, ids["cyd"])
    edit_comment(archive, ben, CASE, root, 1, Words("secret changed for @cyd"))
    opinions.vote(archive, cyd, CASE, root, is_helpful=True)
    opinions.accept(archive, reader(archive, ids["ann"]), CASE, root, is_accepted=True)
    with pytest.raises(NotAllowed):
        delete_comment(archive, cyd, CASE, root)
    delete_comment(archive, ben, CASE, root)
    assert texts(page(archive)) == [None, "secret answer"]
    gone = one(archive, root)
    assert (gone.author, gone.spot, gone.tombstone) == (None, None, "author_deleted")
    left = (comment_revision, comment_mention, comment_vote, comment_anchor, accepted_read)
    assert [rows(archive, table) for table in left] == [0] * 5
    with pytest.raises(NotFound):
        history_of(archive, gone)
    with pytest.raises(TalkError):
        say(archive, ids["ann"], CASE, "to nobody", root)
    delete_comment(archive, reader(archive, ids["max"]), CASE, answer)
    assert (texts(page(archive)), rows(archive, comment), rows(archive, notification)) == ([], 0, 0)


def test_what_a_moderator_removed_says_so(archive: Archive, ids: dict[str, str]) -> None:
    root = say(archive, ids["ben"], CASE, "rude")
    say(archive, ids["cyd"], CASE, "why?", root)
    delete_comment(archive, reader(archive, ids["max"]), CASE, root)
    assert one(archive, root).tombstone == "moderated"


def test_of_an_unknown_case_nothing_is_said_before_the_answer(
    archive: Archive, ids: dict[str, str]
) -> None:
    a_case(archive, ids["ann"], UNKNOWN, is_unknown=True, diagnosis="CANARYOMA")
    made = say(archive, ids["ann"], UNKNOWN, "It is a CANARYOMA")
    hidden = page(archive, ids["ben"], slug=UNKNOWN)
    assert (hidden.is_hidden, hidden.count, hidden.threads) == (True, 1, ())
    for act in (
        lambda: view_comment(archive, reader(archive, ids["ben"]), UNKNOWN, made),
        lambda: say(archive, ids["ben"], UNKNOWN, "I know!"),
        lambda: opinions.vote(archive, reader(archive, ids["ben"]), UNKNOWN, made, is_helpful=True),
    ):
        with pytest.raises(NotAllowed, match="answer this case first"):
            act()
    assert texts(page(archive, ids["max"], slug=UNKNOWN)) == ["It is a CANARYOMA"]


def test_a_vote_counts_once_and_ones_own_never(archive: Archive, ids: dict[str, str]) -> None:
    made = say(archive, ids["ben"], CASE, "helpful")
    ann = reader(archive, ids["ann"])
    assert opinions.vote(archive, ann, CASE, made, is_helpful=True) == 1
    assert opinions.vote(archive, ann, CASE, made, is_helpful=True) == 1
    assert one(archive, made, ids["ann"]).has_my_vote
    assert not one(archive, made, ids["cyd"]).has_my_vote
    assert opinions.vote(archive, ann, CASE, made, is_helpful=False) == 0
    with pytest.raises(NotAllowed):
        opinions.vote(archive, reader(archive, ids["ben"]), CASE, made, is_helpful=True)


def test_the_owner_accepts_one_reading_at_a_time(archive: Archive, ids: dict[str, str]) -> None:
    first, second = (say(archive, ids["ben"], CASE, text) for text in ("a", "b"))
    ann = reader(archive, ids["ann"])
    with pytest.raises(NotAllowed):
        opinions.accept(archive, reader(archive, ids["ben"]), CASE, first, is_accepted=True)
    opinions.accept(archive, ann, CASE, first, is_accepted=True)
    opinions.accept(archive, ann, CASE, second, is_accepted=True)
    assert (one(archive, first).is_accepted, one(archive, second).is_accepted) == (False, True)
    opinions.accept(archive, ann, CASE, first, is_accepted=False)
    assert one(archive, second).is_accepted
    opinions.accept(archive, ann, CASE, second, is_accepted=False)
    assert rows(archive, accepted_read) == 0


NO_PLACES = [
    Spot("", "1.9.9", "1.2.3", "1.2.3.4"),
    Spot("", STUDY, "1.2.3/..", IMAGE[2]),
    Spot("", *IMAGE, frame=0),
    Spot("", *IMAGE, frame=2),
    Spot("", *IMAGE[:2], "1.2.3.4"),
    Spot("", *IMAGE, region=(0.5, 0.5, 0.6, 0.1)),
    Spot("", *IMAGE, region=(float("nan"), 0, 0, 0)),
    Spot("", *IMAGE, window=(0, 0)),
    Spot("", *IMAGE, window=(float("inf"), 1)),
]


def test_a_spot_is_a_place_in_an_image_of_the_case(archive: Archive, ids: dict[str, str]) -> None:
    for spot in NO_PLACES:
        with pytest.raises(TalkError) as refused:
            say(archive, ids["ben"], CASE, "here", spot=spot)
        assert refused.value.field == "spot"
    assert rows(archive, comment) == 0


def test_a_spot_is_kept_with_its_region_and_window(archive: Archive, ids: dict[str, str]) -> None:
    spot = Spot("", *IMAGE, 1, (0.25, 0.5, 0.0, 0.125), (40.0, 400.0))
    found = one(archive, say(archive, ids["ben"], CASE, "here", spot=spot)).spot
    assert found is not None
    assert (found.collection, found.region, found.window, found.frame) == (
        "community",
        spot.region,
        spot.window,
        1,
    )  # fmt: skip
