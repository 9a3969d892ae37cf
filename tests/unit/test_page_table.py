"""No page is without a row in the table of pages that are looked at, and no row without a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from community.accounts.settings import FAKE_PROVIDERS_URL
from tests import assistant
from tests.e2e.page_table import NO_PAGE, VISITS
from tests.people import Town, town
from tests.walking import Door, doors

# Of other programs, or leading to them.
OTHERS = ("viewer", "telemetry", "auth_")
ROWS = [visit for visits in VISITS.values() for visit in visits]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FAKE_PROVIDERS_URL, "http://localhost:9")
        for name, value in assistant.AWAY.items():
            patch.setenv(name, value)
        with town(tmp_path_factory.mktemp("town")) as found:
            yield found


def is_for_people(door: Door) -> bool:
    is_others = door.blueprint.startswith(OTHERS)
    return not (door.is_api or door.is_dicomweb or is_others)


def test_every_page_and_form_has_a_row_or_a_reason_to_have_none(here: Town) -> None:
    wanted = {door.endpoint for door in doors(here.app, ("GET", "POST"), is_for_people)}
    known = {visit.endpoint for visit in ROWS} | set(NO_PAGE)
    assert len(wanted) > 80
    assert wanted - known == set()


def test_every_row_is_about_a_page_that_there_is(here: Town) -> None:
    there = {door.endpoint for door in doors(here.app, ("GET", "POST"))} | {""}
    assert {visit.endpoint for visit in ROWS} - there == set()
    assert set(NO_PAGE) - there == set()
    assert set(NO_PAGE) & {visit.endpoint for visit in ROWS} == set()


def test_pictures_of_rows_have_names_of_their_own() -> None:
    names = [visit.name for visit in ROWS]
    assert sorted(names) == sorted(set(names))
