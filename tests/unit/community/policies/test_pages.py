"""The pages of the texts, and who is asked to agree anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from archive.database import reading, writing
from community.audit_models import audit_event
from community.models import policy_acceptance
from community.policies import documents
from community.policies.acceptance import Agreed, agree, missing_of
from community.policies.documents import KINDS, Version, to_agree, versions
from community.site.settings import SITE_FILE
from tests.people import Town, town

SITE = """
updated = 2031-05-06
[operator]
name = "Society of Images"
address = ["1 Street", "Town"]
email = "privacy@example.org"
jurisdiction = "the law of Somewhere"
[[hosting]]
name = "A Cloud"
purpose = "runs it"
place = "Somewhere"
[retention]
sessions = 11
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("town")
    (home / "site.toml").write_text(SITE)
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(SITE_FILE, str(home / "site.toml"))
            found = stack.enter_context(town(home))
        found.person("ann")
        yield found


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> str:
    """There is a second version of the terms."""
    first = versions()["terms"][-1]
    second = Version("2", date(2027, 1, 1), first.sha256, "More of everything.")
    several = {**versions(), "terms": (first, second)}
    monkeypatch.setattr(documents, "versions", lambda: several)
    return "2"


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def agreed_of(here: Town, handle: str) -> set[tuple[str, str]]:
    with reading(here.archive.engine) as connection:
        query = select(policy_acceptance.c.kind, policy_acceptance.c.version).where(
            policy_acceptance.c.person == here.ids[handle]
        )
        return {(row.kind, row.version) for row in connection.execute(query)}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_everybody_can_read_every_text_and_each_of_its_versions(
    here: Town, kind: documents.Kind
) -> None:
    page = here.browser().get(kind.path)
    assert page.status_code == 200
    assert "Last updated" in page.text
    for version in versions()[kind.name]:
        assert here.browser().get(f"{kind.path}/v/{version.number}").status_code == 200
    for none in ("0", "999", "x", "..%2f..%2fversions", "1.md"):
        assert here.browser().get(f"{kind.path}/v/{none}").status_code == 404


def test_every_page_leads_to_all_of_them(here: Town) -> None:
    page = here.browser().get("/about").text
    for path in ("/privacy", "/cookies", "/terms", "/community-rules", "/subprocessors",
                 "/accessibility"):  # fmt: skip
        assert f'href="{path}"' in page


def test_what_the_operator_said_stands_on_the_pages(here: Town) -> None:
    privacy = here.browser().get("/privacy").text
    for said in ("Society of Images", "1 Street", "privacy@example.org", "11 days", "May 6, 2031"):
        assert said in privacy
    assert "not set up for the public" not in privacy
    assert "the law of Somewhere" in here.browser().get("/terms").text
    assert "A Cloud" in here.browser().get("/subprocessors").text


def test_a_server_whose_operator_said_nothing_says_so(tmp_path: Path) -> None:
    with town(tmp_path) as bare:
        assert "not set up for the public" in bare.browser().get("/privacy").text
        assert "Nobody" in bare.browser().get("/subprocessors").text


def test_below_a_prefix_links_stay_below_it(here: Town) -> None:
    page = here.browser().get("/privacy", base_url="http://127.0.0.1:8000/imaging").text
    assert 'href="/imaging/cookies"' in page
    assert ' href="/cookies"' not in page


def test_an_earlier_version_says_that_it_holds_no_more(here: Town, newer: str) -> None:
    page = here.browser().get("/terms/v/1").text
    assert "does not hold any more" in page
    assert 'content="noindex"' in page


def test_who_agreed_to_what_holds_is_not_asked(here: Town) -> None:
    client = here.browser("ann")
    assert "What holds here has changed" not in client.get("/about").text
    assert client.get("/agreement").status_code == 302
    assert agreed_of(here, "ann") == set(to_agree().items())


def test_a_new_version_is_asked_for_until_it_is_agreed_to(here: Town, newer: str) -> None:
    here.person("ben")
    with writing(here.archive.engine) as connection:
        connection.execute(
            delete(policy_acceptance).where(
                policy_acceptance.c.person == here.ids["ben"],
                policy_acceptance.c.version == newer,
            )
        )
    client = here.browser("ben")
    assert "What holds here has changed" in client.get("/about").text
    page = client.get("/agreement?next=/about").text
    assert "More of everything." in page
    sent = {"csrf": token(page), "terms": newer, "next": "/about"}
    answer = client.post("/agreement", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert ("terms", newer) in agreed_of(here, "ben")
    with reading(here.archive.engine) as connection:
        last = select(audit_event.c.action).order_by(audit_event.c.number.desc()).limit(1)
        assert connection.scalar(last) == "policy.accepted"
    assert "What holds here has changed" not in client.get("/about").text


def test_nobody_agrees_to_what_they_were_not_shown(here: Town, newer: str) -> None:
    cleo = here.person("cleo")
    with writing(here.archive.engine) as connection:
        connection.execute(delete(policy_acceptance).where(policy_acceptance.c.person == cleo))
    agree(here.archive, cleo, {"terms": "1", "privacy": "1", "nothing": "1", "rules": ""})
    assert set(missing_of(here.archive, cleo)) == {"terms", "rules"}
    agree(here.archive, cleo, {"privacy": "1"})
    assert agreed_of(here, "cleo") == {("privacy", "1")}


def test_that_somebody_agreed_to_all_is_looked_up_once(here: Town) -> None:
    agreed, dora = Agreed(), here.person("dora")
    assert agreed.missing(here.archive, dora) == {}
    with writing(here.archive.engine) as connection:
        connection.execute(delete(policy_acceptance).where(policy_acceptance.c.person == dora))
    assert agreed.missing(here.archive, dora) == {}
    assert Agreed().missing(here.archive, dora) == to_agree()


def test_who_is_not_signed_in_has_nothing_to_agree_to(here: Town) -> None:
    answer = here.browser().get("/agreement")
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]
    assert here.browser().post("/agreement", data={"terms": "1"}).status_code == 401
