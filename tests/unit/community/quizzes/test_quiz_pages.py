"""Readers answer on ordinary forms; nothing of the diagnosis is in a page before they did."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.accounts.people import find_person
from community.cases.readers import Reader
from community.quizzes.browsers import COOKIE
from community.quizzes.model import CHOICE, FREE, LOCATE
from community.quizzes.pages import writes_per_minute
from community.quizzes.questions import Wish, add_question
from tests.people import Town, town
from tests.quizzes import CANARY, add_key_image, slug_of, unknown_case


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        yield found


@pytest.fixture
def case(here: Town) -> str:
    return unknown_case(here.archive, here.ids["ann"])


@pytest.fixture
def asked(here: Town, case: str) -> list[str]:
    """A case with a question of each kind; returns their ids."""
    image = add_key_image(here.archive, case, ("1.1", "1.1.1", "1.1.1.1"))
    ann = Reader(find_person(here.archive, here.ids["ann"]))
    wishes = (
        Wish(FREE, "What is it?", [CANARY]),
        Wish(CHOICE, "How old?", ["new", "old"], 1),
        Wish(LOCATE, "Where?", key_image=image),
    )
    return [add_question(here.archive, ann, case, one).id for one in wishes]


def csrf_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def send(browser: FlaskClient, case: str, verb: str = "answer", **fields: str) -> TestResponse:
    page = browser.get(f"/cases/{case}/answer")
    data = {"csrf": csrf_of(page), "confidence": "3", **fields}
    return browser.post(f"/cases/{case}/{verb}", data=data)


def filled(asked: list[str]) -> dict[str, str]:
    words, choice, place = asked
    return {f"q-{words}": CANARY, f"q-{choice}": "0", f"x-{place}": "30", f"y-{place}": "60,5"}


@pytest.mark.parametrize("handle", ["ben", None])
def test_a_reader_answers_and_sees_the_diagnosis_with_and_without_an_account(
    here: Town, case: str, asked: list[str], handle: str | None
) -> None:
    browser = here.browser(handle)
    before = browser.get(f"/cases/{case}/answer")
    assert before.status_code == 200
    for words in ("What is it?", "How old?", "Where?", "A cough that did not go"):
        assert words in before.text
    assert CANARY not in before.text
    assert "locate-region" not in before.text
    assert "Set-Cookie" not in before.headers
    after = send(browser, case, **filled(asked))
    assert (after.status_code, after.headers["Location"]) == (303, f"/cases/{case}#answer")
    cookie = after.headers.get("Set-Cookie", "")
    assert (handle is None) == cookie.startswith(f"{COOKIE}=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/") if cookie else ():
        assert flag in cookie
    told = browser.get(f"/cases/{case}/answer").text
    assert CANARY in told
    assert "locate-region" in told
    assert re.findall(r'class="badge[^>]*>(?:<svg.*?</svg>)?(\w+ ?\w*)<', told)[:3] == [
        "Right", "right", "Not right",
    ]  # fmt: skip
    assert "You pointed inside of the region." in told
    assert CANARY not in here.browser().get(f"/cases/{case}/answer").text


def test_giving_up_is_a_button_of_the_same_form(here: Town, case: str) -> None:
    browser = here.browser("ben")
    assert send(browser, case, "reveal").status_code == 303
    assert "You looked without an answer." in browser.get(f"/cases/{case}/answer").text


def test_a_form_with_a_gap_comes_back_as_it_was_filled_in(
    here: Town, case: str, asked: list[str]
) -> None:
    fields = filled(asked) | {f"x-{asked[2]}": "130", f"q-{asked[0]}": "<b>mine"}
    answer = send(here.browser("ben"), case, **fields)
    assert answer.status_code == 422
    assert f'href="#q-{asked[2]}"' in answer.text
    assert f'id="q-{asked[2]}"' in answer.text
    assert 'value="&lt;b&gt;mine"' in answer.text
    assert 'value="60,5"' in answer.text
    assert CANARY not in answer.text


def test_a_second_answer_changes_nothing_and_leads_on(here: Town, case: str) -> None:
    browser = here.browser("ben")
    for words in ("hasty words", "better words"):
        page = browser.post(
            f"/cases/{case}/answer",
            data={"csrf": csrf_of(browser.get("/")), "confidence": "1", f"q-{case}": words},
        )
        assert page.status_code == 303
    told = browser.get(f"/cases/{case}/answer").text
    assert "hasty words" in told
    assert "better words" not in told


def test_words_that_nobody_judged_are_judged_on_the_page(here: Town, case: str) -> None:
    browser = here.browser("ben")
    send(browser, case, **{f"q-{case}": "something"})
    page = browser.get(f"/cases/{case}/answer")
    assert "did you have it?" in page.text
    data = {"csrf": csrf_of(page), "question": case, "judgement": "nearly"}
    assert browser.post(f"/cases/{case}/judge", data=data).status_code == 303
    told = browser.get(f"/cases/{case}/answer").text
    assert "as you judged it" in told
    assert "did you have it?" not in told


@pytest.mark.parametrize("verb", ["answer", "reveal", "judge", "questions", "questions/remove"])
def test_no_page_of_others_and_no_stale_form_commits_anything(
    here: Town, case: str, verb: str
) -> None:
    browser, path = here.browser("ben"), f"/cases/{case}/{verb}"
    assert browser.post(path).status_code == 400
    foreign = browser.post(path, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    assert CANARY not in browser.get(f"/cases/{case}/answer").text


def test_authors_ask_and_others_are_kept_out(here: Town, case: str) -> None:
    ann, path = here.browser("ann"), f"/cases/{case}/questions"
    page = ann.get(path)
    data = {
        "csrf": csrf_of(page),
        "kind": "choice",
        "body": "Old?",
        "lines": "yes\nno",
        "right": "2",
    }
    assert ann.post(path, data=data | {"right": "3"}).status_code == 422
    assert ann.post(path, data=data).status_code == 303
    listed = ann.get(path).text
    assert "no ✓" in listed
    [question] = re.findall(r'name="question" value="([^"]+)"', listed)
    gone = ann.post(f"{path}/remove", data={"csrf": data["csrf"], "question": question})
    assert gone.headers["Location"].endswith("done=removed")
    assert here.browser("ben").get(path).status_code == 403
    assert here.browser().get(path).headers["Location"].startswith("/login?")
    assert "see what readers answered" in ann.get(f"/cases/{case}/answer").text


def test_case_is_lost_or_hides_nothing(here: Town) -> None:
    browser = here.browser("ben")
    assert browser.get("/cases/nothing/answer").status_code == 404
    plain = unknown_case(here.archive, here.ids["ann"], is_unknown=False)
    assert "This case hides nothing" in browser.get(f"/cases/{plain}/answer").text


def test_answers_are_counted_by_address(here: Town, case: str) -> None:
    browser = here.browser()
    address = {"REMOTE_ADDR": "192.0.2.77"}
    for _ in range(writes_per_minute):
        browser.post(f"/cases/{case}/judge", environ_overrides=address)
    last = browser.post(f"/cases/{case}/reveal", environ_overrides=address)
    assert (last.status_code, last.headers["Retry-After"]) == (429, "60")


def test_the_page_of_a_case_has_its_questions_and_then_the_answers(here: Town, case: str) -> None:
    browser = here.browser("ben")
    before = browser.get(f"/cases/{slug_of(case)}")
    assert "What is your diagnosis?" in before.text
    assert CANARY not in before.text
    send(browser, case, **{f"q-{case}": "flu"})
    after = browser.get(f"/cases/{slug_of(case)}").text
    assert CANARY in after
    assert "did you have it?" in after
    assert "/questions" in here.browser("ann").get(f"/cases/{slug_of(case)}").text


def make_playlist(browser: FlaskClient, title: str, **fields: str) -> str:
    """Make one on the page; returns its address."""
    page = browser.get("/playlists")
    data = {"csrf": csrf_of(page), "title": title, "visibility": "public", **fields}
    made = browser.post("/playlists", data=data)
    assert made.status_code == 303, made.text
    return made.headers["Location"]


def test_a_playlist_is_made_filled_ordered_and_run_through(here: Town) -> None:
    archive, owner = here.archive, here.ids["ann"]
    one, two = (unknown_case(archive, owner, unknown_title=title) for title in ("Alpha", "Beta"))
    ben = here.browser("ben")
    path = make_playlist(ben, "Mixed <bag>", case=one)
    page = ben.get(f"/cases/{slug_of(two)}")
    [token] = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    [playlist] = re.findall(r'<option value="([^"]+)" translate="no">Mixed &lt;bag&gt;', page.text)
    added = ben.post("/playlists/add", data={"csrf": token, "playlist": playlist, "case": two})
    assert added.headers["Location"] == f"{path}?done=added"
    ben.post(f"{path}/items", data={"csrf": token, "up": two})
    text = ben.get(path).text
    assert text.index("Beta") < text.index("Alpha")
    cleo = here.browser()
    begun = cleo.get(f"{path}?mode=quiz").text
    assert "0 of 2 done" in begun
    assert CANARY not in begun
    onward = re.search(r'href="(/cases/[^"]+)"[^>]*>(?:<svg.*?</svg>)?Begin', begun)
    assert onward
    slug = path.rpartition("/")[2]
    assert onward[1].endswith(f"?playlist={slug}")
    for case in (two, one):
        data = {"csrf": "", "playlist": slug, f"q-{case}": "x", "confidence": "1"}
        answered = cleo.post(f"/cases/{case}/answer", data=data)
        assert answered.headers["Location"] == f"/cases/{case}?playlist={slug}#answer"
        assert "Back to the playlist" in cleo.get(f"/cases/{slug_of(case)}?playlist={slug}").text
    done = cleo.get(f"{path}?mode=quiz").text
    assert "That was all of it" in done
    assert "0 right, 0 nearly, 0 not right; 0 looked at" in done
    assert "Mixed &lt;bag&gt;" in cleo.get("/playlists").text


def test_playlists_of_others_are_kept_from_forms(here: Town, case: str) -> None:
    path = make_playlist(here.browser("ben"), "Private", visibility="private", case=case)
    ann = here.browser("ann")
    token = csrf_of(ann.get("/"))
    assert ann.get(path).status_code == 404
    for verb in ("edit", "items", "delete"):
        data = {"csrf": token, "title": "Mine", "remove": case}
        assert ann.post(f"{path}/{verb}", data=data).status_code == 404
    open_path = make_playlist(here.browser("ben"), "Open", case=case)
    for verb in ("edit", "items", "delete"):
        data = {"csrf": token, "title": "Mine", "remove": case}
        assert ann.post(f"{open_path}/{verb}", data=data).status_code == 403
    assert ann.get(f"{open_path}/edit").status_code == 303
    assert here.browser().post("/playlists", data={"title": "x"}).status_code == 401


def test_owners_change_and_delete_their_playlist(here: Town) -> None:
    ben = here.browser("ben")
    path = make_playlist(ben, "Draft")
    page = ben.get(f"{path}/edit")
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    data = {
        "csrf": csrf_of(page),
        "title": "Better",
        "visibility": "unlisted",
        "version": version[1],
    }
    assert ben.post(f"{path}/edit", data=data | {"title": ""}).status_code == 422
    assert ben.post(f"{path}/edit", data=data).status_code == 303
    stale = ben.post(f"{path}/edit", data=data)
    assert stale.status_code == 422
    assert "changed meanwhile" in stale.text
    assert "Better" in ben.get(path).text
    gone = ben.post(f"{path}/delete", data={"csrf": data["csrf"]})
    assert gone.headers["Location"].endswith("deleted=1")
    assert ben.get(path).status_code == 404
