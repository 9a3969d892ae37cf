"""Every page in Chromium: for everybody, at every width, light and dark, with and without scripts.

Screenshots of every page and state are kept under `test-results/pages/`, to be looked at.

References
----------
WCAG 2.2: 1.4.10 (Reflow), 2.1.2 (No Keyboard Trap), 2.4.1 (Bypass Blocks), 2.4.7 (Focus Visible),
2.4.11 (Focus Not Obscured), 2.5.8 (Target Size).
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import BaseWSGIServer, make_server

from archive import review
from archive.access import LOCAL
from archive.archive import Archive
from community import pages as community_pages
from community.look import packages
from tests.archives import new_archive, store
from tests.builders import ct_image
from tests.e2e.axe import violations
from tests.e2e.browser import DESKTOP, PHONE, ROOT, SCREENSHOTS, Watch, watched
from tests.found_cases import put_case
from tests.quarantined import ask, screen
from viewer import npm
from viewer.settings import ViewerSettings

SMALL = {"width": 320, "height": 640}
WIDE = {"width": 3840, "height": 2160}
STUDY = {"StudyInstanceUID": "1.2.826.55.1", "SeriesInstanceUID": "1.2.826.55.1.1"}
OTHER = {"StudyInstanceUID": "1.2.826.55.2", "SeriesInstanceUID": "1.2.826.55.2.1"}
MAKE = ROOT / ".make"
CASES: dict[str, dict[str, object]] = {
    "Headache for three weeks": {"is_unknown": True, "unknown_title": "Headache"},
    "A ring-enhancing lesion that does not go, in a long title of two lines": {
        "modalities": "CT MR"
    },
    "Eine Läsion der Wirbelsäule": {"language": "de", "specialty": "spine"},
}


@dataclass
class Site:
    """Addresses of a server with studies, of one without, and of one whose database is gone."""

    full: str
    empty: str
    down: str
    token: str
    rejected: str
    several: int
    single: int
    unseen: int

    def address(self, path: str) -> str:
        server, _, rest = path.partition(":")
        return getattr(self, server) + rest.format(**vars(self))


PAGES = {
    "home": "full:/",
    "home-empty": "empty:/",
    "home-chosen": "full:/?specialty=neuro",
    "search": "full:/search?q=lesion",
    "search-none": "full:/search?q=nothing",
    "tags": "full:/tags",
    "about": "full:/about",
    "about-down": "down:/about",
    "uploads": "full:/uploads",
    "uploads-of-a-state": "full:/uploads?state=needs+review",
    "uploads-none-in-state": "full:/uploads?state=published",
    "uploads-empty": "empty:/uploads",
    "upload": "full:/uploads/{token}",
    "upload-rejected": "full:/uploads/{rejected}",
    "upload-missing": "full:/uploads/nothing",
    "review-list": "full:/review",
    "review-empty": "empty:/review",
    "review-study": "full:/review/{token}",
    "review-rejected": "full:/review/{rejected}",
    "review-image": "full:/review/{token}/{single}",
    "review-frames": "full:/review/{token}/{several}",
    "review-unseen": "full:/review/{token}/{unseen}",
    "not-found": "full:/nothing-here",
    "broken": "down:/breaks",
    "styleguide": "full:/styleguide",
}
"""Every page and state that an address leads to; the conformance statement has its own test."""

REFUSED = {"upload-missing": 404, "not-found": 404, "broken": 500}


def wrong_box(page: Page) -> None:
    page.locator('[name="left-1"]').fill("9999")
    page.locator("form.review").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Accept these boxes").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_menu(page: Page) -> None:
    page.get_by_role("button", name="More about this case").click()
    expect(page.get_by_role("link", name="Copy the link")).to_be_visible()


def open_dialog(page: Page) -> None:
    page.get_by_role("link", name="Erase …").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def open_pages(page: Page) -> None:
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Uploads")).to_be_visible()


def refuse_writing(page: Page) -> None:
    page.evaluate("""() => {
      const form = document.createElement('form');
      form.method = 'post'; form.action = '/conformance'; document.body.append(form); form.submit();
    }""")
    page.wait_for_url("**/conformance")
    expect(page.get_by_role("heading", level=1)).to_have_text("This cannot be done here")


@dataclass(frozen=True)
class Opened:
    """A state that is reached by doing something on a page."""

    path: str
    act: Callable[[Page], None]
    viewports: tuple[int, ...] = (320, 1280)


OPENED = {
    "review-problem": Opened("full:/review/{token}/{single}", wrong_box),
    "menu-open": Opened("full:/styleguide", open_menu),
    "dialog-open": Opened("full:/styleguide", open_dialog),
    "pages-open": Opened("full:/uploads", open_pages, (320,)),
    "not-allowed": Opened("full:/", refuse_writing, (1280,)),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("pages")
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_HOME", str(home / "imported"))
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        patch.setenv("DICOMTUBE_VIEWER_CACHE", str(home / "viewer"))
        patch.setattr("telemetry.logs.configure", lambda *_: None)
        dist = ViewerSettings.from_environment().dist
        dist.mkdir(parents=True)
        (dist / "index.html").write_text("<!doctype html><html><head></head></html>")
        wsgi = importlib.import_module("wsgi")
        full, empty = new_archive(home / "full"), new_archive(home / "empty")
        named = fill(full)
        servers = [serve(app) for app in (wsgi.assemble(full), wsgi.assemble(empty), broken())]
        addresses = [f"http://127.0.0.1:{server.server_port}" for server in servers]
        yield Site(*addresses, **named)
        for server in servers:
            server.shutdown()
            server.server_close()
        full.close()
        empty.close()


def fill(archive: Archive) -> dict[str, object]:
    """Uploads in several states, one of them with an image of each kind in question."""
    upload = ask(
        archive, screen(**STUDY), screen(frames=3, seed=2, **STUDY), screen(PixelData=None, **STUDY)
    )
    rejected = ask(archive, screen(**OTHER))
    review.reject(archive, LOCAL, rejected.token, "a face can be recognized or rebuilt")
    store(archive, ct_image(), collection="community")
    for title, more in CASES.items():
        put_case(archive, title, {"history": "A lesion of unknown origin."}, tags=["edema"], **more)  # type: ignore[arg-type]
    by_frames = {item.frames: item.number for item in review.items(archive, LOCAL, upload.token)}
    return {
        "token": upload.token, "rejected": rejected.token,
        "several": by_frames[3], "single": by_frames[1], "unseen": by_frames[0],
    }  # fmt: skip


def broken() -> Flask:
    """A server whose database is gone."""
    app = Flask(__name__, static_folder=None)

    def down() -> list[community_pages.Door]:
        raise OSError

    described = community_pages.Site("http://127.0.0.1:8000", "127.0.0.1", 11112, is_open=False)
    app.register_blueprint(
        community_pages.create_blueprint(
            lambda: described, down, lambda: "", packages.installed_path(MAKE)
        )
    )
    app.add_url_rule("/breaks", "breaks", lambda: 1 // 0)
    return app


def serve(app: Flask) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def keep(page: Page, name: str, *, whole: bool = True) -> None:
    """A screenshot of the page, or of what of it is in sight."""
    place = SCREENSHOTS / "pages"
    place.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=place / f"{name}.png", full_page=whole)


def fits(page: Page) -> None:
    """Nothing makes the page wider than its window."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def quiet(watch: Watch, status: int = 200) -> None:
    """No complaint of the browser but that of the status that was wanted; nobody else was asked."""
    unexpected = [line for line in watch.errors if status == 200 or str(status) not in line]
    assert unexpected == []
    assert watch.foreign == []
    watch.forget()


