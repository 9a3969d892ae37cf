"""The page on which an author allows help, asks for it and decides; and the summary on the case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from archive.database import reading
from community.accounts.people import RESTRICTED, Person, change_state, find_person
from community.assistant_models import assistant_consent, assistant_suggestion
from community.assisting import rows
from community.assisting.settings import ACKNOWLEDGED, FREE, NO_SUCH_PEOPLE, PAID
from community.assisting.terms import NOTICES, TERMS
from community.assisting.working import work_waiting
from community.cases import editing
from community.cases.model import PUBLIC, Case
from tests.assistant import StandIn, answer_of, nobody_else, stand_in
from tests.cases import TEXT, full_case, give, image, keep
from tests.people import Town, town

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
STUDY = "1.2.826.0.1.3680043.10.9"


@pytest.fixture
def service() -> Iterator[StandIn]:
    with stand_in() as made, nobody_else():
        yield made


@pytest.fixture
def environment(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {
        "GEMINI_API_KEY": "a-key",
        "GEMINI_MODEL": "gemini-of-tests",
        "GEMINI_TIER": PAID,
        "DICOMTUBE_ASSISTANT_STAND_IN_URL": service.address,
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def here(tmp_path: Path, environment: object) -> Iterator[Town]:
    with town(tmp_path) as made:
        made.person("ann")
        made.person("ben")
        yield made


def ann_of(here: Town) -> Person:
    found = find_person(here.archive, here.ids["ann"])
    assert found is not None
    return found


def draft(here: Town, **more: Any) -> Case:
    return editing.make_case(here.archive, ann_of(here), replace(TEXT, **more))


def send(client: FlaskClient, case: Case, **fields: str) -> Any:
    address = f"/cases/{case.slug}/help"
    token = re.search(r'name="csrf" value="([^"]+)"', client.get(address).text)
    assert token
    return client.post(address, data={"csrf": token[1], **fields}, headers=SAME_ORIGIN)


def allow(client: FlaskClient, case: Case, **fields: str) -> Any:
    return send(client, case, **{"allow": TERMS[PAID].version, "agreed": "yes", **fields})


def work(here: Town, service: StandIn) -> int:
    settings = service.settings()
    return work_waiting(here.archive, settings, settings.service())


def ids_of(here: Town) -> dict[str, str]:
    with reading(here.archive.engine) as connection:
        found = connection.execute(select(assistant_suggestion))
        return {row.text if row.kind == "tag" else row.kind: row.id for row in found}


def test_an_author_allows_asks_accepts_and_dismisses(here: Town, service: StandIn) -> None:
    service.body = answer_of(
        {"language": "de", "summary": "She trembled.", "tags": ["Tremor", "Tegmentum"]}
    )
    client, case = here.browser("ann"), draft(here)
    page = " ".join(client.get(f"/cases/{case.slug}/help").text.split())
    assert TERMS[PAID].words in page
    assert "checked" not in page
    assert allow(client, case).location.endswith("note=asked")
    assert "The case waits for the machine." in client.get(f"/cases/{case.slug}/help").text
    assert work(here, service) == 1
    page = client.get(f"/cases/{case.slug}/help").text
    assert page.count("Proposed by a machine") == 3
    made = ids_of(here)
    for name in ("Tremor", "language", "summary"):
        assert send(client, case, accept=made[name]).status_code == 303
    assert send(client, case, dismiss=made["Tegmentum"]).status_code == 303
    assert "Proposed by a machine" not in client.get(f"/cases/{case.slug}/help").text
    page = client.get(f"/cases/{case.slug}").text
    assert "She trembled." in page
    assert "Written by a machine" in page
    assert ">Tremor<" in page
    assert "Tegmentum<" not in page
    assert 'lang="de"' in page


def test_a_proposal_is_decided_once_and_by_its_author(here: Town, service: StandIn) -> None:
    client, case = here.browser("ann"), draft(here)
    allow(client, case)
    work(here, service)
    made = ids_of(here)["summary"]
    ben = here.browser("ben")
    assert ben.get(f"/cases/{case.slug}/help").status_code == 404
    assert send(client, case, accept=made).status_code == 303
    assert send(client, case, accept=made).status_code == 404
    assert send(client, case, accept="no-id").status_code == 404
    other = draft(here)
    assert send(client, other, dismiss=made).status_code == 303
    assert ids_of(here)["summary"] == made


def test_nothing_is_allowed_by_a_form_that_does_not_say_so(here: Town, service: StandIn) -> None:
    client, case = here.browser("ann"), draft(here)
    answer = allow(client, case, agreed="")
    assert answer.status_code == 422
    assert "tick that you allow it first" in answer.text.lower()
    assert allow(client, case, allow=TERMS[FREE].version).status_code == 422
    assert send(client, case, ask="yes").status_code == 422
    assert send(client, case).status_code == 422
    assert client.post(f"/cases/{case.slug}/help", data={"ask": "yes"}).status_code == 400
    with reading(here.archive.engine) as connection:
        assert connection.execute(select(assistant_consent)).all() == []
    assert work(here, service) == 0
    assert service.requests == []


def test_to_take_it_back_is_always_theirs(here: Town, service: StandIn) -> None:
    client, case = here.browser("ann"), draft(here)
    allow(client, case)
    change_state(here.archive, here.ids["ann"], RESTRICTED)
    page = client.get(f"/cases/{case.slug}/help").text
    assert "your account is restricted" in page
    assert send(client, case, take_back="yes").status_code == 303
    with reading(here.archive.engine) as connection:
        assert connection.execute(select(assistant_consent)).all() == []
        assert rows.wish_of(connection, case.id) is None
    assert service.requests == []


def test_what_keeps_a_case_back_is_said_with_the_place(here: Town, service: StandIn) -> None:
    client, case = here.browser("ann"), draft(here, title="Seen on 12.03.2021")
    allow(client, case)
    work(here, service)
    page = client.get(f"/cases/{case.slug}/help").text
    assert "Nothing was sent" in page
    assert f'href="/cases/{case.slug}/edit#f-title"' in page


def test_a_summary_of_an_unknown_case_waits_for_the_answer(here: Town, service: StandIn) -> None:
    service.body = answer_of({"language": "", "summary": "A disease of copper.", "tags": []})
    ann = ann_of(here)
    keep(here.archive, image(STUDY))
    give(here.archive, STUDY, ann)
    case = full_case(here.archive, ann, STUDY, state=PUBLIC, is_unknown=True)
    client = here.browser("ann")
    allow(client, case)
    work(here, service)
    send(client, case, accept=ids_of(here)["summary"])
    assert "A disease of copper." in client.get(f"/cases/{case.slug}").text
    for reader in (here.browser("ben"), here.browser()):
        assert "A disease of copper." not in reader.get(f"/cases/{case.slug}").text
    assert send(client, case, dismiss=ids_of(here)["summary"]).status_code == 303
    assert "A disease of copper." not in client.get(f"/cases/{case.slug}").text


def test_where_texts_are_written_the_service_and_its_tier_are_named(here: Town) -> None:
    client, case = here.browser("ann"), draft(here)
    page = " ".join(client.get(f"/cases/{case.slug}/edit").text.split())
    assert NOTICES[PAID] in page
    assert f'href="/cases/{case.slug}/help"' in page


def test_the_free_tier_says_that_texts_may_train_models(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("GEMINI_TIER", FREE)
    environment.setenv(ACKNOWLEDGED, NO_SUCH_PEOPLE)
    with town(tmp_path) as here:
        here.person("ann")
        client, case = here.browser("ann"), draft(here)
        page = " ".join(client.get(f"/cases/{case.slug}/edit").text.split())
        assert "Google may use them to improve its models" in page
        page = " ".join(client.get(f"/cases/{case.slug}/help").text.split())
        assert "Google may use these texts to improve its models" in page


def test_nobody_talks_to_the_machine(here: Town) -> None:
    client, case = here.browser("ann"), draft(here)
    main = client.get(f"/cases/{case.slug}/help").text.partition("<main")[2].partition("</main")[0]
    assert set(re.findall(r'<input[^>]*type="(\w+)"', main)) == {"hidden", "checkbox"}
    assert "<textarea" not in main


def test_without_a_key_nothing_of_it_is_there(tmp_path: Path, service: StandIn) -> None:
    with town(tmp_path) as here:
        here.person("ann")
        client, case = here.browser("ann"), draft(here)
        assert client.get(f"/cases/{case.slug}/help").status_code == 404
        page = client.get(f"/cases/{case.slug}/edit").text
        assert "Google" not in page
        assert "/help" not in page
        assert client.get(f"/cases/{case.slug}").status_code == 200
        assert [one for one in here.app.blueprints if "assist" in one] == []
    assert service.requests == []


def test_what_was_sent_cannot_be_called_back_and_the_page_says_so(here: Town) -> None:
    client, case = here.browser("ann"), draft(here)
    words = "What was sent cannot be called back."
    assert all(words in one.words for one in TERMS.values())
    assert words in " ".join(client.get(f"/cases/{case.slug}/help").text.split())
    allow(client, case)
    page = client.get(f"/cases/{case.slug}/help").text
    assert "What was sent before cannot be called back from Google." in page
