"""The home page, the search and tags, through the whole web process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import OperationalError

from archive.archive import Archive
from archive.database import writing
from community.accounts import csrf
from community.accounts.signed_in import COOKIE
from community.cases.model import DIAGNOSIS, DRAFT, HISTORY
from community.finding.indexing import index_discussions
from community.finding.pages import a_page
from community.ids import new_id
from community.talk_models import comment
from tests.found_cases import put_case
from tests.people import Town, town

SECRET = "Erdheimchester"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        made.person("ada")
        made.person("bob")
        yield made


def slug_of(case: str) -> str:
    return f"s{case[-12:]}"


def titles(page: str) -> list[str]:
    found = re.findall(r'<h3 class="tile-title"><a [^>]*>(.*?)</a>', page)
    return [re.sub(r"<[^>]+>", "", one) for one in found]


def test_an_empty_site_says_how_to_begin_and_what_it_is(place: Town) -> None:
    page = place.browser().get("/").text
    for path in ("/upload", "/cases/new", "/about", "/about#push"):
        assert f'href="{path}"' in page
    assert 'href="/dicom-web"' not in page
    assert "dcmsend" in place.browser().get("/about").text


def test_the_newest_cases_come_first_with_their_pictures(place: Town) -> None:
    old = put_case(place.archive, "Old", owner=place.ids["ada"], captions=["A slice"])
    put_case(place.archive, "New")
    page = place.browser().get("/").text
    assert titles(page) == ["New", "Old"]
    picture = f"/cases/{old}/dicom-web/studies/1.2.3/series/1.2.3.1/instances/1.2.3.1.0/frames/1"
    assert f'src="{picture}/thumbnail?viewport=320,320"' in page
    assert f'href="/cases/{slug_of(old)}"' in page
    assert ">ada</span>" in page


def test_drafts_are_on_no_list(place: Town) -> None:
    put_case(place.archive, "Hidden", owner=place.ids["ada"], state=DRAFT)
    for path in ("/", "/search?q=hidden"):
        assert titles(place.browser("ada").get(path).text) == []


def test_titles_and_names_are_text_and_never_markup(place: Town) -> None:
    put_case(
        place.archive, "<script>x</script> abscess", {HISTORY: "Some `<b>` abscess <i>here</i>"}
    )
    for path in ("/", "/search?q=abscess", "/search?q=%3Cscript%3E"):
        page = place.browser().get(path).text
        assert "<script>x" not in page
        assert "<i>here" not in page


def test_what_was_asked_for_is_marked_where_it_stands(place: Town) -> None:
    put_case(place.archive, "Fevers", {HISTORY: "An abscess was drained"})
    page = place.browser().get("/search?q=abscesses+fever").text
    assert "<mark>Fevers</mark>" in page
    assert "An <mark>abscess</mark> was drained" in page
    assert 'value="abscesses fever"' in page


def test_a_choice_leads_to_fewer_cases_and_back(place: Town) -> None:
    put_case(place.archive, "Brain")
    put_case(place.archive, "Spine", specialty="spine", body_part="lumbar-spine", modalities="CT")
    browser = place.browser()
    assert 'href="/?specialty=spine"' in browser.get("/").text
    page = browser.get("/?specialty=spine").text
    assert titles(page) == ["Spine"]
    assert '<a class="tag tag-chosen" rel="nofollow" href="/">' in page
    assert 'href="/?specialty=spine&amp;modality=CT"' in page
    assert 'href="/?specialty=spine&amp;modality=MR"' not in page, "that would lead to nothing"
    empty = browser.get("/?specialty=spine&modality=MR").text
    assert titles(empty) == []
    assert "No case has all of this" in empty


@pytest.mark.parametrize(
    "path",
    [
        "/?specialty=nonsense", "/?specialty=neuro&specialty=chest", "/?before=-1", "/?before=x",
        "/search?sort=luck", "/search?q=" + "x" * 201, "/search?q=x&after=1e3",
        "/?" + "&".join(f"tag=t{number}" for number in range(11)),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_reason(place: Town, path: str) -> None:
    put_case(place.archive, "Brain")
    answer = place.browser().get(path)
    assert answer.status_code == 400
    assert 'lang="en"' in answer.text


def test_a_long_list_comes_in_parts(place: Town) -> None:
    for number in range(a_page + 3):
        put_case(place.archive, f"Abscess {number}")
    for path in ("/", "/search?q=abscess", "/search?q=abscess&sort=newest", "/search"):
        browser, shown = place.browser(), []
        while path:
            page = browser.get(path).text
            shown += titles(page)
            further = re.search(r'rel="next" href="([^"]+)"', page)
            path = further[1].replace("&amp;", "&") if further else ""
        assert len(shown) == len(set(shown)) == a_page + 3


def test_words_that_only_begin_like_others_still_find_them(place: Town) -> None:
    put_case(place.archive, "Meningioma")
    page = place.browser().get("/search?q=mening").text
    assert titles(page) == ["Meningioma"]
    assert "words that begin like them" in page
    assert "words that begin like them" not in place.browser().get("/search?q=meningioma").text


def test_an_unknown_case_gives_nothing_away_on_any_list(place: Town) -> None:
    case = put_case(
        place.archive, SECRET, {HISTORY: "Headache", DIAGNOSIS: SECRET}, owner=place.ids["ada"],
        is_unknown=True, unknown_title="A headache", tags=[SECRET.lower()], certainty="certain",
    )  # fmt: skip
    put_case(place.archive, "Another", specialty="chest", certainty="probable")
    paths = ["/", "/search", "/search?q=headache", "/tags", "/?mode=unknown", "/?certainty=certain"]
    for path in paths:
        page = place.browser("bob").get(path).text
        assert SECRET.lower() not in page.lower(), path
    for path in (f"/search?q={SECRET}", f"/?tag={SECRET.lower()}", f"/search?q={SECRET[:7]}*"):
        assert titles(place.browser("bob").get(path).text) == []
    assert titles(place.browser("bob").get("/?mode=unknown").text) == ["A headache"]
    assert SECRET.lower() not in place.browser("bob").get(f"/cases/{slug_of(case)}").text.lower()
    assert place.browser("bob").get(f"/cases/{slug_of(case)}/tags").status_code == 403
    assert titles(place.browser("ada").get("/?mode=unknown").text) == [SECRET], "it is hers"


def test_when_the_index_is_down_the_page_says_where_to_look(
    place: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise OperationalError("", None, OSError())

    monkeypatch.setattr("community.finding.looking.count_everything", down)
    answer = place.browser().get("/")
    assert answer.status_code == 503
    assert "/healthz" in answer.text


def post(place: Town, who: str, case: str, **fields: str) -> tuple[int, str]:
    browser = place.browser(who)
    secret = browser.get_cookie(COOKIE)
    assert secret is not None
    fields["csrf"] = csrf.token_of(secret.value)
    answer = browser.post(f"/cases/{slug_of(case)}/tags", data=fields, follow_redirects=True)
    return answer.status_code, answer.text


def test_an_author_gives_and_takes_tags_and_cases_are_found_by_them(place: Town) -> None:
    case = put_case(place.archive, "Brain", owner=place.ids["ada"])
    assert post(place, "ada", case, add="  Ring   sign ")[0] == 200
    assert titles(place.browser().get("/?tag=ring-sign").text) == ["Brain"]
    assert titles(place.browser().get("/search?q=ring+sign").text) == ["Brain"]
    assert "Ring sign" in place.browser().get("/tags").text
    assert 'href="/?tag=ring-sign"' in place.browser().get(f"/cases/{slug_of(case)}").text
    assert "Ring sign" in place.browser().get("/?tag=ring-sign").text
    assert post(place, "ada", case, remove="ring-sign")[0] == 200
    assert titles(place.browser().get("/?tag=ring-sign").text) == []
    assert "Ring sign" not in place.browser().get("/tags").text


def test_a_tag_that_is_a_term_has_its_code_however_it_is_spelled(place: Town) -> None:
    case = put_case(place.archive, "Brain", owner=place.ids["ada"])
    assert post(place, "ada", case, add="GROUND glass opacity")[0] == 200
    page = place.browser().get("/tags").text
    assert "Ground glass opacity" in page
    assert "Signs and patterns" in page
    found = place.browser("ada").get(f"/cases/{slug_of(case)}/tags?find=halo").text
    assert "Halo sign" in found
    assert "112073" in found


@pytest.mark.parametrize(
    "add", ["", " - ", "x" * 49, "Dr. Smith", "jane@example.org", "2021-03-04"]
)
def test_what_is_no_tag_is_refused_with_a_reason(place: Town, add: str) -> None:
    case = put_case(place.archive, "Brain", owner=place.ids["ada"])
    status, page = post(place, "ada", case, add=add)
    assert status == 400
    assert 'id="error-summary"' in page


def test_nobody_else_changes_tags(place: Town) -> None:
    case = put_case(place.archive, "Brain", owner=place.ids["ada"])
    assert post(place, "bob", case, add="odd ring")[0] == 403
    assert place.browser().get(f"/cases/{slug_of(case)}/tags").status_code == 302
    browser = place.browser("ada")
    assert browser.post(f"/cases/{slug_of(case)}/tags", data={"add": "odd ring"}).status_code == 400
    assert "odd" not in place.browser().get("/tags").text


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))


@pytest.mark.parametrize("path", ["/", "/search", "/search?q=none", "/tags", "/search?q=brain"])
@pytest.mark.parametrize("filled", [True, False])
def test_headings_go_down_one_by_one(place: Town, path: str, filled: bool) -> None:
    if filled:
        put_case(place.archive, "Brain", tags=["edema"])
    outline = _Outline()
    outline.feed(place.browser().get(path).text)
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    steps = zip(outline.levels, outline.levels[1:], strict=False)
    assert all(after - before <= 1 for before, after in steps), outline.levels


def count_queries(archive: Archive) -> list[str]:
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    return asked


@pytest.mark.parametrize("path", ["/", "/search?q=abscess", "/?specialty=neuro", "/tags"])
def test_more_cases_are_not_more_questions(place: Town, path: str) -> None:
    browser = place.browser("ada")
    put_case(place.archive, "Abscess", owner=place.ids["bob"], captions=["x"], tags=["a"])
    browser.get(path)
    asked = count_queries(place.archive)
    browser.get(path)
    few = len(asked)
    for number in range(20):
        owner = place.ids["ada" if number % 2 else "bob"]
        put_case(place.archive, "Abscess", owner=owner, captions=["x", "y"], tags=["a", "b"])
    asked.clear()
    browser.get(path)
    assert len(asked) <= few
    assert few <= 20


def test_the_search_box_of_every_page_leads_here(place: Town) -> None:
    assert '<form action="/search" method="get">' in place.browser().get("/about").text


def test_a_case_that_is_found_by_its_discussion_says_so(place: Town) -> None:
    case = put_case(place.archive, "A fever", {HISTORY: "Fever for weeks"})
    with writing(place.archive.engine) as connection:
        row = {"id": new_id(), "case_id": case, "author": place.ids["bob"], "depth": 0}
        row |= {"thread": row["id"], "markdown": "Is that an **abscess**?"}
        connection.execute(insert(comment).values(created_at=datetime.now(UTC), **row))
        index_discussions(connection, [case])
    page = place.browser().get("/search?q=abscess").text
    assert "In the discussion:" in page
    assert "Is that an <mark>abscess</mark>?" in page
    assert "In the discussion:" not in place.browser().get("/search?q=fever").text
    [hit] = place.browser().get("/api/v1/search?q=abscess").get_json()["items"]
    assert hit["is_from_discussion"]