# Every page once at each width and once in each theme; the page that has all components, and one
# with a picture, at both widths in both.
SOME = ("home", "review-frames", "styleguide")


@pytest.mark.parametrize(
    ("viewport", "scheme", "names"),
    [
        (SMALL, "dark", tuple(PAGES)),
        (DESKTOP, "light", tuple(PAGES)),
        (SMALL, "light", SOME),
        (DESKTOP, "dark", SOME),
    ],
    ids=["320-dark", "1280-light", "320-light", "1280-dark"],
)
def test_nothing_on_any_page_keeps_anybody_out(
    browser: Browser, site: Site, viewport: dict[str, int], scheme: str, names: tuple[str, ...]
) -> None:
    found: dict[str, list[str]] = {}
    with watched(browser, site.full, viewport) as watch:
        page, width = watch.page, viewport["width"]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for name in names:
            watch.origin = site.address(PAGES[name]).split("/")[2]
            answer = page.goto(site.address(PAGES[name]))
            assert answer is not None
            assert answer.status == REFUSED.get(name, 200), name
            fits(page)
            keep(page, f"{name}-{width}-{scheme}")
            found[name] = violations(page)
            quiet(watch, answer.status)
        for name, opened in OPENED.items():
            if width in opened.viewports and names != SOME:
                watch.origin = site.address(opened.path).split("/")[2]
                page.goto(site.address(opened.path))
                opened.act(page)
                fits(page)
                keep(page, f"{name}-{width}-{scheme}", whole=name.startswith("review"))
                found[name] = violations(page)
                watch.forget()
    assert {name: lines for name, lines in found.items() if lines} == {}


LOOKED_AT = tuple(
    name for name, path in PAGES.items() if path.startswith("full:") and name != "styleguide"
)
WITH_IMAGES = ("home", "review-frames")
WITH_WORDS = (
    "home",
    "search",
    "about",
    "uploads",
    "upload",
    "review-study",
    "review-frames",
    "not-found",
)


