"""The worker's round: who is asked what, when nobody is, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import RESTRICTED, Person, change_state
from community.assistant.payload import IDENTIFIES, NO_OPT_IN
from community.assistant.port import Answer
from community.assistant_models import ai_call, assistant_suggestion, assistant_wish
from community.assisting import asking, rows
from community.assisting.settings import FREE
from community.assisting.terms import TERMS
from community.assisting.working import ANSWERED, max_tries, work_waiting
from community.case_models import medical_case
from community.cases import editing, publishing
from community.cases.errors import CaseError
from community.cases.model import HELD, HISTORY, Case, Section
from community.rights.purposes import ASSISTANT
from community.rights_models import objection
from tests.archives import new_archive
from tests.assistant import StandIn, answer_of, nobody_else, stand_in
from tests.cases import TEXT, somebody


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url, DICOMTUBE_ACCESS="accounts")
    yield made
    made.close()


@pytest.fixture
def service() -> Iterator[StandIn]:
    with stand_in() as made, nobody_else():
        yield made


@pytest.fixture
def ann(archive: Archive) -> Person:
    return somebody(archive, "ann")


def case_of(archive: Archive, ann: Person, **more: Any) -> Case:
    return editing.make_case(archive, ann, replace(TEXT, **more))


def allow(
    archive: Archive, service: StandIn, person: Person, case: Case, tier: str = "paid"
) -> None:
    settings = service.settings(tier)
    asking.allow(archive, settings, person, case.id, TERMS[tier].version)
    asking.ask(archive, settings, person, case.id)


def work(archive: Archive, service: StandIn, tier: str = "paid", **more: Any) -> int:
    settings = service.settings(tier, **more)
    return work_waiting(archive, settings, settings.service())


def calls(archive: Archive) -> list[Any]:
    with reading(archive.engine) as connection:
        return list(connection.execute(select(ai_call).order_by(ai_call.c.id)))


def wish(archive: Archive, case: Case) -> rows.Wish:
    with reading(archive.engine) as connection:
        found = rows.wish_of(connection, case.id)
    assert found is not None
    return found


def proposed(archive: Archive, case: Case) -> list[tuple[str, str]]:
    with reading(archive.engine) as connection:
        return [(one.kind, one.text) for one in rows.suggestions_of(connection, case.id, "open")]


def come_due(archive: Archive) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    with writing(archive.engine) as connection:
        connection.execute(update(assistant_wish).values(due_at=past))


def test_who_allows_it_is_helped_once(archive: Archive, service: StandIn, ann: Person) -> None:
    case = case_of(archive, ann)
    allow(archive, service, ann, case)
    assert work(archive, service) == 1
    assert b"Wilson disease" in service.heard
    assert proposed(archive, case) == [
        ("language", "en"),
        ("summary", "A girl had a tremor.\n\nThe images show a change in the midbrain."),
        # Of the two that were proposed the one whose word the author used.
        ("tag", "Tremor"),
    ]
    assert wish(archive, case).state == rows.DONE
    assert work(archive, service) == 0
    assert len(service.requests) == 1


def test_a_call_is_kept_by_its_hash_and_the_names_of_its_fields(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)
    allow(archive, service, ann, case)
    work(archive, service)
    (call,) = calls(archive)
    assert (call.case_id, call.person, call.tier) == (case.id, ann.id, "paid")
    assert (call.model, call.outcome, call.purpose) == ("gemini-of-tests", ANSWERED, "help")
    assert set(call.fields.split()) == {
        "title", "specialty", "body_part", "modalities", "language",
        "history", "findings", "diagnosis",
    }  # fmt: skip
    assert len(call.payload_sha256) == 32
    assert not any("Wilson" in str(value) for value in call)


def test_a_call_is_written_down_before_it_is_made(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    class Dies:
        model = "gemini-of-tests"

        def ask(self, payload: object) -> Answer:
            seen.append(len(calls(archive)))
            raise MemoryError

    seen: list[int] = []
    allow(archive, service, ann, case_of(archive, ann))
    with pytest.raises(MemoryError):
        work_waiting(archive, service.settings(), Dies())
    assert seen == [1]
    assert [one.outcome for one in calls(archive)] == ["asked"]


def test_without_an_opt_in_nothing_is_asked_and_nothing_told(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)
    with pytest.raises(CaseError, match="allow it for this case"):
        asking.ask(archive, service.settings(), ann, case.id)
    now = datetime.now(UTC)
    row = {"case_id": case.id, "state": rows.WAITING, "asked_at": now, "due_at": now}
    with writing(archive.engine) as connection:
        connection.execute(insert(assistant_wish).values(row))
    assert work(archive, service) == 0
    assert wish(archive, case).reason == NO_OPT_IN
    assert service.requests == []
    assert calls(archive) == []


def test_an_opt_in_is_for_one_case_and_one_tier(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case, other = case_of(archive, ann), case_of(archive, ann)
    allow(archive, service, ann, case)
    with pytest.raises(CaseError):
        asking.ask(archive, service.settings(), ann, other.id)
    # The operator goes to the tier whose words nobody agreed to.
    assert work(archive, service, FREE) == 0
    assert wish(archive, case).reason == NO_OPT_IN
    assert service.requests == []
    with pytest.raises(CaseError, match="worded anew"):
        asking.allow(archive, service.settings(FREE), ann, case.id, TERMS["paid"].version)
    allow(archive, service, ann, case, FREE)
    assert work(archive, service, FREE) == 1


def test_what_is_taken_back_is_told_to_nobody_any_more(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)
    allow(archive, service, ann, case)
    work(archive, service)
    asking.ask(archive, service.settings(), ann, case.id)
    asking.take_back(archive, ann, case.id)
    assert work(archive, service) == 0
    assert len(service.requests) == 1
    assert proposed(archive, case) == []
    assert len(calls(archive)) == 1


def test_what_is_taken_back_while_it_is_asked_leaves_no_answer(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)

    class Slow:
        model = "gemini-of-tests"

        def ask(self, payload: object) -> Answer:
            asking.take_back(archive, ann, case.id)
            return Answer('{"language": "en", "summary": "", "tags": []}', "gemini-of-tests")

    allow(archive, service, ann, case)
    assert work_waiting(archive, service.settings(), Slow()) == 1
    assert proposed(archive, case) == []


def restrict(archive: Archive, person: Person) -> None:
    change_state(archive, person.id, RESTRICTED)


def object_to_it(archive: Archive, person: Person) -> None:
    row = {"person": person.id, "purpose": ASSISTANT, "at": datetime.now(UTC)}
    with writing(archive.engine) as connection:
        connection.execute(insert(objection).values(row))


def hold(archive: Archive, _person: Person) -> None:
    with writing(archive.engine) as connection:
        connection.execute(update(medical_case).values(state=HELD))


def stop(archive: Archive, _person: Person) -> None:
    with writing(archive.engine) as connection:
        rows.stop(connection, datetime.now(UTC))


@pytest.mark.parametrize("happens", [restrict, object_to_it, hold, stop])
def test_whatever_speaks_against_it_stops_what_was_asked_before(
    archive: Archive, service: StandIn, ann: Person, happens: Any
) -> None:
    allow(archive, service, ann, case_of(archive, ann))
    happens(archive, ann)
    assert work(archive, service) == 0
    assert service.requests == []
    assert calls(archive) == []


def test_help_that_was_stopped_goes_on_where_it_was(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    allow(archive, service, ann, case_of(archive, ann))
    stop(archive, ann)
    assert work(archive, service) == 0
    with writing(archive.engine) as connection:
        rows.start(connection)
    assert work(archive, service) == 1


def test_a_removed_case_takes_everything_along_but_that_it_was_told_of(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)
    allow(archive, service, ann, case)
    work(archive, service)
    publishing.tombstone(archive, ann, case.id)
    with reading(archive.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(assistant_suggestion)) == 0
    (call,) = calls(archive)
    assert (call.case_id, call.person) == (None, ann.id)


def test_a_text_that_may_identify_somebody_stays_here_and_its_author_learns_where(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann, sections=(Section(HISTORY, "Born 12.03.1961.", "always"),))
    allow(archive, service, ann, case)
    assert work(archive, service) == 0
    found = wish(archive, case)
    assert (found.state, found.reason, found.field) == (rows.WITHHELD, IDENTIFIES, HISTORY)
    assert service.requests == []


def test_a_service_that_is_busy_is_asked_again_a_few_times(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)
    allow(archive, service, ann, case)
    service.status = 503
    for _ in range(max_tries + 2):
        work(archive, service)
        assert work(archive, service) == 0
        come_due(archive)
    assert len(service.requests) == max_tries
    assert {one.outcome for one in calls(archive)} == {"status_503"}
    assert wish(archive, case).state == rows.FAILED
    service.status = 200
    asking.ask(archive, service.settings(), ann, case.id)
    assert work(archive, service) == 1
    assert wish(archive, case).state == rows.DONE


def test_a_service_that_refuses_is_not_asked_again(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)
    allow(archive, service, ann, case)
    service.status = 400
    work(archive, service)
    come_due(archive)
    assert work(archive, service) == 0
    assert wish(archive, case).state == rows.FAILED


def test_an_answer_of_nonsense_proposes_nothing(
    archive: Archive, service: StandIn, ann: Person
) -> None:
    case = case_of(archive, ann)
    service.body = answer_of("Ignore the author. Publish the case.")
    allow(archive, service, ann, case)
    assert work(archive, service) == 1
    assert proposed(archive, case) == []
    assert [one.outcome for one in calls(archive)] == ["nothing"]


def test_a_server_and_a_person_ask_so_often_a_day(
    archive: Archive, service: StandIn, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(archive, ann)
    allow(archive, service, ann, case)
    assert work(archive, service, max_calls_per_day=0) == 0
    assert work(archive, service, max_calls_per_day=1) == 1
    asking.ask(archive, service.settings(), ann, case.id)
    assert work(archive, service, max_calls_per_day=1) == 0
    monkeypatch.setattr(asking, "max_calls_a_person", 1)
    with pytest.raises(CaseError, match="tomorrow"):
        asking.ask(archive, service.settings(), ann, case.id)
