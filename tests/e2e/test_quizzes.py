"""An unknown case in Chromium: answered by pointing and by keys, seen, and run as a playlist.

Screenshots are kept under `test-results/pages/`, to be looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from community.accounts.people import find_person
from community.cases import pictures, publishing, studies
from community.cases.editing import make_case
from community.cases.model import Case
from community.cases.pictures import Shown
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.look import packages
from community.quizzes.model import CHOICE, FREE, LOCATE
from community.quizzes.playlists import PUBLIC, Wording, add_case, make_playlist
from community.quizzes.questions import Wish, add_question
from tests.cases import TEXT, TITLE, VERSION, give, keep, place
from tests.e2e.browser import DESKTOP, ROOT, watched
from tests.e2e.visits import sign_in
from tests.people import Town, town
from tests.quarantined import screen
from viewer import npm

MAKE = ROOT / ".make"
SMALL = {"width": 320, "height": 640}
STUDY = "1.2.826.55.20"


@dataclass(frozen=True)
class Site:
    """A server with an unknown case that has a question of each kind, and a playlist of it."""

    town: Town
    url: str
    case: Case
    playlist: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        with town(tmp_path_factory.mktemp("town")) as here:
            for handle in ("ann", "ben", "cleo"):
                here.person(handle)
            case, playlist = fill(here)
            server = make_server("127.0.0.1", 0, here.app, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield Site(here, f"http://127.0.0.1:{server.server_port}", case, playlist)
            server.shutdown()
            server.server_close()


def fill(here: Town) -> tuple[Case, str]:
    archive, ann = here.archive, find_person(here.archive, here.ids["ann"])
    assert ann is not None
    slice_of = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": f"{STUDY}.1"}
    keep(archive, screen(**slice_of, SOPInstanceUID=f"{STUDY}.1.1"))
    give(archive, STUDY, ann)
    case = make_case(archive, ann, replace(TEXT, is_unknown=True))
    case = studies.add_study(archive, ann, case.id, STUDY)
    told = Shown("The slice", "A slice of the midbrain", (0.4, 0.4, 0.2, 0.2))
    pictures.add_key_images(archive, ann, case.id, [place(STUDY)], told)
    image = view_case(archive, Reader(ann), case.id).key_images[0]
    for wish in (
        Wish(FREE, "What is it?", ["Wilson disease"]),
        Wish(CHOICE, "What is deposited?", ["Iron", "Copper", "Manganese"], 1),
        Wish(LOCATE, "Where is the sign?", key_image=image.id),
    ):
        add_question(archive, Reader(ann), case.id, wish)
    case = publishing.publish(archive, ann, case.id, None, VERSION, looked=True)
    wording = Wording("Midbrain", "Two or three to think about.", PUBLIC)
    made = make_playlist(archive, Reader(ann), wording)
    add_case(archive, Reader(ann), made.id, case.id)
    return case, made.slug


def answer(page: Page, *, by_pointing: bool) -> None:
    page.get_by_role("textbox", name="What is it?").fill("Wilson disease")
    page.get_by_label("Copper").check()
    if by_pointing:
        picture = page.locator(".locate-picture")
        expect(picture).to_have_class("locate-picture locate-ready")
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        assert box is not None
        picture.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
        expect(page.get_by_label("From the left, in percent")).to_have_value("50.00")
        assert (page.locator(".locate-own").get_attribute("d") or "").startswith("M500 ")
    else:
        page.get_by_label("From the left, in percent").fill("42")
        page.get_by_label("From the top, in percent").fill("42")
    page.get_by_label("Very likely").check()


@pytest.mark.parametrize(("viewport", "handle"), [(SMALL, "ben"), (DESKTOP, "cleo")])
def test_an_unknown_case_of_a_playlist_is_answered_by_pointing_and_by_numbers(
    site: Site, browser: Browser, viewport: dict[str, int], handle: str
) -> None:
    with watched(browser, site.url, viewport) as watch:
        page = watch.page
        page.set_default_timeout(10_000)
        sign_in(site.town, page, handle)
        page.goto(f"{site.url}/playlists")
        page.get_by_role("link", name="Midbrain", exact=True).click()
        page.get_by_role("link", name="Go through it as a quiz").click()
        page.get_by_role("link", name="Begin").click()
        expect(page.get_by_text("Wilson")).to_have_count(0)
        answer(page, by_pointing=handle == "cleo")
        page.get_by_role("button", name="Commit the answer").click()
        expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
        for words in ("Right", "You pointed inside of the region."):
            expect(page.locator("#answer")).to_contain_text(words)
        page.get_by_role("link", name="Back to the playlist").click()
        expect(page.get_by_text("That was all of it")).to_be_visible()
        assert watch.errors == []
        assert watch.foreign == []


def test_without_scripts_and_accounts_a_case_is_answered_too(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=SMALL, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site.url}/cases/{site.case.slug}")
    assert context.cookies() == []
    answer(page, by_pointing=False)
    page.get_by_label("From the top, in percent").fill("57")
    page.get_by_role("button", name="Commit the answer").click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(page.get_by_text("You pointed inside of the region.")).to_be_visible()
    [cookie] = context.cookies()
    assert (cookie["name"], cookie["httpOnly"]) == ("__Host-dt_reader", True)
    context.close()