@pytest.mark.parametrize(
    ("viewport", "locale", "names"),
    [
        (PHONE, "en", LOOKED_AT),
        (PHONE, "en-XA", WITH_WORDS),
        (PHONE, "ar-XB", WITH_WORDS),
        (DESKTOP, "ar-XB", WITH_IMAGES),
        (WIDE, "en", ("home",)),
    ],
    ids=["phone", "phone-long-words", "phone-right-to-left", "desktop-right-to-left", "wall"],
)
def test_pages_fit_a_phone_and_a_wall_in_long_words_and_from_right_to_left(
    browser: Browser, site: Site, viewport: dict[str, int], locale: str, names: tuple[str, ...]
) -> None:
    with watched(browser, site.full, viewport) as watch:
        page = watch.page
        page.context.add_cookies([{"name": "dt_locale", "value": locale, "url": site.full}])
        for name in names:
            page.goto(site.address(PAGES[name]))
            expect(page.locator("html")).to_have_attribute("lang", locale)
            fits(page)
            keep(page, f"{name}-{viewport['width']}-{locale}")
        assert page.evaluate("getComputedStyle(document.body).direction") == (
            "rtl" if locale == "ar-XB" else "ltr"
        )
        assert watch.foreign == []


def test_the_statement_of_conformance_can_be_read_by_everybody(
    browser: Browser, site: Site
) -> None:
    with watched(browser, site.full, SMALL) as watch:
        watch.page.goto(f"{site.full}/conformance")
        fits(watch.page)
        assert violations(watch.page) == []
        quiet(watch)


# The element with the focus: where it is, whether an outline (its own or of what it stands for)
# shows it, and whether it can be seen at its centre.
_FOCUSED = """() => {
  const one = document.activeElement;
  const outlined = [one, ...one.querySelectorAll('*')].some((part) =>
    ['', '::after'].some((pseudo) => getComputedStyle(part, pseudo || null).outlineStyle !== 'none'
      && parseFloat(getComputedStyle(part, pseudo || null).outlineWidth) >= 2))
    || one.closest('svg .mark') !== null;
  const { left, top, width, height } = one.getBoundingClientRect();
  const x = Math.min(Math.max(left + width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(top + Math.min(height / 2, 20), 0), innerHeight - 1);
  const there = document.elementFromPoint(x, y);
  const seen = there !== null && (one.contains(there) || there.contains(one));
  return { name: (one.id || one.textContent.trim() || one.tagName).slice(0, 40), tag: one.tagName,
    outlined, seen, inBottom: one.closest('.bottom') !== null };
}"""


@pytest.mark.parametrize(
    "name", ["home", "search", "uploads", "review-study", "review-frames", "styleguide"]
)
def test_keys_reach_everything_visibly_and_are_never_caught(
    browser: Browser, site: Site, name: str
) -> None:
    with watched(browser, site.full) as watch:
        page = watch.page
        page.goto(site.address(PAGES[name]))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        hidden: list[object] = []
        for _ in range(200):
            page.keyboard.press("Tab")
            at = page.evaluate(_FOCUSED)
            if at["tag"] == "BODY":
                break
            if not (at["outlined"] and at["seen"]):
                hidden.append(at)
        else:
            raise AssertionError("the keys never left the page")
        assert hidden == []


def test_menus_and_dialogs_answer_keys_and_give_the_focus_back(
    browser: Browser, site: Site
) -> None:
    with watched(browser, site.full) as watch:
        page = watch.page
        page.goto(f"{site.full}/styleguide")
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


def test_without_scripts_pages_are_found_read_and_chosen(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=SMALL, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.full)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Uploads").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uploads")
    page.get_by_role("link", name="Needs review").click()
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url(f"{site.full}/uploads?state=needs+review")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Review", exact=True).first.click()
    expect(page.get_by_role("link", name="Begin")).to_be_visible()
    context.close()


def test_a_theme_that_is_chosen_outranks_the_systems(browser: Browser, site: Site) -> None:
    with watched(browser, site.full) as watch:
        page = watch.page
        page.emulate_media(color_scheme="light")
        page.goto(site.full)
        ground = "getComputedStyle(document.body).backgroundColor"
        top = "getComputedStyle(document.querySelector('.top')).backgroundColor"
        light, rail = page.evaluate(ground), page.evaluate(top)
        page.get_by_role("button", name="Dark").click()
        page.wait_for_selector("html[data-theme=dark]")
        assert page.evaluate(ground) != light
        assert page.evaluate(top) == rail, "the rail on top is dark in both themes"
        quiet(watch)


def test_pages_without_the_packages_are_plainer_and_whole(
    browser: Browser, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DICOMTUBE_LOOK_CACHE", str(tmp_path / "none"))
    archive = new_archive(tmp_path / "home")
    server = serve(importlib.import_module("wsgi").assemble(archive))
    url = f"http://127.0.0.1:{server.server_port}"
    with watched(browser, url, SMALL) as watch:
        for path in ("/", "/uploads", "/review", "/styleguide"):
            watch.page.goto(url + path)
            fits(watch.page)
            keep(watch.page, f"plain{path.replace('/', '-')}")
            quiet(watch)
    server.shutdown()
    server.server_close()
    archive.close()
