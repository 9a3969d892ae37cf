"""What pages promise in so many words, where a promise is no more than words on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from community import models, statements
from community.accounts.people import find_person
from community.accounts.providers import PROVIDERS
from tests.cases import full_case, give, image, keep
from tests.people import Town, town

STUDY = "1.2.826.0.1.3680043.10.1"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_DEVELOPMENT_SIGN_IN", "1")
        patch.setenv("DICOMTUBE_FAKE_PROVIDERS_URL", "http://localhost:1")
        with town(tmp_path_factory.mktemp("home")) as made:
            made.person("ann")
            made.person("ben")
            yield made


@pytest.fixture
def ann(here: Town) -> FlaskClient:
    return here.browser("ann")


def test_there_are_four_ways_to_sign_in_each_with_its_privacy_policy(here: Town) -> None:
    assert [one.name for one in PROVIDERS] == ["google", "microsoft", "facebook", "apple"]
    page = here.browser().get("/login").text
    assert set(re.findall(r"/auth/(\w+)/login", page)) == {one.name for one in PROVIDERS}
    for one in PROVIDERS:
        assert urlsplit(one.privacy_url).scheme == "https"
        assert f'href="{one.privacy_url}"' in page


def test_nobody_has_a_password_here(here: Town) -> None:
    tables = ("person", "identity", "session", "sign_up", "role_offer")
    columns = [column.name for name in tables for column in models.metadata.tables[name].columns]
    assert [one for one in columns if "password" in one] == []
    page = here.browser().get("/login").text
    assert 'type="password"' not in page
    paths = [str(rule) for rule in here.app.url_map.iter_rules()]
    assert [one for one in paths if "password" in one or "reset" in one] == []


def test_a_profile_is_read_by_anybody_and_says_so_to_its_person(
    here: Town, ann: FlaskClient
) -> None:
    assert "All of this is public" in ann.get("/settings/profile").text
    assert "@ann" in here.browser().get("/u/ann").text


def test_who_uploads_is_told_what_to_do_and_what_they_answer_for(ann: FlaskClient) -> None:
    page = " ".join(ann.get("/upload").text.split())
    assert statements.ADVICE in page
    assert "strongly recommend removing all patient identifying information" in page
    words = statements.current(statements.UPLOAD).words
    assert words in page
    assert "I removed whatever identifies a patient" in words
    assert "HIPAA" in words


def test_who_publishes_is_told_who_sees_it_and_what_for(here: Town, ann: FlaskClient) -> None:
    person = find_person(here.archive, here.ids["ann"])
    assert person is not None
    keep(here.archive, image(STUDY))
    give(here.archive, STUDY, person)
    case = full_case(here.archive, person, STUDY, state=None)
    page = " ".join(ann.get(f"/cases/{case.slug}/publish").text.split())
    assert statements.WHO_SEES in page
    assert "seen by everybody, and may be copied and shown elsewhere" in statements.WHO_SEES
    assert "Cases are for education and professional discussion only." in page
    assert statements.current(statements.PUBLISH).words in page


def test_the_rules_of_the_community_say_what_cases_are_for(here: Town) -> None:
    page = " ".join(here.browser().get("/community-rules").text.split())
    assert "education and professional development only" in page
    assert 'href="/community-rules"' in here.browser().get("/").text


@pytest.mark.parametrize("path", ["/", "/about", "/login", "/search", "/nothing-here"])
def test_every_page_says_what_the_site_is_not_for(here: Town, path: str) -> None:
    page = here.browser().get(path, headers={"Accept": "text/html"}).text
    assert "Not for primary diagnosis or direct patient care" in page
