"""What is reported is hidden as it must be, decided by the right people, and can be appealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from archive.access import LOCAL
from archive.archive import Archive
from archive.collections import COMMUNITY, get_collection
from archive.database import reading, writing
from archive.errors import ArchiveError, Gone, NotAllowed, NotFound, Unauthenticated
from archive.holds import RESTRICTED, hold_study, release_study
from archive.retrieve import find_instances
from community.accounts import identities
from community.accounts.people import (
    MODERATOR,
    SUSPENDED,
    Person,
    change_profile,
    change_role,
    find_person,
)
from community.accounts.principals import principal_of
from community.accounts.providers import Told
from community.audit.verifying import verify
from community.audit_models import audit_event
from community.case_models import case_revision
from community.cases.errors import CaseHidden
from community.cases.holding import hold_case, release_case
from community.cases.model import DRAFT, HELD, PUBLIC, Case
from community.cases.readers import NOBODY, Reader
from community.cases.reading import view_case
from community.discussion.reading import view_comment
from community.moderation import suspending
from community.moderation.deciding import appeal, claim, decide
from community.moderation.errors import ModerationError
from community.moderation.forgetting import forget
from community.moderation.model import EDIT, ERASE, IDENTIFYING, KEEP, REMOVE, max_words_chars
from community.moderation.queue import list_matters, list_own, look_at
from community.moderation.removing import finish_all
from community.moderation.reporting import report_something
from community.moderation_models import moderation_decision
from community.request_models import letter
from tests.archives import new_archive
from tests.cases import full_case, give, image, keep, somebody
from tests.talk import say

STUDY, OTHER = "1.2.77.1", "1.2.77.2"
TODAY = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path, DICOMTUBE_ACCESS="accounts")
    yield made
    made.close()


def moderator(archive: Archive, handle: str) -> Person:
    made = somebody(archive, handle)
    change_role(archive, made.id, MODERATOR)
    found = find_person(archive, made.id)
    assert found is not None
    return found


@pytest.fixture
def ann(archive: Archive) -> Person:
    return somebody(archive, "ann")


@pytest.fixture
def mona(archive: Archive) -> Person:
    return moderator(archive, "mona")


@pytest.fixture
def case(archive: Archive, ann: Person) -> Case:
    keep(archive, image(STUDY), image(OTHER))
    give(archive, STUDY, ann)
    return full_case(archive, ann, STUDY)


def tell(
    archive: Archive, kind: str, name: str, reason: str = IDENTIFYING, who: Reader = NOBODY
) -> bool:
    return report_something(archive, who, None, kind, name, reason, "the corner")


def only_matter(archive: Archive) -> str:
    [found] = list_matters(archive).items
    return found.id


def is_shown(archive: Archive, study: str = STUDY) -> bool:
    try:
        return next(find_instances(archive, LOCAL, COMMUNITY, study)) is not None
    except (NotFound, Gone):
        return False


def actions(archive: Archive) -> list[str]:
    with reading(archive.engine) as connection:
        query = select(audit_event.c.action).order_by(audit_event.c.number)
        return list(connection.scalars(query))


# ---- reports


def test_a_stranger_s_report_hides_case_and_study_and_its_owner_is_told(
    archive: Archive, case: Case, ann: Person
) -> None:
    assert tell(archive, "case", case.slug)
    assert not is_shown(archive)
    with pytest.raises(NotFound):
        view_case(archive, NOBODY, case.slug)
    with pytest.raises(CaseHidden) as told:
        view_case(archive, Reader(ann), case.slug)
    assert "/settings/decisions" in str(told.value)
    [own] = list_own(archive, ann)[0]
    assert own.reports == ()
    assert actions(archive)[-3:] == ["case.held", "study.held", "report.made"]


def test_a_study_hides_every_case_that_shows_it(archive: Archive, case: Case, ann: Person) -> None:
    other = full_case(archive, ann, STUDY)
    named = ("study", f"{COMMUNITY}/{STUDY}", IDENTIFYING)
    with pytest.raises(NotFound):
        report_something(archive, NOBODY, None, *named)
    assert report_something(archive, Reader(ann), principal_of(ann), *named)
    for one in (case, other):
        with pytest.raises(NotFound):
            view_case(archive, NOBODY, one.slug)


def test_other_reasons_need_an_account_and_hide_nothing(
    archive: Archive, case: Case, mona: Person
) -> None:
    with pytest.raises(Unauthenticated):
        tell(archive, "case", case.slug, "abuse")
    assert not tell(archive, "case", case.slug, "abuse", Reader(mona))
    assert is_shown(archive)
    assert view_case(archive, NOBODY, case.slug).case.state == PUBLIC


def test_what_nobody_is_shown_cannot_be_reported(archive: Archive, ann: Person, case: Case) -> None:
    draft = full_case(archive, ann, STUDY, state=None)
    for kind, name in (
        ("case", draft.slug), ("case", "none"), ("comment", f"{case.slug}/none"),
        ("study", f"{COMMUNITY}/{OTHER}"), ("study", "nowhere/1"), ("profile", "nobody"),
        ("weather", "x"),
    ):  # fmt: skip
        with pytest.raises(ArchiveError):
            tell(archive, kind, name)


@pytest.mark.parametrize(
    ("reason", "words"), [("", "x"), ("mood", "x"), (IDENTIFYING, "x" * (max_words_chars + 1))]
)
def test_a_report_is_bounded(archive: Archive, case: Case, reason: str, words: str) -> None:
    with pytest.raises(ModerationError):
        report_something(archive, NOBODY, None, "case", case.slug, reason, words)


def test_a_comment_and_a_profile_are_hidden_and_shown_again(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    said = say(archive, ann.id, case.slug, "John Doe again")
    change_profile(archive, ann.id, "Doe", "of Doe")
    assert tell(archive, "comment", f"{case.slug}/{said}")
    assert tell(archive, "profile", "ann")
    assert view_comment(archive, NOBODY, case.slug, said)[1].markdown is None
    assert view_case(archive, NOBODY, case.slug).author.shown_name == "ann"  # type: ignore[union-attr]
    for one in list_matters(archive).items:
        decide(archive, mona, one.id, KEEP, "Nobody is named.")
    assert view_comment(archive, NOBODY, case.slug, said)[1].markdown == "John Doe again"
    assert view_case(archive, NOBODY, case.slug).author.shown_name == "Doe"  # type: ignore[union-attr]


# ---- decisions


def test_what_was_found_good_is_shown_as_before_and_not_hidden_by_the_next_stranger(
    archive: Archive, case: Case, mona: Person
) -> None:
    tell(archive, "case", case.slug)
    decide(archive, mona, only_matter(archive), KEEP, "There is no name.")
    assert is_shown(archive)
    assert view_case(archive, NOBODY, case.slug).case.state == PUBLIC
    assert not tell(archive, "case", case.slug)
    assert is_shown(archive)
    assert tell(archive, "case", case.slug, who=Reader(mona))
    assert not is_shown(archive)


def test_a_case_is_handed_back_as_a_draft_without_its_earlier_texts(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    tell(archive, "case", case.slug)
    decide(archive, mona, only_matter(archive), EDIT, "The history has a name.")
    assert view_case(archive, Reader(ann), case.slug).case.state == DRAFT
    assert is_shown(archive)
    with reading(archive.engine) as connection:
        assert connection.execute(select(case_revision)).all() == []


def test_what_identifies_is_erased_at_once(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    tell(archive, "case", case.slug)
    decide(archive, mona, only_matter(archive), ERASE, "A name is in the pixels.")
    with pytest.raises(Gone):
        view_case(archive, Reader(ann), case.slug)
    with pytest.raises(Gone):
        find_instances(archive, LOCAL, COMMUNITY, STUDY)


def test_what_is_removed_stays_hidden_until_the_time_for_an_appeal_is_over(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    said = say(archive, ann.id, case.slug, "You fools")
    tell(archive, "comment", f"{case.slug}/{said}", "abuse", Reader(mona))
    decide(archive, mona, only_matter(archive), REMOVE, "Be kind.")
    assert view_comment(archive, NOBODY, case.slug, said)[1].markdown is None
    assert finish_all(archive, TODAY - timedelta(days=14)) == 0
    assert finish_all(archive, datetime.now(UTC)) == 1
    with pytest.raises(NotFound):
        view_comment(archive, NOBODY, case.slug, said)
    assert finish_all(archive, datetime.now(UTC)) == 0


def test_an_appeal_is_decided_by_another_moderator_and_once(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    max_ = moderator(archive, "max")
    tell(archive, "case", case.slug)
    matter = only_matter(archive)
    decide(archive, mona, matter, REMOVE, "It names somebody.")
    with pytest.raises(NotFound):
        appeal(archive, mona, matter, "no")
    appeal(archive, ann, matter, "It is a street.")
    with pytest.raises(ModerationError, match="another moderator"):
        decide(archive, mona, matter, REMOVE, "I stay with it.")
    assert finish_all(archive, datetime.now(UTC)) == 0
    decide(archive, max_, matter, KEEP, "It is a street indeed.")
    assert view_case(archive, NOBODY, case.slug).case.state == PUBLIC
    with pytest.raises(ModerationError):
        appeal(archive, ann, matter, "again")
    assert look_at(archive, mona, matter).decisions[-1].is_of_appeal


def test_an_appeal_that_comes_too_late_is_none(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    tell(archive, "case", case.slug)
    matter = only_matter(archive)
    decide(archive, mona, matter, REMOVE, "It names somebody.")
    with writing(archive.engine) as connection:
        connection.execute(update(moderation_decision).values(at=TODAY - timedelta(days=15)))
    with pytest.raises(ModerationError):
        appeal(archive, ann, matter, "late")


def test_nobody_decides_about_their_own_or_what_another_works_on(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    max_ = moderator(archive, "max")
    tell(archive, "case", case.slug)
    matter = only_matter(archive)
    with pytest.raises(NotAllowed):
        decide(archive, ann, matter, KEEP, "mine")
    claim(archive, max_, matter)
    with pytest.raises(ModerationError):
        decide(archive, mona, matter, KEEP, "quick")
    change_role(archive, ann.id, MODERATOR)
    promoted = find_person(archive, ann.id)
    assert promoted is not None
    with pytest.raises(ModerationError, match="yours"):
        decide(archive, promoted, matter, KEEP, "mine")
    with pytest.raises(ModerationError):
        decide(archive, max_, matter, "eat", "x")
    with pytest.raises(ModerationError):
        decide(archive, max_, matter, KEEP, " ")
    decide(archive, max_, matter, KEEP, "It is fine.")
    with pytest.raises(ModerationError, match="already"):
        decide(archive, max_, matter, KEEP, "It is fine.")


def test_the_queue_begins_with_what_identifies_and_has_pages(
    archive: Archive, case: Case, ann: Person, mona: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community.moderation.queue.page_size", 2)
    comments = [say(archive, ann.id, case.slug, f"no. {n}") for n in range(3)]
    for one in comments[:2]:
        tell(archive, "comment", f"{case.slug}/{one}", "wrong", Reader(mona))
    tell(archive, "comment", f"{case.slug}/{comments[2]}")
    tell(archive, "profile", "ann")
    first = list_matters(archive)
    second = list_matters(archive, after=first.later)
    named = [one.target.name for one in (*first.items, *second.items)]
    assert named == [comments[2], "", *comments[:2]]
    assert not second.later
    with pytest.raises(ModerationError):
        list_matters(archive, after="x")


def test_two_matters_hold_a_study_until_both_are_decided(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    other = full_case(archive, ann, STUDY)
    for one in (case, other):
        tell(archive, "case", one.slug)
    first, second = list_matters(archive).items
    decide(archive, mona, first.id, KEEP, "fine")
    assert not is_shown(archive)
    assert view_case(archive, NOBODY, case.slug).case.state == PUBLIC
    decide(archive, mona, second.id, KEEP, "fine")
    assert is_shown(archive)


def test_a_restriction_outlives_the_report(archive: Archive, case: Case, mona: Person) -> None:
    place = get_collection(archive, COMMUNITY)
    with writing(archive.engine) as connection:
        hold_case(connection, case.id, RESTRICTED)
        hold_study(connection, place, STUDY, RESTRICTED, "ann")
    with writing(archive.engine) as connection:
        assert hold_case(connection, case.id, "reported").state == HELD  # type: ignore[union-attr]
        assert release_case(connection, case.id, "reported").state == RESTRICTED  # type: ignore[union-attr]
        assert release_case(connection, case.id, RESTRICTED).state == PUBLIC  # type: ignore[union-attr]
        release_study(connection, place, STUDY, RESTRICTED)
    assert is_shown(archive)


# ---- accounts


def test_a_suspended_account_is_over_at_once_and_can_be_opened_again(
    archive: Archive, ann: Person, mona: Person
) -> None:
    suspending.suspend(archive, mona, ann.id)
    found = find_person(archive, ann.id)
    assert found is not None
    assert found.state == SUSPENDED
    with pytest.raises(ModerationError):
        suspending.suspend(archive, mona, mona.id)
    with pytest.raises(NotAllowed):
        suspending.reinstate(archive, ann, mona.id)
    suspending.reinstate(archive, mona, ann.id)
    assert actions(archive)[-2:] == ["account.suspended", "account.reinstated"]


def test_the_person_is_written_to_and_never_told_who_reported(
    archive: Archive, case: Case, ann: Person, mona: Person
) -> None:
    told = Told("google", "1", "ann@example.org", email_verified=True)
    identities.link(archive, ann.id, told)
    tell(archive, "case", case.slug)
    decide(archive, mona, only_matter(archive), EDIT, "Take the name out.", "https://dicom.example")
    with reading(archive.engine) as connection:
        [sent] = connection.execute(select(letter)).all()
    assert sent.address == "ann@example.org"
    assert "Take the name out." in sent.body
    assert "https://dicom.example/settings/decisions" in sent.body


def test_a_report_and_its_decision_are_the_same_on_every_database(
    tmp_path: Path, database_url: str
) -> None:
    archive = new_archive(tmp_path, database_url, DICOMTUBE_ACCESS="accounts")
    ann, mona = somebody(archive, "ann"), moderator(archive, "mona")
    keep(archive, image(STUDY))
    give(archive, STUDY, ann)
    case = full_case(archive, ann, STUDY)
    said = say(archive, ann.id, case.slug, "You are all wrong")
    tell(archive, "comment", f"{case.slug}/{said}", "abuse", Reader(mona))
    assert tell(archive, "case", case.slug)
    first, second = list_matters(archive).items
    assert (first.is_identifying, second.is_identifying) == (True, False)
    assert list_matters(archive, after=f"1~{first.id}").items == (second,)
    assert list_matters(archive, after=f"0~{second.id}").items == ()
    decide(archive, mona, first.id, KEEP, "fine")
    decide(archive, mona, second.id, REMOVE, "be kind")
    assert [one.id for one in list_matters(archive, waiting=False).items] == [first.id, second.id]
    assert is_shown(archive)
    assert finish_all(archive, datetime.now(UTC)) == 1
    assert forget(archive, datetime.now(UTC)) == 2
    assert verify(archive).fault == ""
    archive.close()
