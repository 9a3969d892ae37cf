"""Every feature leaves out who objects to it; of who restricted all, nothing is shown or used."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest

from archive.database import reading, writing
from archive.holds import REPORTED
from community.accounts.errors import AccountError
from community.accounts.people import RESTRICTED, find_person
from community.assisting.gathering import may_work_for
from community.cases.holding import hold_case
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion.reading import discussion_of
from community.ids import new_id
from community.quiz_models import quiz_attempt
from community.quizzes.spread import spread_of
from community.rights.purposes import (
    ASSISTANT,
    PURPOSES,
    SEARCH_ENGINES,
    STATISTICS,
    may_use,
    object_to,
)
from community.rights.restricting import release, restrict
from tests.cases import full_case, give, image, keep
from tests.people import Town
from tests.talk import say

STUDY = "1.2.826.0.1.98.1"
OTHERS = "1.2.826.0.1.98.2"


@pytest.fixture
def talking(here: Town) -> Town:
    """Wilma has a public case and wrote to that of Otto, who answered to hers."""
    keep(here.archive, image(STUDY), image(OTHERS))
    for handle, study in (("wilma", STUDY), ("otto", OTHERS)):
        person = find_person(here.archive, here.person(handle))
        assert person is not None
        give(here.archive, study, person)
        made = full_case(here.archive, person, study)
        here.ids[f"case of {handle}"], here.ids[f"slug of {handle}"] = made.id, made.slug
    say(here.archive, here.ids["wilma"], here.ids["slug of otto"], "A quokka was here.")
    say(here.archive, here.ids["otto"], here.ids["slug of wilma"], "An okapi was here.")
    return here


def objects(here: Town, purpose: str) -> None:
    with writing(here.archive.engine) as connection:
        object_to(connection, here.ids["wilma"], [purpose])


def is_told_to_the_assistant(here: Town) -> bool:
    with reading(here.archive.engine) as connection:
        return may_work_for(connection, here.ids["wilma"])


def is_offered_to_search_engines(here: Town) -> bool:
    browser, slug = here.browser(), here.ids["slug of wilma"]
    found = [slug in browser.get("/sitemaps/1.xml").text]
    for path in (f"/cases/{slug}", "/u/wilma"):
        page = browser.get(path)
        found.append(page.status_code == HTTPStatus.OK and "noindex" not in page.text)
    assert len(set(found)) == 1, found
    return found[0]


def is_counted(here: Town) -> bool:
    case = here.ids["case of otto"]
    with writing(here.archive.engine) as connection:
        connection.execute(quiz_attempt.delete())
        row = {"id": new_id(), "case_id": case, "person": here.ids["wilma"], "gave_up": True}
        row["committed_at"] = find_person(here.archive, here.ids["wilma"]).created_at  # type: ignore[union-attr,assignment]
        connection.execute(quiz_attempt.insert().values(row))
        return spread_of(connection, case, []).gave_up == 1


FEATURES: dict[str, Callable[[Town], bool]] = {
    ASSISTANT: is_told_to_the_assistant,
    SEARCH_ENGINES: is_offered_to_search_engines,
    STATISTICS: is_counted,
}


def test_every_purpose_has_a_feature_that_is_looked_at() -> None:
    assert FEATURES.keys() == PURPOSES.keys()


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_a_feature_leaves_out_who_objects_to_it_and_nobody_else(
    talking: Town, purpose: str
) -> None:
    assert FEATURES[purpose](talking)
    for other in PURPOSES.keys() - {purpose}:
        objects(talking, other)
        assert FEATURES[purpose](talking)
    objects(talking, purpose)
    assert not FEATURES[purpose](talking)


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_a_feature_leaves_out_who_restricted_everything(talking: Town, purpose: str) -> None:
    restrict(talking.archive, talking.ids["wilma"])
    assert not FEATURES[purpose](talking)
    release(talking.archive, talking.ids["wilma"])
    assert FEATURES[purpose](talking)


def test_what_was_somebodys_who_is_no_more_is_nobodys_to_object_to(talking: Town) -> None:
    with reading(talking.archive.engine) as connection:
        assert may_use(connection, None, STATISTICS)
        assert not may_use(connection, new_id(), STATISTICS)


def shown(here: Town) -> dict[str, bool]:
    """What others see of Wilma, and what she sees of her own."""
    slug, otto = here.ids["slug of wilma"], here.ids["slug of otto"]
    found = {}
    for name, browser in (("others", here.browser()), ("herself", here.browser("wilma"))):
        found |= {
            f"profile, {name}": browser.get("/u/wilma").status_code == HTTPStatus.OK,
            f"case, {name}": browser.get(f"/cases/{slug}").status_code == HTTPStatus.OK,
            f"embed, {name}": browser.get(f"/embed/{slug}").status_code == HTTPStatus.OK,
            f"study, {name}": browser.get(
                f"/community/dicom-web/studies/{STUDY}/metadata"
            ).status_code
            == HTTPStatus.OK,
            f"comment, {name}": "quokka" in browser.get(f"/cases/{otto}").text,
            f"search, {name}": slug in browser.get("/search?q=panda").text,
            f"search for words, {name}": otto in browser.get("/search?q=quokka").text,
            f"comments by program, {name}": "quokka"
            in browser.get(f"/api/v1/cases/{otto}/comments").text,
        }
    return found


def test_what_is_restricted_is_shown_to_nobody_and_then_again(talking: Town) -> None:
    before = shown(talking)
    assert before.pop("study, others") is False  # it is the case's readers', by the case's root
    assert all(before.values()), before
    restrict(talking.archive, talking.ids["wilma"])
    during = shown(talking)
    assert not any(during.values()), during
    page = talking.browser().get(f"/cases/{talking.ids['slug of otto']}").text
    assert "its author restricted the use of their data" in page
    release(talking.archive, talking.ids["wilma"])
    after = shown(talking)
    assert after.pop("study, others") is False
    assert after == before


def test_what_was_reported_stays_held_when_a_restriction_ends(talking: Town) -> None:
    wilma, case = talking.ids["wilma"], talking.ids["case of wilma"]
    restrict(talking.archive, wilma)
    with writing(talking.archive.engine) as connection:
        hold_case(connection, case, REPORTED)
    release(talking.archive, wilma)
    gone = talking.browser().get(f"/cases/{talking.ids['slug of wilma']}")
    assert gone.status_code == HTTPStatus.NOT_FOUND


def test_who_restricted_reads_others_and_writes_nothing(talking: Town) -> None:
    restrict(talking.archive, talking.ids["wilma"])
    person = find_person(talking.archive, talking.ids["wilma"])
    assert person is not None and person.state == RESTRICTED
    view = view_case(talking.archive, Reader(person), talking.ids["slug of otto"])
    assert discussion_of(talking.archive, Reader(person), view).comments[0].author is None
    with pytest.raises(AccountError):
        restrict(talking.archive, person.id)
    with pytest.raises(AccountError):
        release(talking.archive, talking.ids["otto"])
