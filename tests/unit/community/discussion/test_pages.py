"""Pages of discussions: ordinary forms that lead back to where a comment stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.discussion import limits
from tests.people import Town, town
from tests.talk import IMAGE, a_case, reader, say

CASE, UNKNOWN = "plaincase", "unknowncase"
COMMENTS = f"/cases/{CASE}/comments"
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.example/y.png)"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "max_writes_per_minute", 1000)
        with town(tmp_path_factory.mktemp("town")) as found:
            for handle in ("ann", "ben", "cyd"):
                found.person(handle)
            a_case(found.archive, found.ids["ann"], CASE)
            a_case(
                found.archive,
                found.ids["ann"],
                UNKNOWN,
                is_unknown=True,
                diagnosis="CANARYOMA",
                study="1.2.826.0.1.55.8",
            )
            yield found


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(browser: FlaskClient, path: str, **fields: str) -> TestResponse:
    token = token_in(browser.get(COMMENTS).text)
    return browser.post(path, data={"csrf": token, **fields})


def where(answer: TestResponse) -> str:
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
    found = re.fullmatch(rf"/cases/{CASE}\?at=([0-9a-f-]+)#c-\1", answer.headers["Location"])
    assert found is not None
    return found[1]


def test_a_comment_is_written_answered_changed_and_deleted_by_forms(here: Town) -> None:
    ben, cyd = here.browser("ben"), here.browser("cyd")
    made = where(send(ben, COMMENTS, text="I see a **mass**, @cyd"))
    page = cyd.get(COMMENTS).text
    assert "<strong>mass</strong>" in page
    assert '<a class="mention" href="/u/cyd">@cyd</a>' in page
    form = cyd.get(f"{COMMENTS}/{made}/reply").text
    assert f'name="parent" value="{made}"' in form
    assert "<strong>mass</strong>" in form
    answer = where(send(cyd, COMMENTS, text="Where?", parent=made))
    assert cyd.get(f"{COMMENTS}/{answer}").headers["Location"].endswith(f"#c-{answer}")
    edit = ben.get(f"{COMMENTS}/{made}/edit").text
    assert "I see a **mass**, @cyd</textarea>" in edit
    where(send(ben, f"{COMMENTS}/{made}/edit", text="A cyst", version="1", spoiler="yes"))
    page = cyd.get(COMMENTS).text
    assert 'class="spoiler"' in page
    assert "A cyst" in page
    history = here.browser().get(f"{COMMENTS}/{made}/history").text
    assert "<strong>mass</strong>" in history
    assert "A cyst" in history
    assert "Delete this comment?" in ben.get(f"{COMMENTS}/{made}/delete").text
    assert send(ben, f"{COMMENTS}/{made}/delete").status_code == HTTPStatus.SEE_OTHER
    page = cyd.get(COMMENTS).text
    assert "Deleted by its author" in page
    assert "A cyst" not in page
    assert here.browser().get(f"{COMMENTS}/{made}/history").status_code == 404


def test_a_refused_text_comes_back_with_what_is_to_be_done(here: Town) -> None:
    ben = here.browser("ben")
    made = where(send(ben, COMMENTS, text="root"))
    answer = send(ben, COMMENTS, text="MRN: 445566 <b>", parent=made)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "MRN: 445566 &lt;b&gt;</textarea>" in answer.text
    assert 'id="error-summary"' in answer.text
    assert 'href="#looked"' in answer.text
    assert f'name="parent" value="{made}"' in answer.text
    where(send(ben, COMMENTS, text="MRN: 445566 <b>", parent=made, looked="yes"))
    empty = send(ben, COMMENTS, text=" ", instance="1.2", study="1.2", series="1.2")
    assert empty.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'name="instance" value="1.2"' in empty.text
    assert "Write something first." in empty.text
    wrong = send(ben, COMMENTS, text="here", instance="1.2", study="1.2", series="1.2")
    assert "This study is not part of the case." in wrong.text
    stale = send(ben, f"{COMMENTS}/{made}/edit", text="late", version="7")
    assert stale.status_code == HTTPStatus.CONFLICT
    assert 'name="version" value="1"' in stale.text


def test_opinions_are_forms_and_only_the_owner_accepts(here: Town) -> None:
    ann, ben, cyd = (here.browser(one) for one in ("ann", "ben", "cyd"))
    made = where(send(ben, COMMENTS, text="a reading"))
    where(send(cyd, f"{COMMENTS}/{made}/helpful", value="yes"))
    assert 'aria-pressed="true"' in cyd.get(COMMENTS).text
    assert send(ben, f"{COMMENTS}/{made}/helpful", value="yes").status_code == 403
    assert send(cyd, f"{COMMENTS}/{made}/accepted", value="yes").status_code == 403
    where(send(ann, f"{COMMENTS}/{made}/accepted", value="yes"))
    assert "accepted reading" in here.browser().get(COMMENTS).text
    where(send(ann, f"{COMMENTS}/{made}/accepted", value="no"))
    assert "accepted reading" not in here.browser().get(COMMENTS).text


def test_nobody_writes_without_being_signed_in_or_without_the_token(here: Town) -> None:
    nobody, ben = here.browser(), here.browser("ben")
    assert nobody.post(COMMENTS, data={"text": "x"}).status_code in (302, 401)
    assert ben.post(COMMENTS, data={"text": "x"}).status_code == HTTPStatus.BAD_REQUEST
    for what in ("reply", "edit", "delete"):
        made = say(here.archive, here.ids["cyd"], CASE, "mine")
        assert nobody.get(f"{COMMENTS}/{made}/{what}").status_code == HTTPStatus.FOUND
    assert ben.get(f"{COMMENTS}/{made}/edit").status_code == 403
    assert ben.get(f"{COMMENTS}/{made}/delete").status_code == 403
    assert send(ben, f"{COMMENTS}/{made}/edit", text="theirs").status_code == 403
    assert send(ben, f"{COMMENTS}/{made}/delete").status_code == 403


@pytest.mark.parametrize("name", ["nothing", "../..", "0190ffff-0000-7000-8000-000000000000"])
def test_what_is_not_there_is_not_found(here: Town, name: str) -> None:
    ben = here.browser("ben")
    for path in (f"{COMMENTS}/{name}", f"{COMMENTS}/{name}/history", f"{COMMENTS}?thread={name}"):
        assert ben.get(path).status_code == 404
    assert ben.get("/cases/no-such-case/comments").status_code == 404
    other = say(here.archive, here.ids["ann"], UNKNOWN, "elsewhere")
    assert ben.get(f"{COMMENTS}/{other}").status_code == 404


def test_no_text_is_more_than_words(here: Town) -> None:
    made = say(here.archive, here.ids["cyd"], CASE, HOSTILE)
    page = here.browser("ben").get(f"{COMMENTS}?thread={made}").text
    assert "<script>alert" not in page
    assert "javascript:alert" not in re.sub(r">[^<]*<", "><", page)
    assert 'src="https://evil' not in page


def test_of_an_unknown_case_nothing_reaches_who_has_not_answered(here: Town) -> None:
    made = say(here.archive, here.ids["ann"], UNKNOWN, "It is a CANARYOMA for sure")
    ben, path = here.browser("ben"), f"/cases/{UNKNOWN}/comments"
    hidden = ben.get(path)
    assert hidden.status_code == HTTPStatus.OK
    assert "after your answer" in hidden.text
    for address in (path, f"{path}?thread={made}", f"{path}/{made}", f"{path}/{made}/history",
                    f"{path}/{made}/reply", f"{path}/{made}/report.dcm"):  # fmt: skip
        for browser in (ben, here.browser()):
            assert "CANARYOMA" not in browser.get(address).text
    assert send(ben, path, text="let me in").status_code == 403
    assert "CANARYOMA" in here.browser("ann").get(path).text


def test_who_writes_all_the_time_has_to_wait(
    here: Town, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(limits, "max_writes_per_minute", 2)
    with town(tmp_path_factory.mktemp("busy")) as busy:
        browser = busy.browser()
        for path in (f"{COMMENTS}/x/helpful", "/follow"):
            answers = [browser.post(path) for _ in range(3)]
            assert answers[2].status_code == HTTPStatus.TOO_MANY_REQUESTS
            assert answers[2].headers["Retry-After"] == "60"


def test_pages_are_kept_by_nobody(here: Town) -> None:
    answer = here.browser().get(COMMENTS)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert reader(here.archive).person is None


def test_a_place_is_pointed_at_and_its_link_opens_the_viewer_there(here: Town) -> None:
    ben = here.browser("ben")
    page = ben.get(f"{COMMENTS}/point?center=40&width=400").text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert (hidden["study"], hidden["series"], hidden["instance"]) == IMAGE
    assert (hidden["center"], hidden["width"], hidden["unit"]) == ("40.0", "400.0", "percent")
    fields = {name: hidden[name] for name in (*hidden,) if name not in ("csrf", "at")}
    place = {"x": "25", "y": "50", "w": "12.5", "h": "0"}
    made = where(send(ben, COMMENTS, text="here", **fields, **place))
    shown = here.browser().get(f"{COMMENTS}?thread={made}").text.replace("&amp;", "&")
    found = re.search(r'href="(/viewer/viewer[^"]+)"', shown)
    assert found is not None
    for part in (
        f"initialSeriesInstanceUID={IMAGE[1]}",
        f"initialSOPInstanceUID={IMAGE[2]}",
        "region=0.25,0.5,0.125,0",
        "window=40,400",
        "datasources=case-",
    ):
        assert part in found[1]
    picture = re.search(r'src="(/cases/[^"]+/rendered[^"]+)"', shown)
    assert picture is not None
    answer = here.browser().get(picture[1])
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    report = here.browser().get(f"{COMMENTS}/{made}/report.dcm")
    assert (report.status_code, report.mimetype) == (200, "application/dicom")
    assert report.data[128:132] == b"DICM"
    assert send(ben, f"{COMMENTS}/{made}/report").status_code == 403
    where(send(here.browser("ann"), f"{COMMENTS}/{made}/report"))
    assert "kept beside the study" in here.browser().get(f"{COMMENTS}?thread={made}").text


def test_no_place_is_pointed_at_that_is_none(here: Town) -> None:
    ben = here.browser("ben")
    assert here.browser().get(f"{COMMENTS}/point").status_code == HTTPStatus.FOUND
    assert ben.get(f"{COMMENTS}/point?study=1.2.3").status_code == 404
    assert ben.get(f"/cases/{UNKNOWN}/comments/point").status_code == 403
    assert "belong together" in ben.get(f"{COMMENTS}/point?center=40").text
    assert "no images here" in ben.get(f"{COMMENTS}/point?at=99").text
