"""Consent on pages: asked by a form, proven by a row without an address, taken back as easily."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import community
from archive.database import reading, writing
from community.audit_models import audit_event
from community.consent.choice import COOKIE, lasts_s, read_choice
from community.consent.settings import ANALYTICS_ID, ANALYTICS_URL
from community.consent_models import consent_event
from community.rights.purposes import STATISTICS, object_to
from tests.found_cases import put_case
from tests.people import Town, town

HOST = "http://127.0.0.1:9"
SIGNAL = {"Sec-GPC": "1"}
READER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(ANALYTICS_ID, "G-ABC123DEF4")
            patch.setenv(ANALYTICS_URL, HOST)
            found = stack.enter_context(town(tmp_path_factory.mktemp("asking")))
        found.person("ann")
        yield found


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("quiet")) as found:
        yield found


def choose(client: FlaskClient, answer: str, **more: str) -> TestResponse:
    fields = {"analytics": answer, "next": "/about", **more}
    return client.post("/consent", data=fields)


def counts(answer: TestResponse) -> bool:
    """Whether the page counts; its policy and its script must agree about it."""
    has_script = "analytics.js" in answer.text
    assert (HOST in answer.headers["Content-Security-Policy"]) is has_script
    return has_script


def rows(here: Town) -> list[dict[str, object]]:
    with reading(here.archive.engine) as connection:
        query = select(consent_event).order_by(consent_event.c.id)
        return [dict(row._mapping) for row in connection.execute(query)]


def test_before_a_choice_nothing_is_counted_and_no_cookie_is_set(asking: Town) -> None:
    answer = asking.browser().get("/")
    assert not counts(answer)
    assert "Set-Cookie" not in answer.headers
    assert 'id="consent-banner"' in answer.text


def test_who_agrees_is_counted_and_who_takes_it_back_is_not(asking: Town) -> None:
    client = asking.browser()
    agreed = choose(client, "yes")
    assert (agreed.status_code, agreed.headers["Location"]) == (303, "/about")
    assert counts(client.get("/"))
    for name in ("_ga", "_ga_ABC123DEF4"):
        client.set_cookie(name, "GA1.1.1.1")
    back = choose(client, "no")
    dropped = [line for line in back.headers.getlist("Set-Cookie") if line.startswith("_ga")]
    assert {line.partition("=")[0] for line in dropped} == {"_ga", "_ga_ABC123DEF4"}
    assert not counts(client.get("/"))
    assert client.get_cookie("_ga") is None


def test_a_refusal_is_kept_for_as_long_as_an_agreement_and_ends_the_question(asking: Town) -> None:
    kept = {}
    for word in ("yes", "no"):
        client = asking.browser()
        (line,) = choose(client, word).headers.getlist("Set-Cookie")
        kept[word] = re.search(r"Max-Age=(\d+)", line)
        assert "HttpOnly" in line and "SameSite=Lax" in line
        assert 'id="consent-banner"' not in client.get("/").text
    assert [found and int(found[1]) for found in kept.values()] == [lasts_s, lasts_s]


def test_the_signal_of_privacy_is_a_no_until_the_same_browser_says_yes_after_it(
    asking: Town,
) -> None:
    client = asking.browser()
    choose(client, "yes")
    assert counts(client.get("/"))
    page = client.get("/", headers=SIGNAL)
    assert not counts(page)
    assert "privacy signal is honoured" in page.text.replace("&#39;", "'")
    client.post("/consent", data={"analytics": "yes", "next": "/"}, headers=SIGNAL)
    assert counts(client.get("/", headers=SIGNAL))


def test_who_sends_the_signal_is_not_asked(asking: Town) -> None:
    page = asking.browser().get("/", headers=SIGNAL)
    assert 'id="consent-banner"' not in page.text
    assert 'id="consent-panel"' in page.text


def test_what_is_left_of_counting_goes_when_the_signal_comes(asking: Town) -> None:
    client = asking.browser()
    client.set_cookie("_ga", "GA1.1.1.1")
    client.get("/about", headers=SIGNAL)
    assert client.get_cookie("_ga") is None


def test_a_choice_is_proven_by_a_row_that_tells_of_nobody(asking: Town) -> None:
    before = rows(asking)
    client = asking.browser()
    choose(client, "yes")
    choose(client, "no")
    first, second = rows(asking)[len(before) :]
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    chosen = read_choice(cookie.value)
    assert chosen is not None
    assert first["browser"] == second["browser"] == chosen.browser
    assert (first["categories"], second["categories"]) == ("necessary analytics", "necessary")
    assert first["person"] is None
    assert len(bytes(first["text_sha256"])) == 32  # type: ignore[arg-type]
    assert set(first) == {
        "id", "browser", "person", "categories", "version", "at", "gpc", "text_sha256",
    }  # fmt: skip


def test_who_is_signed_in_finds_the_choice_in_their_export(asking: Town) -> None:
    client = asking.browser("ann")
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/cookies").text)
    assert token is not None
    assert choose(client, "no").status_code == 400
    assert choose(client, "no", csrf=token[1]).status_code == 303
    assert rows(asking)[-1]["person"] == asking.ids["ann"]
    with reading(asking.archive.engine) as connection:
        last = select(audit_event.c.action).order_by(audit_event.c.number.desc()).limit(1)
        assert connection.scalar(last) == "consent.refused"


@pytest.mark.parametrize("answer", ["", "perhaps", "analytics"])
def test_what_is_no_answer_is_no_consent(asking: Town, answer: str) -> None:
    refused = choose(asking.browser(), answer)
    assert refused.status_code == 400
    assert "Set-Cookie" not in refused.headers


def test_other_sites_cannot_agree_for_their_readers_nor_be_led_to(asking: Town) -> None:
    client = asking.browser()
    theirs = client.post(
        "/consent", data={"analytics": "yes"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert theirs.status_code == 403
    assert choose(client, "no", next="//evil.example").headers["Location"] == "/"


def test_pages_that_not_everybody_may_see_are_never_counted(asking: Town) -> None:
    shown = put_case(asking.archive, "Seen by all", owner=asking.ids["ann"])
    hidden = put_case(asking.archive, "Seen by few", owner=asking.ids["ann"], state="unlisted")
    client = asking.browser("ann")
    client.set_cookie(COOKIE, _agreed(asking))
    assert counts(client.get("/"))
    assert counts(client.get(f"/cases/s{shown[-12:]}"))
    for path in (f"/cases/s{hidden[-12:]}", "/settings/profile", "/cases", "/login", "/nowhere"):
        answer = client.get(path, headers=READER)
        assert not counts(answer), path


def test_who_objects_to_statistics_is_not_counted_in_whatever_browser(asking: Town) -> None:
    asking.person("otto")
    client = asking.browser("otto")
    client.set_cookie(COOKIE, _agreed(asking))
    assert counts(client.get("/"))
    with writing(asking.archive.engine) as connection:
        object_to(connection, asking.ids["otto"], [STATISTICS])
    assert not counts(client.get("/"))


def _agreed(here: Town) -> str:
    client = here.browser()
    choose(client, "yes")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return str(cookie.value)


def test_a_page_that_counts_says_no_more_than_it_must(asking: Town) -> None:
    client = asking.browser()
    choose(client, "yes")
    tag = re.search(r"<script[^>]*analytics\.js[^>]*>", client.get("/search?q=secret").text)
    assert tag is not None
    assert "secret" not in tag[0]
    assert set(re.findall(r"data-([a-z-]+)", tag[0])) == {"id", "host", "own"}


@pytest.mark.parametrize("path", ["/", "/about", "/privacy", "/nowhere", "/login", "/cookies"])
def test_the_control_stands_on_every_page(quiet: Town, path: str) -> None:
    page = quiet.browser().get(path, headers=READER).text
    assert 'popovertarget="consent-panel"' in page
    assert 'id="consent-banner"' not in page


def test_a_page_of_a_fault_of_ours_has_the_control_too(quiet: Town) -> None:
    quiet.app.config["PROPAGATE_EXCEPTIONS"] = False
    views = quiet.app.view_functions
    whole = views["pages.about"]

    def broken() -> str:
        raise RuntimeError("broken")

    views["pages.about"] = broken
    try:
        answer = quiet.browser().get("/about", headers=READER)
    finally:
        views["pages.about"] = whole
    assert answer.status_code == 500
    assert 'popovertarget="consent-panel"' in answer.text


def test_the_viewer_has_no_control_in_it(quiet: Town) -> None:
    assert "consent" not in quiet.browser().get("/viewer/").text


def test_where_nobody_counts_no_row_of_the_statistics_is_shown(quiet: Town, asking: Town) -> None:
    assert "_ga" not in quiet.browser().get("/cookies").text
    page = asking.browser().get("/cookies").text
    assert "_ga_*" in page
    assert "https://tools.google.com/dlpage/gaoptout" in page


def test_the_signal_is_announced(quiet: Town) -> None:
    answer = quiet.browser().get("/.well-known/gpc.json")
    assert answer.get_json()["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", answer.get_json()["lastUpdate"])


def test_the_script_switches_all_of_advertising_off() -> None:
    script = (Path(community.__file__).parent / "static/analytics.js").read_text()
    for name in ("ad_storage", "ad_user_data", "ad_personalization"):
        assert f'{name}: "denied"' in script
    for name in ("allow_google_signals", "allow_ad_personalization_signals"):
        assert f"{name}: false" in script
