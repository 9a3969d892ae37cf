"""A discussion in Chromium: read, written, pointed at, by everybody, on a phone and on a desk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from community.accounts.people import find_person
from community.cases.readers import Reader
from community.discussion import opinions
from community.discussion.model import Spot
from community.discussion.writing import Words, delete_comment, edit_comment
from community.look import packages
from tests.cases import full_case, give, keep, place
from tests.e2e.browser import DESKTOP, watched
from tests.e2e.test_quizzes import MAKE, SMALL
from tests.e2e.visits import check, sign_in
from tests.people import Town, town
from tests.quarantined import screen
from tests.talk import reader, say
from viewer import npm

STUDY = "1.2.826.55.31"
TABLE = "\n\n| sign | side | size | seen on |\n|---|---|---|---|\n| a | left | 12 mm | T2 |\n"


@dataclass(frozen=True)
class Site:
    """A server with a case that was talked about, and a comment of ben's that was changed."""

    town: Town
    url: str
    slug: str
    changed: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        with town(tmp_path_factory.mktemp("town")) as here:
            slug, changed = fill(here)
            server = make_server("127.0.0.1", 0, here.app, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield Site(here, f"http://127.0.0.1:{server.server_port}", slug, changed)
            server.shutdown()
            server.server_close()


def fill(here: Town) -> tuple[str, str]:
    """A case with a comment of every kind."""
    archive, ids = here.archive, here.ids
    for handle in ("ann", "ben", "cleo"):
        here.person(handle)
    ann = find_person(archive, ids["ann"])
    assert ann is not None
    slice_of = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": f"{STUDY}.1"}
    keep(archive, screen(**slice_of, SOPInstanceUID=f"{STUDY}.1.1"))
    give(archive, STUDY, ann)
    slug = full_case(archive, ann, STUDY).slug
    spot = Spot("", *place(STUDY)[:3], 1, (0.4, 0.4, 0.2, 0.2), (127.0, 255.0))
    root = say(archive, ids["cleo"], slug, "See **here**, @ben:" + TABLE, spot=spot)
    above = root
    for number, who in enumerate(("ann", "ben", "cleo", "ann", "ben")):
        text = f"Answer {number}: " + "`code` and words " * 3
        above = say(archive, ids[who], slug, text, above)
    gone = say(archive, ids["ann"], slug, "gone")
    say(archive, ids["cleo"], slug, "to what is gone", gone)
    delete_comment(archive, Reader(ann), slug, gone)
    mine = say(archive, ids["ben"], slug, "Wilson disease", is_spoiler=True)
    ben = reader(archive, ids["ben"])
    edit_comment(archive, ben, slug, mine, 1, Words("Surely *Wilson disease*", is_spoiler=True))
    opinions.accept(archive, Reader(ann), slug, mine, is_accepted=True)
    opinions.vote(archive, reader(archive, ids["cleo"]), slug, mine, is_helpful=True)
    return slug, mine


def draw(page: Page) -> None:
    """Mark a region with the pointer, from a quarter to the middle."""
    picture = page.locator("[data-pointing]")
    expect(picture).to_have_class("pointing can-point")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    for name in ("x", "w", "h"):
        assert float(page.locator(f"#p-{name}").input_value()) == pytest.approx(25, abs=1)


@pytest.mark.parametrize(("viewport", "scheme"), [(SMALL, "dark"), (DESKTOP, "light")])
def test_people_talk_on_pages_that_keep_nobody_out(
    site: Site, browser: Browser, viewport: dict[str, int], scheme: str
) -> None:
    case, found = f"{site.url}/cases/{site.slug}", []
    with watched(browser, site.url, viewport) as watch:
        page = watch.page
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        sign_in(site.town, page, "ben")
        for name, path in {
            "discussion": "/comments",
            "discussion-case": "#discussion",
            "discussion-history": f"/comments/{site.changed}/history",
            "discussion-delete": f"/comments/{site.changed}/delete",
            "discussion-change": f"/comments/{site.changed}/edit",
            "discussion-answer": f"/comments/{site.changed}/reply",
        }.items():
            page.goto(case + path)
            found += check(page, name)
        page.get_by_role("textbox", name="Comment").fill("MRN: 445566")
        page.get_by_role("button", name="Comment").click()
        expect(page.locator("#error-summary")).to_be_visible()
        found += check(page, "discussion-look")
        watch.forget()  # what the browser says of a form that came back
        page.goto(f"{case}/comments/point")
        draw(page)
        found += check(page, "discussion-point")
        page.get_by_role("textbox", name="Comment").fill("This spot, @cleo")
        page.get_by_role("button", name="Comment").click()
        page.wait_for_url("**/cases/*at=*")
        expect(page.locator(":target")).to_contain_text("This spot")
        for name in ("notifications", "settings/notifications"):
            page.goto(f"{site.url}/{name}")
            found += check(page, "discussion-" + name.replace("/", "-"))
        assert watch.errors == []
        assert watch.foreign == []
    assert found == []
