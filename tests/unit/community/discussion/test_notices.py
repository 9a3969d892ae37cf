"""Who hears of what happens: once, for the closest reason, and never what they may not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from archive.database import reading, writing
from archive.errors import NotFound
from community.accounts import people
from community.case_models import medical_case
from community.cases.model import DRAFT
from community.cases.rows import find_case
from community.discussion import limits, notifying, opinions
from community.discussion.errors import TalkError
from community.discussion.following import follow, list_followed, unfollow
from community.discussion.notices import Notice, count_unread, list_notices, mark_read
from community.discussion.writing import Words, edit_comment
from community.talk_models import notification
from tests.people import Town, town
from tests.talk import a_case, reader, say

CASE, UNKNOWN = "plaincase", "unknowncase"
CANARY = "CANARYOMA"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "max_writes_per_minute", 1000)
        with town(tmp_path_factory.mktemp("town")) as found:
            for handle in ("ann", "ben", "cyd", "dan"):
                found.person(handle)
            ann = found.ids["ann"]
            found.ids["case"] = a_case(found.archive, ann, CASE, specialty="neuro")
            found.ids["unknown"] = a_case(
                found.archive, ann, UNKNOWN, is_unknown=True, diagnosis=CANARY
            )
            yield found


@pytest.fixture(autouse=True)
def silence(here: Town) -> None:
    with writing(here.archive.engine) as connection:
        connection.execute(notification.delete())


def heard(here: Town, who: str) -> list[Notice]:
    return list(list_notices(here.archive, reader(here.archive, here.ids[who])).items)


def kinds(here: Town, who: str) -> list[str]:
    return [one.kind for one in heard(here, who)]


def test_each_hears_once_and_for_the_closest_reason(here: Town) -> None:
    ids, archive = here.ids, here.archive
    follow(archive, reader(archive, ids["dan"]), notifying.CASE, CASE)
    follow(archive, reader(archive, ids["cyd"]), notifying.CASE, ids["case"])
    root = say(archive, ids["ben"], CASE, "hello @cyd")
    assert [kinds(here, who) for who in ("ann", "ben", "cyd", "dan")] == [
        ["comment"], [], ["mention"], ["comment"],
    ]  # fmt: skip
    say(archive, ids["ann"], CASE, "hello @ben and @ann", root)
    assert [kinds(here, who) for who in ("ann", "ben", "cyd")] == [
        ["comment"], ["mention"], ["comment", "mention"],
    ]  # fmt: skip
    answer = say(archive, ids["cyd"], CASE, "an answer", root)
    assert kinds(here, "ben")[0] == "reply"
    [latest, *_] = heard(here, "ben")
    assert latest.path == f"/cases/{CASE}?at={answer}#c-{answer}"
    assert latest.actor is not None
    assert latest.actor.handle == "cyd"
    for who in ("cyd", "dan"):
        unfollow(archive, reader(archive, ids[who]), notifying.CASE, ids["case"])


def test_a_change_tells_only_who_is_newly_mentioned(here: Town) -> None:
    ids, archive = here.ids, here.archive
    made = say(archive, ids["ben"], CASE, "hello @cyd")
    edit_comment(archive, reader(archive, ids["ben"]), CASE, made, 1, Words("hello @cyd and @dan"))
    assert [kinds(here, who) for who in ("ann", "cyd", "dan")] == [
        ["comment"], ["mention"], ["mention"],
    ]  # fmt: skip


def test_whose_reading_is_accepted_hears_of_it(here: Town) -> None:
    made = say(here.archive, here.ids["ben"], CASE, "my reading")
    ann = reader(here.archive, here.ids["ann"])
    opinions.accept(here.archive, ann, CASE, made, is_accepted=True)
    assert kinds(here, "ben") == ["accepted"]


def test_a_new_case_is_told_to_who_follows_its_author_or_specialty_once(here: Town) -> None:
    ids, archive = here.ids, here.archive
    ben, cyd = reader(archive, ids["ben"]), reader(archive, ids["cyd"])
    follow(archive, ben, notifying.PERSON, ids["ann"])
    follow(archive, ben, notifying.SPECIALTY, "neuro")
    follow(archive, cyd, notifying.SPECIALTY, "chest")
    for _ in range(2):  # withdrawn and published again
        with writing(archive.engine) as connection:
            case = find_case(connection, CASE)
            assert case is not None
            notifying.tell_of_case(connection, case)
    assert (kinds(here, "ben"), kinds(here, "cyd")) == (["case"], [])
    assert [one.kind for one in list_followed(archive, ben)] == ["specialty", "person"]


def test_only_what_is_there_is_followed(here: Town) -> None:
    ben = reader(here.archive, here.ids["ben"])
    for kind, target in (("case", "nothing"), ("person", "nobody"), ("specialty", "magic")):
        with pytest.raises(NotFound):
            follow(here.archive, ben, kind, target)
    for kind, target in (("weather", "x"), ("person", here.ids["ben"])):
        with pytest.raises(TalkError):
            follow(here.archive, ben, kind, target)


def test_who_may_not_read_a_case_any_more_hears_nothing_of_it(here: Town) -> None:
    say(here.archive, here.ids["ann"], CASE, "hello @ben")
    draft = update(medical_case).where(medical_case.c.id == here.ids["case"])
    with writing(here.archive.engine) as connection:
        connection.execute(draft.values(state=DRAFT))
    try:
        assert kinds(here, "ben") == []
    finally:
        with writing(here.archive.engine) as connection:
            connection.execute(draft.values(state="public"))
    assert kinds(here, "ben") == ["mention"]


def test_people_who_cannot_sign_in_are_told_nothing(here: Town) -> None:
    people.change_state(here.archive, here.ids["dan"], people.SUSPENDED)
    with writing(here.archive.engine) as connection:
        case = find_case(connection, CASE)
        assert case is not None
        notifying.tell_of_comment(connection, case, "x" * 36, here.ids["ann"], [here.ids["dan"]])
    people.change_state(here.archive, here.ids["dan"], people.ACTIVE)
    with reading(here.archive.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(notification)) == 0


def test_read_is_what_was_read_of_ones_own(here: Town) -> None:
    archive, ben = here.archive, here.ids["ben"]
    for number in range(3):
        say(archive, here.ids["cyd"], CASE, f"{number} @ben")
    newest, middle, _ = heard(here, "ben")
    assert count_unread(archive, ben) == 3
    mark_read(archive, here.ids["cyd"], newest.id)
    assert count_unread(archive, ben) == 3
    mark_read(archive, ben, newest.id, only=True)
    assert [one.is_read for one in heard(here, "ben")] == [True, False, False]
    mark_read(archive, ben, middle.id)
    assert count_unread(archive, ben) == 0


def test_pages_of_the_list_go_on(here: Town) -> None:
    for number in range(3):
        say(here.archive, here.ids["cyd"], CASE, f"{number} @ben")
    ben = reader(here.archive, here.ids["ben"])
    first = list_notices(here.archive, ben, limit=2)
    rest = list_notices(here.archive, ben, first.older, 2)
    assert (len(first.items), len(rest.items), rest.older) == (2, 1, "")
    with pytest.raises(TalkError):
        list_notices(here.archive, ben, "nonsense")


def token_of(browser: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get(path).text)
    assert found is not None
    return found[1]


def test_the_page_and_the_bell_tell_and_forget(here: Town) -> None:
    ben = here.browser("ben")
    assert "Nothing has happened yet" in ben.get("/notifications").text
    made = say(here.archive, here.ids["cyd"], CASE, "for @ben <b>")
    page = ben.get("/notifications").text
    assert 'class="notice-count">1<' in page
    assert "cyd mentions you in “A case”" in page
    path = f"/cases/{CASE}?at={made}#c-{made}"
    fields = {"csrf": token_of(ben, "/notifications"), "until": heard(here, "ben")[0].id}
    answer = ben.post("/notifications", data={**fields, "open": path})
    assert answer.headers["Location"] == path
    assert "notice-count" not in ben.get("/notifications").text
    away = ben.post("/notifications", data={**fields, "open": "https://evil.example/"})
    assert away.headers["Location"] == "/"
    assert ben.get("/notifications?before=x").status_code == 400
    assert here.browser().get("/notifications").status_code == 302


def test_of_an_unknown_case_a_notification_tells_no_more_than_its_page(here: Town) -> None:
    say(here.archive, here.ids["ann"], UNKNOWN, f"{CANARY} @ben")
    page = here.browser("ben").get("/notifications").text
    assert CANARY not in page
    assert "ann mentions you in “Cough for three weeks”" in page


def test_following_is_a_form_and_goes_back_to_its_page(here: Town) -> None:
    ben, ann = here.browser("ben"), here.ids["ann"]
    page = ben.get("/u/ann").text
    assert 'name="target" value="' + ann in page
    fields = {"csrf": token_of(ben, "/u/ann"), "kind": "person", "target": ann, "next": "/u/ann"}
    assert ben.post("/follow", data={**fields, "value": "yes"}).headers["Location"] == "/u/ann"
    assert "Followed" in ben.get("/u/ann").text
    assert ">ann</a>" in ben.get("/settings/notifications").text
    ben.post("/follow", data={**fields, "value": "no", "next": "//evil.example"})
    assert "Followed" not in ben.get("/u/ann").text
    assert ben.post("/follow", data={**fields, "kind": "weather"}).status_code == 400
