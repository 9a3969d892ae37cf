"""Pages in Chromium at the edges: long words, from right to left, on a wall, by keys, and plain.

What holds for every page and state is looked at in `test_every_page.py`. Screenshots are kept
under `test-results/pages/`, to be looked at.

References
----------
WCAG 2.2: 1.4.10 (Reflow), 2.1.2 (No Keyboard Trap), 2.4.1 (Bypass Blocks), 2.4.7 (Focus Visible),
2.4.11 (Focus Not Obscured).
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.archives import new_archive
from tests.e2e.browser import DESKTOP, PHONE, SCREENSHOTS, Watch, watched
from tests.e2e.keys import FOCUSED
from tests.e2e.page_table import VISITS
from tests.e2e.visits import fits
from tests.e2e.world import World, served

SMALL = {"width": 320, "height": 640}
WIDE = {"width": 3840, "height": 2160}


def keep(page: Page, name: str, *, whole: bool = True) -> None:
    """A screenshot of the page, or of what of it is in sight."""
    place = SCREENSHOTS / "pages"
    place.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=place / f"{name}.png", full_page=whole)


def quiet(watch: Watch, status: int = 200) -> None:
    """No complaint of the browser but that of the status that was wanted; nobody else was asked."""
    unexpected = [line for line in watch.errors if status == 200 or str(status) not in line]
    assert unexpected == []
    assert watch.foreign == []
    watch.forget()


ROWS = {visit.name: visit for visits in VISITS.values() for visit in visits}
WITH_IMAGES = ("home", "review-frames")
WITH_WORDS = (
    "home",
    "search",
    "about-open",
    "uploads-all",
    "upload-received",
    "review-study",
    "review-frames",
    "upload-missing",
)


@pytest.mark.parametrize(
    ("viewport", "locale", "names"),
    [
        (PHONE, "en-XA", WITH_WORDS),
        (PHONE, "ar-XB", WITH_WORDS),
        (DESKTOP, "ar-XB", WITH_IMAGES),
        (WIDE, "en", ("home",)),
    ],
    ids=["phone-long-words", "phone-right-to-left", "desktop-right-to-left", "wall"],
)
def test_pages_fit_a_phone_and_a_wall_in_long_words_and_from_right_to_left(
    browser: Browser, pages: World, viewport: dict[str, int], locale: str, names: tuple[str, ...]
) -> None:
    with watched(browser, pages.open, viewport) as watch:
        page = watch.page
        page.context.add_cookies([{"name": "dt_locale", "value": locale, "url": pages.open}])
        for name in names:
            page.goto(pages.address(ROWS[name]))
            expect(page.locator("html")).to_have_attribute("lang", locale)
            assert fits(page)
            keep(page, f"{name}-{viewport['width']}-{locale}")
        assert page.evaluate("getComputedStyle(document.body).direction") == (
            "rtl" if locale == "ar-XB" else "ltr"
        )
        assert watch.foreign == []


@pytest.mark.parametrize(
    "name", ["home", "search", "uploads-all", "review-study", "review-frames", "styleguide"]
)
def test_keys_reach_everything_visibly_and_are_never_caught(
    browser: Browser, pages: World, name: str
) -> None:
    with watched(browser, pages.open) as watch:
        page = watch.page
        page.goto(pages.address(ROWS[name]))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        hidden: list[object] = []
        for _ in range(200):
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUSED)
            if at["tag"] == "BODY":
                break
            if not (at["outlined"] and at["seen"]):
                hidden.append(at)
        else:
            raise AssertionError("the keys never left the page")
        assert hidden == []


def test_menus_and_dialogs_answer_keys_and_give_the_focus_back(
    browser: Browser, pages: World
) -> None:
    with watched(browser, pages.open) as watch:
        page = watch.page
        page.goto(f"{pages.open}/styleguide")
        for opener, inside in (
            (page.get_by_role("button", name="More about this case"), "Copy the link"),
            (page.get_by_role("link", name="Erase …"), "Close"),
        ):
            opener.focus()
            page.keyboard.press("Enter")
            found = page.get_by_role("link", name=inside).or_(
                page.get_by_role("button", name=inside)
            )
            expect(found).to_be_visible()
            page.keyboard.press("Escape")
            expect(found).to_be_hidden()
            expect(opener).to_be_focused()
        quiet(watch)


def test_without_scripts_pages_are_found_read_and_chosen(browser: Browser, pages: World) -> None:
    context = browser.new_context(viewport=SMALL, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(pages.open)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Uploads").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uploads")
    page.get_by_role("link", name="Needs review").click()
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url(f"{pages.open}/uploads?state=needs+review")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Review", exact=True).first.click()
    expect(page.get_by_role("link", name="Begin")).to_be_visible()
    context.close()


def test_a_theme_that_is_chosen_outranks_the_systems(browser: Browser, pages: World) -> None:
    with watched(browser, pages.open) as watch:
        page = watch.page
        page.emulate_media(color_scheme="light")
        page.goto(pages.open)
        ground = "getComputedStyle(document.body).backgroundColor"
        top = "getComputedStyle(document.querySelector('.top')).backgroundColor"
        light, rail = page.evaluate(ground), page.evaluate(top)
        page.get_by_role("button", name="Dark").click()
        page.wait_for_selector("html[data-theme=dark]")
        assert page.evaluate(ground) != light
        assert page.evaluate(top) == rail, "the rail on top is dark in both themes"
        quiet(watch)


def test_pages_without_the_packages_are_plainer_and_whole(
    browser: Browser, pages: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DICOMTUBE_LOOK_CACHE", str(tmp_path / "none"))
    archive = new_archive(tmp_path / "home")
    app = importlib.import_module("wsgi").assemble(archive)
    with served(app) as url, watched(browser, url, SMALL) as watch:
        for path in ("/", "/uploads", "/review", "/styleguide"):
            watch.page.goto(url + path)
            assert fits(watch.page)
            keep(watch.page, f"plain{path.replace('/', '-')}")
            quiet(watch)
    archive.close()
