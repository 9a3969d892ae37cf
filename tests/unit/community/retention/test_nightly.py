"""What is kept is forgotten when its time is over, and not a day before: a clock that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select, update

from archive import uploads
from archive.access import LOCAL
from archive.archive import Archive
from archive.collections import get_collection
from archive.database import reading, writing
from archive.models import quarantined, share, upload
from community.accounts.people import insert_person
from community.assistant_models import ai_call, assistant_suggestion
from community.assisting.rows import OPEN
from community.case_models import medical_case
from community.cases.publishing import audience_of
from community.consent_models import consent_event
from community.ids import new_id
from community.models import (
    idempotency,
    link,
    link_pass,
    link_view,
    person,
    role_offer,
    session,
    sign_in_attempt,
)
from community.quiz_models import quiz_attempt
from community.retention.nightly import days_of, forget_old
from community.retention.table import RULES, Rule
from community.site.settings import read_site
from community.talk_models import notification
from tests.archives import new_archive
from tests.found_cases import put_case
from tests.people import town
from tests.quarantined import ask, screen

THEN = datetime(2026, 1, 1, 12, tzinfo=UTC)
MOMENT = timedelta(minutes=1)


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", database_url)
    yield made
    made.close()


def put(archive: Archive, table: Table, **values: Any) -> None:
    with writing(archive.engine) as connection:
        connection.execute(insert(table).values(**values))


def left(archive: Archive, table: Table, *where: Any) -> int:
    with reading(archive.engine) as connection:
        query = select(func.count()).select_from(table).where(*where)
        return int(connection.scalar(query) or 0)


def somebody(archive: Archive, handle: str) -> str:
    with writing(archive.engine) as connection:
        made = insert_person(connection, handle, {})
        this = person.c.id == made
        connection.execute(update(person).where(this).values(last_seen_day=THEN.date()))
    return made


def sign_in_attempts(archive: Archive) -> Callable[[], int]:
    put(
        archive, sign_in_attempt, id=new_id(), state_sha256=b"1" * 32, browser_sha256=b"2" * 32,
        provider="google", nonce="n", pkce_verifier="v", next_path="/", purpose="sign-in",
        expires_at=THEN,
    )  # fmt: skip
    return lambda: left(archive, sign_in_attempt)


def sessions(archive: Archive) -> Callable[[], int]:
    put(
        archive, session, id=new_id(), secret_sha256=b"1" * 32, person=somebody(archive, "ada"),
        created_at=THEN, seen_at=THEN, expires_at=THEN, user_agent_family="x",
        reauthenticated_at=THEN,
    )  # fmt: skip
    return lambda: left(archive, session)


def repeated_requests(archive: Archive) -> Callable[[], int]:
    put(
        archive, idempotency, key_sha256=b"1" * 32, person=somebody(archive, "bob"),
        request_sha256=b"2" * 32, begun_at=THEN,
    )  # fmt: skip
    return lambda: left(archive, idempotency)


def offers(archive: Archive) -> Callable[[], int]:
    put(
        archive, role_offer, id=new_id(), secret_sha256=b"1" * 32, role="moderator",
        created_at=THEN, expires_at=THEN,
    )  # fmt: skip
    return lambda: left(archive, role_offer)


def a_link(archive: Archive, **more: Any) -> str:
    made = new_id()
    put(
        archive, link, id=made, secret_sha256=made.encode()[:32], kind="case", target=new_id(),
        name="", created_at=THEN, **more,
    )  # fmt: skip
    return made


def passes(archive: Archive) -> Callable[[], int]:
    put(archive, link_pass, secret_sha256=b"1" * 32, link=a_link(archive), expires_at=THEN)
    return lambda: left(archive, link_pass)


def views_of_links(archive: Archive) -> Callable[[], int]:
    put(archive, link_view, link=a_link(archive), at=THEN, what="page", count=1)
    return lambda: left(archive, link_view)


def links(archive: Archive) -> Callable[[], int]:
    revoked, ended = a_link(archive, revoked_at=THEN), a_link(archive, expires_at=THEN)
    return lambda: left(archive, link, link.c.id.in_((revoked, ended))) // 2


def notifications(archive: Archive) -> Callable[[], int]:
    put(archive, notification, id=new_id(), person=somebody(archive, "cyd"), kind="reply", at=THEN)
    return lambda: left(archive, notification)


def answers_without_account(archive: Archive) -> Callable[[], int]:
    put(
        archive, quiz_attempt, id=new_id(), case_id=put_case(archive, "Unknown"),
        browser_sha256=b"1" * 32, committed_at=THEN,
    )  # fmt: skip
    return lambda: left(archive, quiz_attempt)


def consents(archive: Archive) -> Callable[[], int]:
    put(
        archive, consent_event, id=new_id(), browser=new_id(), categories="necessary", version="1",
        at=THEN, gpc=False, text_sha256=b"1" * 32,
    )  # fmt: skip
    return lambda: left(archive, consent_event)


def drafts(archive: Archive) -> Callable[[], int]:
    made = put_case(
        archive, "A draft", owner=somebody(archive, "dora"), state="draft", published_at=None,
        changed_at=THEN,
    )  # fmt: skip
    return lambda: left(archive, medical_case, medical_case.c.id == made)


def unused_accounts_told(archive: Archive) -> Callable[[], int]:
    fred = somebody(archive, "fred")
    return lambda: left(archive, person, person.c.id == fred, person.c.warned_day.is_(None))


def _upload(archive: Archive, study: str, state: str) -> Callable[[], int]:
    series = f"{study}.1"
    one = ask(archive, screen(StudyInstanceUID=study, SeriesInstanceUID=series))
    uploads.set_state(archive, one, state)
    with writing(archive.engine) as connection:
        owned = {"owner": new_id(), "changed_at": THEN}
        connection.execute(update(upload).where(upload.c.id == one.id).values(owned))
    return lambda: left(archive, quarantined, quarantined.c.upload_id == one.id)


def rejected_uploads(archive: Archive) -> Callable[[], int]:
    return _upload(archive, "1.2.826.77.1", uploads.REJECTED)


def undecided_uploads(archive: Archive) -> Callable[[], int]:
    return _upload(archive, "1.2.826.77.2", uploads.REVIEW)


def assistant_calls(archive: Archive) -> Callable[[], int]:
    put(
        archive, ai_call, id=new_id(), purpose="words", fields="title", payload_sha256=b"1" * 32,
        model="m", tier="paid", at=THEN, outcome="done",
    )  # fmt: skip
    return lambda: left(archive, ai_call)


def assistant_proposals(archive: Archive) -> Callable[[], int]:
    put(
        archive, assistant_suggestion, id=new_id(), case_id=put_case(archive, "Helped"),
        kind="tag", text="x", model="m", made_at=THEN, state=OPEN,
    )  # fmt: skip
    return lambda: left(archive, assistant_suggestion)


KEPT: dict[str, Callable[[Archive], Callable[[], int]]] = {
    one.__name__: one
    for one in (
        sign_in_attempts, sessions, repeated_requests, offers, passes, views_of_links, links,
        notifications, answers_without_account, consents, assistant_calls, assistant_proposals,
        drafts, rejected_uploads, undecided_uploads, unused_accounts_told,
    )
}  # fmt: skip
"""How a thing of each row is made, dated `THEN`; what is returned counts what is left of it."""

DONE = [rule for rule in RULES if rule.is_done]
TESTS = Path(__file__).resolve().parents[1]


def over(name: str, days: int) -> datetime:
    """When the time of a thing of `THEN` is over; when somebody was here is known by its day."""
    is_by_day = name in ("drafts", "unused_accounts_told")
    first = THEN.replace(hour=0) + timedelta(days=1) if is_by_day else THEN
    return first + timedelta(days=days)


def test_every_row_that_is_done_is_tried_here_or_by_its_part() -> None:
    assert set(KEPT) <= {rule.name for rule in DONE}
    texts = [path.read_text() for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    for rule in DONE:
        module = getattr(rule.forget or rule.act, "__module__", "").rpartition(".")[2]
        own = rule.name in KEPT or rule.act is not None
        assert own or any(module in text for text in texts), rule.name


def test_over_two_years_each_thing_goes_on_its_day(archive: Archive) -> None:
    counts = {name: make(archive) for name, make in KEPT.items()}
    assert {name: count() for name, count in counts.items()} == dict.fromkeys(KEPT, 1)
    ends = {rule.name: over(rule.name, rule.days or 0) for rule in DONE if rule.name in KEPT}
    for end in sorted(set(ends.values())):
        for now in (end - MOMENT, end + MOMENT):
            forget_old(archive, {}, now)
            there = {name for name, count in counts.items() if count()}
            assert there == {name for name, one in ends.items() if now < one}, now
    assert max(ends.values()) - THEN < timedelta(days=2 * 366)
    assert there == set()


def test_the_operators_number_outranks_the_tables(archive: Archive) -> None:
    count = notifications(archive)
    site = read_site({"retention": {"notifications": 5}})
    forget_old(archive, site.days, THEN + timedelta(days=4))
    assert count() == 1
    forget_old(archive, site.days, THEN + timedelta(days=6))
    assert count() == 0


def test_what_is_still_used_stays(archive: Archive) -> None:
    owner = somebody(archive, "eve")
    draft = {"owner": owner, "state": "draft", "changed_at": THEN}
    put_case(archive, "Was public once", **draft)  # type: ignore[arg-type]
    put_case(archive, "Of somebody who came back", published_at=None, **draft)  # type: ignore[arg-type]
    working, much_later = a_link(archive), THEN + timedelta(days=5000)
    with writing(archive.engine) as connection:
        connection.execute(update(person).values(last_seen_day=much_later.date()))
    forget_old(archive, {}, much_later)
    assert left(archive, medical_case) == 2
    assert left(archive, link, link.c.id == working) == 1
    assert left(archive, person) == 1


def test_what_a_machine_sent_is_its_operators(archive: Archive) -> None:
    one = ask(archive, screen(StudyInstanceUID="1.2.3.4", SeriesInstanceUID="1.2.3.4.1"))
    forget_old(archive, {}, datetime.now(UTC) + timedelta(days=5000))
    assert uploads.find_upload(archive, LOCAL, one.token).state == uploads.REVIEW
    assert left(archive, quarantined) == 1


def test_a_forgotten_draft_takes_its_shares_along(archive: Archive) -> None:
    made = put_case(
        archive, "A draft", owner=somebody(archive, "fay"), state="draft", published_at=None,
        changed_at=THEN,
    )  # fmt: skip
    place = get_collection(archive, "community")
    row = {"collection_id": place.id, "study_instance_uid": "1.2.3", "audience": audience_of(made)}
    put(archive, share, **row)
    forget_old(archive, {}, THEN + timedelta(days=702))
    forget_old(archive, {}, THEN + timedelta(days=733))
    assert left(archive, medical_case) == 0
    assert left(archive, share) == 0


def test_a_row_that_fails_does_not_keep_the_others_from_theirs(archive: Archive) -> None:
    def fail(_: Archive, __: datetime) -> int:
        raise RuntimeError("down")

    done: list[datetime] = []

    def forget(_: Archive, before: datetime) -> int:
        done.append(before)
        return 3

    rules = (Rule("a", "", "", 1, fail), Rule("b", "", "", 2, forget), Rule("c", "", "", 9))
    assert forget_old(archive, {}, THEN, rules) == {"a": None, "b": 3}
    assert done == [THEN - timedelta(days=2)]


def test_each_row_says_until_when_and_has_a_name_of_its_own() -> None:
    names = [rule.name for rule in RULES]
    assert sorted(set(names)) == sorted(names)
    for rule in RULES:
        assert rule.what and rule.purpose
        assert bool(rule.days) is not bool(rule.until)
        assert rule.days is not None or not rule.is_done
        assert rule.forget is None or rule.act is None
        assert days_of(rule, {}) == rule.days


def test_no_line_of_the_log_holds_the_address_of_who_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "203.0.113.77"
    caplog.set_level("DEBUG")
    with town(tmp_path) as here:
        client = here.browser()
        for path in ("/", "/nowhere", "/dicom-web/studies", "/dicom-web/studies/1.2/metadata"):
            client.get(path, environ_base={"REMOTE_ADDR": address})
        client.post("/consent", environ_base={"REMOTE_ADDR": address})
    lines = [f"{one.getMessage()} {vars(one)}" for one in caplog.records]
    assert address not in "".join(lines) + "".join(capsys.readouterr())
