"""People ask without an account and follow what they asked; operators answer within the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from archive.database import reading, writing
from community.accounts.people import MODERATOR, OPERATOR
from community.audit_models import audit_event
from community.models import identity
from community.request_models import letter, ticket, ticket_event
from community.requests import asking, kinds
from community.requests.clock import due_on
from community.requests.tickets import Ticket, find_ticket, ticket_from
from tests import asked
from tests.people import Town, town

MAIL = {"DICOMTUBE_SMTP_URL": "smtp://127.0.0.1:9", "DICOMTUBE_MAIL_FROM": "news@example.org"}


def a_town(home: Path, *, mail: bool) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in MAIL.items():
            patch.setenv(name, value if mail else "")
        # One network sends more here than people do; how often it may is another test.
        patch.setattr("community.requests.contact_pages.max_writes_per_minute", 10_000)
        with town(home) as found:
            found.person("ann")
            found.person("mona", MODERATOR)
            found.person("boss", OPERATOR)
            yield found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A server that sends mail."""
    yield from a_town(tmp_path_factory.mktemp("town"), mail=True)


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One that sends none."""
    yield from a_town(tmp_path_factory.mktemp("mute"), mail=False)


@pytest.fixture(autouse=True)
def _empty(here: Town) -> None:
    with writing(here.archive.engine) as connection:
        for table in (letter, ticket):
            connection.execute(delete(table))


def tickets(here: Town) -> list[Ticket]:
    with reading(here.archive.engine) as connection:
        return [ticket_from(row) for row in connection.execute(select(ticket).order_by("id"))]


def letters(here: Town) -> list[tuple[str, str, str]]:
    with reading(here.archive.engine) as connection:
        query = select(letter).order_by(letter.c.id)
        return [(row.address, row.subject, row.body) for row in connection.execute(query)]


def words(here: Town, found: Ticket) -> list[str | None]:
    query = select(ticket_event.c.words).where(ticket_event.c.ticket == found.id)
    with reading(here.archive.engine) as connection:
        return list(connection.scalars(query.order_by(ticket_event.c.id)))


def audited(here: Town, action: str) -> int:
    query = select(audit_event).where(audit_event.c.action == action)
    with reading(here.archive.engine) as connection:
        return len(connection.execute(query).all())


def submit(browser: FlaskClient, page: str, to: str | None = None, **fields: str) -> TestResponse:
    """Send a form with the token that the page has, if it has one."""
    found = re.search(r'name="csrf" value="([^"]*)"', browser.get(page).text)
    return browser.post(to or page, data={"csrf": found[1] if found else "", **fields})


def contact(browser: FlaskClient, **fields: str) -> TestResponse:
    form = {"kind": kinds.CONTACT, "words": "A question.", "email": asked.ADDRESS, **fields}
    return submit(browser, "/contact", **form)


def link_in(body: str) -> str:
    found = re.search(r"(/contact/request\?k=\S+)", body)
    assert found, body
    return found[1]


def test_somebody_without_an_account_asks_and_their_clock_runs(here: Town) -> None:
    answer = contact(here.browser(), words="Please send a data deletion request through")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    [found] = tickets(here)
    assert (found.kind, found.state, found.person) == (kinds.ERASE, kinds.OPEN, None)
    assert found.due_on == due_on(datetime.now(UTC).date())
    assert found.reference in here.browser().get(answer.location).text


def test_the_first_mail_says_nothing_that_a_stranger_could_have_typed(here: Town) -> None:
    contact(here.browser(), words="BUY THIS", about="http://buy.example/")
    [(address, subject, body)] = letters(here)
    assert address == asked.ADDRESS
    assert "BUY" not in subject + body
    assert "buy.example" not in body


def test_the_link_of_the_mail_confirms_the_address_when_its_reader_says_so(here: Town) -> None:
    contact(here.browser())
    link = link_in(letters(here)[0][2])
    page = here.browser().get(link)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert tickets(here)[0].confirmed_at is None
    secret = link.partition("=")[2]
    answer = here.browser().post("/contact/request", data={"k": secret, "act": "confirm"})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert tickets(here)[0].confirmed_at is not None


def test_a_link_that_was_not_mailed_confirms_no_address(mute: Town) -> None:
    answer = contact(mute.browser())
    link = link_in(answer.location)
    assert mute.browser().get(link).status_code == 200
    secret = link.partition("=")[2].removesuffix("&sent=1")
    refused = mute.browser().post("/contact/request", data={"k": secret, "act": "confirm"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    sent = mute.browser().post("/contact/request", data={"k": secret, "act": "reply", "words": "x"})
    assert sent.status_code == HTTPStatus.SEE_OTHER
    assert tickets(mute)[-1].confirmed_at is None


def test_without_a_link_nobody_sees_a_request(here: Town) -> None:
    asked.came(here.archive)
    for secret in ("", "none", "x" * 5000):
        assert here.browser().get(f"/contact/request?k={secret}").status_code == 404
        answer = here.browser().post("/contact/request", data={"k": secret, "act": "withdraw"})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": ""}, "address at which"),
        ({"email": "no address"}, "no e-mail address"),
        ({"words": " \n "}, "write what you want"),
        ({"words": "x" * 5001}, "at most 5000"),
        ({"kind": "nothing"}, "choose what"),
        ({"about": "x" * 501}, "at most 500"),
        ({"website": "http://spam.example"}, "leave the field"),
    ],
)
def test_what_is_wrong_is_said_beside_the_words_that_stay(
    here: Town, fields: dict[str, str], says: str
) -> None:
    answer = contact(here.browser(), **{"about": "/cases/kept", **fields})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says.lower() in answer.text.lower()
    assert "error-summary" in answer.text
    assert fields.get("about", "/cases/kept")[:500] in answer.text
    assert tickets(here) == []


def test_one_address_gets_so_many_mails_a_day_and_others_get_theirs(here: Town) -> None:
    statuses = [contact(here.browser()).status_code for _ in range(asking.max_a_day + 1)]
    assert statuses == [303] * asking.max_a_day + [422]
    assert contact(here.browser(), email=asked.ADDRESS.upper()).status_code == 422
    assert contact(here.browser(), email="other@example.org").status_code == 303
    assert len(letters(here)) == asking.max_a_day + 1


def test_who_is_signed_in_asks_without_an_address_and_reads_the_answer_there(here: Town) -> None:
    ann = here.browser("ann")
    assert 'name="email"' not in ann.get("/contact").text
    answer = contact(ann, kind=kinds.RECTIFY, words="My name is spelled wrong.")
    [found] = tickets(here)
    assert (found.person, found.identity_by) == (here.ids["ann"], kinds.ACCOUNT)
    assert found.email is None
    page = ann.get(answer.location).text
    assert "My name is spelled wrong." in page
    assert found.reference in ann.get("/settings/requests").text
    assert audited(here, "request.opened") >= 1


def test_requests_of_others_are_not_there(here: Town) -> None:
    found = asked.came_signed_in(here.archive, here.ids["ann"])
    path = f"/settings/requests/{found.id}"
    assert here.browser("ann").get(path).status_code == 200
    for who in ("mona", "boss"):
        assert here.browser(who).get(path).status_code == 404
        answer = submit(here.browser(who), "/contact", path, act="withdraw")
        assert answer.status_code == 404
    assert here.browser("boss").get("/settings/requests/none").status_code == 404


def test_who_asked_replies_and_takes_it_back(here: Town) -> None:
    found = asked.came_signed_in(here.archive, here.ids["ann"])
    ann, path = here.browser("ann"), f"/settings/requests/{found.id}"
    assert submit(ann, path, act="reply", words="One more thing.").status_code == 303
    assert submit(ann, path, act="reply", words="").status_code == 422
    assert submit(ann, path, act="other").status_code == 422
    assert words(here, found)[-1] == "One more thing."
    assert submit(ann, path, act="withdraw").status_code == 303
    assert find_ticket(here.archive, found.id).outcome == kinds.WITHDRAWN
    assert submit(ann, path, act="reply", words="Again.").status_code == 422


@pytest.mark.parametrize("who", [None, "ann", "mona"])
def test_the_queue_is_for_operators(here: Town, who: str | None) -> None:
    found, browser = asked.came(here.archive), here.browser(who)
    for path in ("", "/new", f"/{found.id}"):
        answer = browser.get(f"/admin/requests{path}")
        assert answer.status_code in (302, 403)
        assert found.reference not in answer.text
    for path in ("/new", f"/{found.id}"):
        answer = submit(browser, "/contact", f"/admin/requests{path}", act="take")
        assert answer.status_code in (401, 403)


def test_what_is_due_first_comes_first_and_overdue_is_said_in_words(here: Town) -> None:
    soon = asked.came(here.archive, days_ago=20)
    late = asked.came(here.archive, days_ago=40)
    fresh = asked.came(here.archive)
    done = asked.closed(here.archive, here.ids["boss"], asked.came(here.archive, days_ago=50))
    boss = here.browser("boss")
    page = boss.get("/admin/requests").text
    order = [page.index(one.reference) for one in (late, soon, fresh)]
    assert order == sorted(order)
    assert done.reference not in page
    assert "1 request is overdue" in page
    assert "Overdue" in page
    only_late = boss.get("/admin/requests?state=overdue").text
    assert late.reference in only_late
    assert soon.reference not in only_late
    assert done.reference in boss.get("/admin/requests?state=closed").text
    assert boss.get(f"/admin/requests?reference={done.reference.lower()}").text.count(
        done.reference
    )


def test_what_is_to_be_taken_away_waits_for_nothing_else(here: Town) -> None:
    late = asked.came(here.archive, days_ago=40)
    shown = asked.came(here.archive, kinds.TAKEDOWN, about="https://here.example/cases/abc?x=1")
    boss = here.browser("boss")
    page = boss.get("/admin/requests").text
    assert page.index(shown.reference) < page.index(late.reference)
    one = boss.get(f"/admin/requests/{shown.id}").text
    assert "/report?kind=case&amp;name=abc" in one
    assert "/report" not in boss.get(f"/admin/requests/{late.id}").text


def test_the_queue_comes_in_pages_that_miss_nothing(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {
        asked.came(here.archive, (kinds.ACCESS, kinds.TAKEDOWN)[n % 2], days_ago=n % 3).reference
        for n in range(7)
    }
    monkeypatch.setattr("community.requests.reading.list_queue.__defaults__", ("", 3, None))
    boss, path, seen = here.browser("boss"), "/admin/requests?whose=", []
    for _ in range(3):
        page = boss.get(path).text
        seen += re.findall(r'<a href="/admin/requests/[^"]+">(\w+)</a>', page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert (len(seen), set(seen), path) == (7, made, "")
    good = "01890a5d-ac96-774b-bcce-b302099a8057"
    for odd in ("x", "_", f"2_2026-01-01_{good}", f"1_2026-13-01_{good}", "1_2026-01-01_x"):
        assert boss.get(f"/admin/requests?after={odd}").status_code == 400, odd


def test_nothing_is_answered_before_it_is_known_who_asks(here: Town) -> None:
    found = asked.came(here.archive)
    boss, path = here.browser("boss"), f"/admin/requests/{found.id}"
    assert 'value="answer"' not in boss.get(path).text
    assert submit(boss, path, act="answer", words="Your data: …").status_code == 422
    assert submit(boss, path, act="close", words="Done.", outcome=kinds.DONE).status_code == 422
    assert submit(boss, path, act="identify", identity=kinds.ACCOUNT).status_code == 422
    assert submit(boss, path, act="identify", identity=kinds.ADDRESS).status_code == 422
    assert letters(here) == []
    assert submit(boss, path, act="identify", identity=kinds.QUESTIONS).status_code == 303
    assert submit(boss, path, act="answer", words="Your data: …").status_code == 303
    [(address, _, body)] = letters(here)
    assert address == asked.ADDRESS
    assert "Your data" not in body
    assert "Your data" in here.browser().get(link_in(body)).text
    assert audited(here, "request.checked") >= 1


def test_who_asks_is_asked_back_and_their_reply_opens_it_again(here: Town) -> None:
    found = asked.came(here.archive)
    boss, path = here.browser("boss"), f"/admin/requests/{found.id}"
    submit(boss, path, act="note", words="For us alone.")
    submit(boss, path, act="ask", words="Which case?")
    assert find_ticket(here.archive, found.id).state == kinds.ASKED
    link = link_in(letters(here)[0][2])
    page = here.browser().get(link).text
    assert "Which case?" in page
    assert "For us alone." not in page
    data = {"k": link.partition("=")[2], "act": "reply", "words": "The third."}
    here.browser().post("/contact/request", data=data)
    changed = find_ticket(here.archive, found.id)
    assert (changed.state, changed.confirmed_at is not None) == (kinds.OPEN, True)
    assert "The third." in boss.get(path).text


def test_a_question_that_is_no_right_is_answered_in_the_mail_itself(here: Town) -> None:
    found = asked.came(here.archive, kinds.CONTACT)
    boss, path = here.browser("boss"), f"/admin/requests/{found.id}"
    submit(boss, path, act="answer", words="It is an address.")
    assert "It is an address." not in letters(here)[0][2], "nobody confirmed the address"
    asking.confirm(here.archive, found.id)
    submit(boss, path, act="close", words="It is an address.", outcome=kinds.DONE)
    assert "It is an address." in letters(here)[1][2]


def test_staff_enters_what_came_by_telephone_and_its_month_began_then(here: Town) -> None:
    boss, day = here.browser("boss"), datetime.now(UTC).date() - timedelta(days=6)
    form = {
        "kind": kinds.ACCESS, "source": kinds.PHONE, "received": day.isoformat(),
        "words": "Wants a copy.", "reach": "+1 555 0100", "handle": "@Ann",
    }  # fmt: skip
    answer = submit(boss, "/admin/requests/new", **form)
    assert answer.status_code == 303
    [found] = tickets(here)
    assert (found.due_on, found.reach, found.person) == (
        due_on(day),
        "+1 555 0100",
        here.ids["ann"],
    )
    assert found.lacks_identity, "that staff was told a handle proves nothing"
    for wrong in (
        {"received": "2020-01-01"}, {"received": "2999-01-01"}, {"received": "x"},
        {"source": kinds.FORM}, {"handle": "nobody-here"}, {"reach": ""}, {"words": ""},
        {"kind": "x"},
    ):  # fmt: skip
        refused = submit(boss, "/admin/requests/new", **{**form, **wrong})
        assert refused.status_code == 422, wrong
    assert len(tickets(here)) == 1


def test_staff_sorts_takes_closes_and_opens_again(here: Town) -> None:
    found = asked.came(here.archive, kinds.CONTACT)
    boss, path = here.browser("boss"), f"/admin/requests/{found.id}"
    assert submit(boss, path, act="route", kind=kinds.TAKEDOWN).status_code == 303
    assert submit(boss, path, act="route", kind="x").status_code == 422
    submit(boss, path, act="take")
    assert submit(boss, path, act="nothing").status_code == 422
    changed = find_ticket(here.archive, found.id)
    assert (changed.kind, changed.taken_by) == (kinds.TAKEDOWN, here.ids["boss"])
    assert changed.due_on == found.due_on
    assert found.reference in boss.get("/admin/requests?whose=mine").text
    assert submit(boss, path, act="close", words="Gone.", outcome="").status_code == 422
    assert submit(boss, path, act="close", words="", outcome=kinds.DONE).status_code == 422
    assert submit(boss, path, act="close", words="Gone.", outcome=kinds.DONE).status_code == 303
    assert submit(boss, path, act="take").status_code == 422
    assert submit(boss, path, act="reopen", words="It was not.").status_code == 303
    assert not find_ticket(here.archive, found.id).is_closed


def test_answers_begin_with_words_that_fit(here: Town) -> None:
    found = asked.came(here.archive)
    boss, path = here.browser("boss"), f"/admin/requests/{found.id}"
    assert "identity card" in boss.get(f"{path}?with=who").text
    assert "identity card" not in boss.get(f"{path}?with=none").text


def test_an_account_with_the_address_is_a_hint_once_the_address_is_confirmed(here: Town) -> None:
    row = {
        "id": "01890a5d-ac96-774b-bcce-b302099a8099", "person": here.ids["ann"],
        "provider": "google", "subject": "1", "email": asked.ADDRESS, "email_verified": True,
        "is_relay": False, "linked_at": datetime.now(UTC),
    }  # fmt: skip
    with writing(here.archive.engine) as connection:
        connection.execute(identity.insert().values(row))
    found = asked.came(here.archive)
    boss, path = here.browser("boss"), f"/admin/requests/{found.id}"
    assert "@ann" not in boss.get(path).text
    asking.confirm(here.archive, found.id)
    assert "@ann" in boss.get(path).text
    assert find_ticket(here.archive, found.id).person is None
    with writing(here.archive.engine) as connection:
        connection.execute(delete(identity))


def test_whose_request_it_is_and_who_looks_are_told_apart(here: Town) -> None:
    found = asked.came_signed_in(here.archive, here.ids["ann"])
    page = here.browser("boss").get(f"/admin/requests/{found.id}").text
    assert "Your account, boss" in page
    assert "@ann" in page


def test_that_staff_saw_an_address_is_in_the_trail(here: Town) -> None:
    found, before = asked.came(here.archive), audited(here, "staff.saw_address")
    here.browser("boss").get(f"/admin/requests/{found.id}")
    assert audited(here, "staff.saw_address") == before + 1


def test_years_are_counted_for_everybody_and_tell_of_nobody(here: Town) -> None:
    asked.closed(here.archive, here.ids["boss"], asked.came(here.archive))
    asked.came(here.archive, days_ago=40, words="SECRET")
    page = here.browser().get("/requests/counts")
    assert page.status_code == 200
    assert str(datetime.now(UTC).year) in page.text
    assert "SECRET" not in page.text
    assert asked.ADDRESS not in page.text


def test_one_network_writes_so_often_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community.requests.contact_pages.max_writes_per_minute", 3)
    with town(tmp_path) as small:
        statuses = [contact(small.browser()).status_code for _ in range(4)]
    assert statuses == [303, 303, 303, 429]


def test_ones_own_requests_come_in_pages_the_latest_first(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [asked.came_signed_in(here.archive, here.ids["ann"]) for _ in range(5)]
    asked.came_signed_in(here.archive, here.ids["mona"])
    wanted = [one.reference for one in reversed(made)]
    ann, found, path = here.browser("ann"), [], "/api/v1/me/requests?limit=2"
    while path:
        answer = ann.get(path).get_json()
        found += [row["reference"] for row in answer["items"]]
        path = answer["next"] and f"/api/v1/me/requests?limit=2&cursor={answer['next']}"
    assert found == wanted
    monkeypatch.setattr("community.requests.reading.list_own.__defaults__", ("", 3))
    page = ann.get("/settings/requests").text
    onward = re.search(r'rel="next" href="([^"]+)"', page)
    assert onward
    pages = page + ann.get(onward[1]).text
    assert re.findall(r'<a href="/settings/requests/[^"]+">(\w+)</a>', pages) == wanted
    for path in ("/settings/requests?before=x", "/api/v1/me/requests?cursor=x"):
        assert ann.get(path).status_code == 400


def test_programs_ask_and_follow_what_they_asked(here: Town) -> None:
    ann = here.browser("ann")
    found = re.search(r'name="csrf" value="([^"]*)"', ann.get("/contact").text)
    assert found
    sent = {"kind": kinds.OBJECT, "words": "Do not index me."}
    head = {"X-CSRF-Token": found[1]}
    answer = ann.post("/api/v1/me/requests", json=sent, headers=head)
    assert answer.status_code == HTTPStatus.CREATED
    one = ann.get(answer.location).get_json()
    assert (one["kind"], one["state"]) == (kinds.OBJECT, kinds.OPEN)
    assert one["due"] == due_on(datetime.now(UTC).date()).isoformat()
    assert one["events"][0]["words"] == "Do not index me."
    assert [row["id"] for row in ann.get("/api/v1/me/requests").get_json()["items"]] == [one["id"]]
    assert here.browser("mona").get(answer.location).status_code == 404
    assert here.browser().get("/api/v1/me/requests").status_code == 401
    bad = ann.post("/api/v1/me/requests", json={**sent, "kind": "x"}, headers=head)
    assert bad.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
