"""The cases of a person on the page of their profile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from community.cases.model import DRAFT, UNLISTED
from community.finding import profiles
from tests.found_cases import put_case
from tests.people import Town, town


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        made.person("ada")
        made.person("bob")
        yield made


def titles(page: str) -> list[str]:
    return re.findall(r'<h3 class="tile-title"><a [^>]*>(.*?)</a>', page)


@pytest.mark.parametrize("reader", [None, "ada", "bob"])
def test_a_profile_shows_what_its_person_made_public_and_nothing_else(
    place: Town, reader: str | None
) -> None:
    ada = place.ids["ada"]
    for title, state in (("Old", "public"), ("Draft", DRAFT), ("Aside", UNLISTED)):
        put_case(place.archive, title, owner=ada, state=state)
    put_case(place.archive, "Another's", owner=place.ids["bob"])
    put_case(place.archive, "New", owner=ada)
    assert titles(place.browser(reader).get("/u/ada").text) == ["New", "Old"]


def test_an_unknown_case_on_a_profile_keeps_its_diagnosis_back(place: Town) -> None:
    put_case(
        place.archive,
        "Wilson disease",
        owner=place.ids["ada"],
        is_unknown=True,
        unknown_title="A tremor",
    )
    page = place.browser("bob").get("/u/ada").text
    assert titles(page) == ["A tremor"]
    assert "Wilson" not in page
    assert titles(place.browser("ada").get("/u/ada").text) == ["Wilson disease"]


def test_many_cases_come_in_parts(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "a_page", 2)
    for number in range(3):
        put_case(place.archive, f"Case {number}", owner=place.ids["ada"])
    browser = place.browser()
    first = browser.get("/u/ada").text
    assert titles(first) == ["Case 2", "Case 1"]
    further = re.search(r'href="(/u/ada\?before=[^"]+)"', first)
    assert further is not None
    second = browser.get(further[1]).text
    assert titles(second) == ["Case 0"]
    assert 'href="/u/ada"' in second
    assert browser.get("/u/ada?before=nonsense").status_code == 400


def test_who_has_no_public_case_has_no_list(place: Town) -> None:
    assert 'id="cases"' not in place.browser().get("/u/bob").text
