"""An answer is committed once; then, and not before, its reader knows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotAllowed, NotFound
from community.accounts import people
from community.accounts.people import MODERATOR, find_person, insert_person
from community.cases.model import DRAFT
from community.cases.reading import Reader, view_case
from community.quiz_models import quiz_attempt, quiz_question
from community.quizzes.attempts import Sheet, attempt_of, commit, give_up, judge
from community.quizzes.browsers import key_of
from community.quizzes.errors import AlreadyKnown, NotAnswered, QuizError
from community.quizzes.model import CHOICE, FREE, LOCATE, asked
from community.quizzes.questions import (
    Wish,
    add_question,
    asked_in,
    own_questions,
    remove_question,
)
from community.quizzes.rows import questions_in
from community.quizzes.spread import Option, difficulties_of, spread_of
from tests.archives import new_archive
from tests.quizzes import CANARY, add_key_image, unknown_case


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", database_url)
    yield made
    made.close()


def somebody(archive: Archive, handle: str, role: str = "member") -> Reader:
    with writing(archive.engine) as connection:
        made = insert_person(connection, handle, {})
    people.change_role(archive, made, role)
    return Reader(find_person(archive, made))


def browser(secret: str = "b") -> Reader:
    return Reader(answered_as=key_of(secret))


@pytest.fixture
def ann(archive: Archive) -> Reader:
    return somebody(archive, "ann")


def case_of(archive: Archive, ann: Reader, **columns: object) -> str:
    assert ann.person is not None
    return unknown_case(archive, ann.person.id, **columns)  # type: ignore[arg-type]


def three_questions(archive: Archive, ann: Reader, case: str) -> list[str]:
    image = add_key_image(archive, case, ("1.1", "1.1.1", "1.1.1.1"))
    wishes = (
        Wish(FREE, "What is it?", [CANARY, "ZFO"]),
        Wish(CHOICE, "How old?", ["new", "old"], 1),
        Wish(LOCATE, "Where?", key_image=image),
    )
    return [add_question(archive, ann, case, one).id for one in wishes]


def test_who_answers_then_knows_and_nobody_else(archive: Archive, ann: Reader) -> None:
    case, ben = case_of(archive, ann), somebody(archive, "ben")
    ids = three_questions(archive, ann, case)
    assert view_case(archive, ben, case).is_hiding
    values = dict(zip(ids, (f" {CANARY.lower()}!", "0", "0.3,0.6"), strict=True))
    made = commit(archive, ben, case, Sheet(values, 4))
    assert [made.answers[one].score for one in ids] == [1.0, 0.0, 1.0]
    assert (made.confidence, made.gave_up) == (4, False)
    seen = view_case(archive, ben, case)
    assert not seen.is_hiding
    assert CANARY in seen.shown_title
    for other in (somebody(archive, "cleo"), browser(), Reader()):
        assert view_case(archive, other, case).is_hiding
        with pytest.raises(NotAnswered):
            attempt_of(archive, other, case)


def test_what_is_committed_stays(archive: Archive, ann: Reader) -> None:
    case, ben = case_of(archive, ann), somebody(archive, "ben")
    first = commit(archive, ben, case, Sheet({case: "pneumonia"}, 1))
    for again in (
        lambda: commit(archive, ben, case, Sheet({case: CANARY}, 5)),
        lambda: give_up(archive, ben, case),
    ):
        with pytest.raises(AlreadyKnown):
            again()
    assert attempt_of(archive, ben, case) == first


def test_a_browser_is_a_reader_and_who_signs_in_there_has_answered(
    archive: Archive, ann: Reader
) -> None:
    case = case_of(archive, ann)
    commit(archive, browser(), case, Sheet({case: "flu"}, 2))
    assert not view_case(archive, browser(), case).is_hiding
    ben = somebody(archive, "ben")
    there = Reader(ben.person, browser().answered_as)
    assert not view_case(archive, there, case).is_hiding
    with pytest.raises(AlreadyKnown):
        commit(archive, there, case, Sheet({case: "flu"}, 2))
    assert view_case(archive, ben, case).is_hiding
    assert view_case(archive, browser("another"), case).is_hiding
    with reading(archive.engine) as connection:
        [kept] = connection.scalars(select(quiz_attempt.c.browser_sha256))
    assert kept.hex() == browser().answered_as


def test_giving_up_shows_it_and_is_remembered(archive: Archive, ann: Reader) -> None:
    case, ben = case_of(archive, ann), somebody(archive, "ben")
    assert give_up(archive, ben, case).gave_up
    assert not view_case(archive, ben, case).is_hiding
    with pytest.raises(AlreadyKnown):
        commit(archive, ben, case, Sheet({case: "x"}, 1))


def test_those_who_know_already_have_nothing_to_answer(archive: Archive, ann: Reader) -> None:
    case, plain = case_of(archive, ann), case_of(archive, ann, is_unknown=False)
    sheet, ben = Sheet({case: "x"}, 1), somebody(archive, "ben")
    for reader, one in ((ann, case), (somebody(archive, "molly", MODERATOR), case), (ben, plain)):
        with pytest.raises(AlreadyKnown):
            commit(archive, reader, one, sheet)


def test_a_case_that_is_not_theirs_to_read_is_not_found(archive: Archive, ann: Reader) -> None:
    draft, ben = case_of(archive, ann, state=DRAFT), somebody(archive, "ben")
    for attempt in (
        lambda: commit(archive, ben, draft, Sheet({draft: "x"}, 1)),
        lambda: give_up(archive, ben, draft),
        lambda: judge(archive, ben, draft, draft, "right"),
        lambda: own_questions(archive, ben, draft),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_restricted_people_and_browsers_without_cookies_answer_nothing(
    archive: Archive, ann: Reader
) -> None:
    case, ben = case_of(archive, ann), somebody(archive, "ben")
    assert ben.person is not None
    people.change_state(archive, ben.person.id, people.RESTRICTED)
    restricted = Reader(find_person(archive, ben.person.id), browser().answered_as)
    with pytest.raises(NotAllowed):
        give_up(archive, restricted, case)
    for nobody in (Reader(), Reader(answered_as="no key")):
        with pytest.raises(QuizError, match="cookies"):
            give_up(archive, nobody, case)


NO_ANSWERS = (
    (0, "", "write what"), (0, "x" * 501, "500 fit"),
    (1, "", "choose"), (1, "2", "choose"), (1, "-1", "choose"), (1, "00", "choose"),
    (2, "", "point at"), (2, "0.5", "point at"), (2, "2,0.1", "point at"),
)  # fmt: skip


def test_an_answer_that_is_none_is_refused_and_nothing_is_kept(
    archive: Archive, ann: Reader
) -> None:
    case, ben = case_of(archive, ann), somebody(archive, "ben")
    ids = three_questions(archive, ann, case)
    good = dict(zip(ids, ("x", "0", "0.5,0.5"), strict=True))
    for number, value, words in NO_ANSWERS:
        with pytest.raises(QuizError, match=words) as refused:
            commit(archive, ben, case, Sheet(good | {ids[number]: value}, 3))
        assert refused.value.field == f"q-{ids[number]}"
    for confidence in (None, 0, 6):
        with pytest.raises(QuizError, match="certain"):
            commit(archive, ben, case, Sheet(good, confidence))
    assert view_case(archive, ben, case).is_hiding


def test_own_words_are_judged_once_by_who_wrote_them(archive: Archive, ann: Reader) -> None:
    case, ben = case_of(archive, ann), somebody(archive, "ben")
    made = commit(archive, ben, case, Sheet({case: "something like it"}, 3))
    [answer] = made.answers.values()
    assert answer.score is None
    with pytest.raises(QuizError, match="whether"):
        judge(archive, ben, case, answer.question, "splendid")
    with pytest.raises(NotAnswered):
        judge(archive, somebody(archive, "cleo"), case, answer.question, "right")
    judge(archive, ben, case, answer.question, "nearly")
    [judged] = attempt_of(archive, ben, case).answers.values()
    assert (judged.score, judged.is_own_judgement) == (0.5, True)
    with pytest.raises(QuizError, match="waits"):
        judge(archive, ben, case, answer.question, "right")


def test_many_who_answer_at_once_are_one_attempt_each_to_one_question(
    archive: Archive, ann: Reader
) -> None:
    case, done = case_of(archive, ann), []

    def answer(number: int) -> None:
        try:
            commit(archive, browser(str(number // 2)), case, Sheet({case: "x"}, 3))
        except AlreadyKnown:
            return
        done.append(number)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(number // 2 for number in done) == list(range(6))
    with reading(archive.engine) as connection:
        for table in (quiz_attempt, quiz_question):
            rows = connection.scalar(select(func.count()).select_from(table))
            assert rows == (6 if table is quiz_attempt else 1)


def test_how_others_answered_is_counted_and_strange_words_are_nobodys_to_read(
    archive: Archive, ann: Reader
) -> None:
    case = case_of(archive, ann)
    ids = three_questions(archive, ann, case)
    said = ((CANARY, "1", "0.3,0.6"), ("flu", "1", "0.1,0.1"), ("Flu!", "0", "0.3,0.6"),
            ("my neighbour's name", "0", "0.9,0.9"))  # fmt: skip
    for number, values in enumerate(said):
        sheet = Sheet(dict(zip(ids, values, strict=True)), number + 1)
        commit(archive, browser(str(number)), case, sheet)
    with reading(archive.engine) as connection:
        assert difficulties_of(connection, [case]) == {}
    give_up(archive, browser("last"), case)
    with reading(archive.engine) as connection:
        spread = spread_of(connection, case, questions_in(connection, case))
        assert difficulties_of(connection, [case, "none"]) == {case: spread.difficulty}
    assert (spread.answered, spread.gave_up, spread.readers) == (4, 1, 5)
    assert (spread.right, spread.nearly, spread.wrong) == (1, 2, 1)
    assert spread.confidences == {1: 1, 2: 1, 3: 1, 4: 1}
    assert spread.difficulty == "intermediate"
    words, choice, places = (spread.answers[one] for one in ids)
    assert set(words.options) == {Option("Flu!", 2, False), Option(CANARY, 1, True)}
    assert choice.options == (Option("new", 2, False), Option("old", 2, True))
    assert (places.count, len(places.points)) == (4, 4)


def test_questions_are_asked_without_what_is_right(archive: Archive, ann: Reader) -> None:
    case = case_of(archive, ann)
    with reading(archive.engine) as connection:
        assert [one.id for one in asked_in(connection, case)] == [case]
    three_questions(archive, ann, case)
    with reading(archive.engine) as connection:
        told = [repr(asked(one)) for one in asked_in(connection, case)]
    assert not any(CANARY in one or "0.25" in one or "right" in one for one in told)


def test_a_question_with_answers_is_withdrawn_and_one_without_is_gone(
    archive: Archive, ann: Reader
) -> None:
    case = case_of(archive, ann)
    first = add_question(archive, ann, case, Wish(FREE, "What?")).id
    second = add_question(archive, ann, case, Wish(FREE, "Why?")).id
    commit(archive, browser(), case, Sheet({first: "x", second: "y"}, 1))
    third = add_question(archive, ann, case, Wish(FREE, "How?")).id
    assert not remove_question(archive, ann, case, first)
    assert remove_question(archive, ann, case, third)
    found = {one.id: one.is_withdrawn for one in own_questions(archive, ann, case)}
    assert found == {first: True, second: False}
    with pytest.raises(NotFound):
        remove_question(archive, ann, case, third)
    with pytest.raises(NotAllowed):
        remove_question(archive, somebody(archive, "ben"), case, second)


NO_QUESTIONS = (
    (Wish("essay", "?"), "kind"), (Wish(CHOICE, "", ["a", "b"], 0), "body"),
    (Wish(CHOICE, "?", ["a"], 0), "lines"), (Wish(CHOICE, "?", ["a", "a"], 0), "lines"),
    (Wish(CHOICE, "?", ["a", "b"]), "right"), (Wish(CHOICE, "?", ["a", "b"], 2), "right"),
    (Wish(LOCATE, "?", key_image="none"), "key_image"), (Wish(FREE, "x" * 501), "body"),
    (Wish(FREE, "", ["x"] * 21), "lines"), (Wish(FREE, "", ["x" * 201]), "lines"),
)  # fmt: skip


def test_a_question_that_cannot_be_asked_says_what_is_missing(
    archive: Archive, ann: Reader
) -> None:
    case = case_of(archive, ann)
    for wish, field in NO_QUESTIONS:
        with pytest.raises(QuizError) as refused:
            add_question(archive, ann, case, wish)
        assert refused.value.field == field
    assert own_questions(archive, ann, case) == ()


def test_a_case_has_no_more_questions_than_fit_a_page(archive: Archive, ann: Reader) -> None:
    case = case_of(archive, ann)
    for _ in range(20):
        add_question(archive, ann, case, Wish(FREE))
    with pytest.raises(QuizError, match="20"):
        add_question(archive, ann, case, Wish(FREE))
