"""What leaves Chromium and what stays in it: before a choice, after a no, a yes, and a no again.

A stand-in of Google's tag server listens under another name of this machine. It does what the real
script does as far as it matters here: sets its cookies, tells of the page, and once more when the
page is left; and it writes down whatever it is asked.

References
----------
EDPB, Report of the work undertaken by the Cookie Banner Taskforce (2023); Global Privacy Control;
WCAG 2.2: 2.4.11 (Focus Not Obscured), 2.5.8 (Target Size).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from community.consent.settings import ANALYTICS_ID, ANALYTICS_URL
from community.consent.table import ANALYTICS, NECESSARY, cookie_table
from community.look import packages
from tests import services
from tests.e2e.browser import DESKTOP, ROOT, beside, wait_until
from tests.e2e.visits import sign_in
from tests.e2e.world import served
from tests.found_cases import put_case
from tests.people import Town, town
from viewer import npm

MAKE = ROOT / ".make"
ID = "G-TEST12345"
SMALL = {"width": 320, "height": 640}
YES, NO = "Allow statistics", "No statistics"

SCRIPT = """
(() => {
  const config = [...window.dataLayer].map((one) => [...one]).find(([what]) => what === 'config');
  const [, id, told] = config;
  const off = () => window[`ga-disable-${id}`];
  const tell = (name) => {
    if (off()) return;
    const words = new URLSearchParams({
      en: name, dl: told.page_location, dr: told.page_referrer, dt: told.page_title,
    });
    navigator.sendBeacon(`${told.server_container_url}/g/collect?${words}`);
  };
  if (off()) return;
  for (const name of ['_ga', `_ga_${id.slice(2)}`]) {
    document.cookie = `${name}=GA1.1.1.1; path=/; max-age=${told.cookie_expires}; `
      + told.cookie_flags;
  }
  tell('page_view');
  window.addEventListener('pagehide', () => tell('user_engagement'));
  window.tellMore = () => tell('scroll');
})();
"""


@dataclass
class TagServer:
    """The stand-in, and what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    referrers: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, str]]:
        """What it was told of pages."""
        queries = (urlsplit(one) for one in self.asked)
        return [
            {name: values[0] for name, values in parse_qs(one.query).items()}
            for one in queries
            if one.path == "/g/collect"
        ]

    def hear_of(self, page: str) -> None:
        """Wait until it was told of a page: a beacon comes when the browser has time for it."""
        services.wait_until(
            lambda: any(one.get("dl") == page for one in self.told), f"a beacon of {page}"
        )

    def forget(self) -> None:
        self.asked.clear()
        self.referrers.clear()


@contextmanager
def tag_server() -> Iterator[TagServer]:
    found = TagServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            found.asked.append(self.path)
            found.referrers.append(self.headers.get("Referer", ""))
            body = SCRIPT.encode() if self.path.startswith("/gtag/js") else b""
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(body)))
            # As Google's do: pages that are isolated may load it.
            self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    found.url = f"http://localhost:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Place:
    """A site that would like to count, its people, and who would do it."""

    url: str
    here: Town
    tags: TagServer
    case: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    packages.install(MAKE, npm.pack, print)
    with ExitStack() as stack:
        tags = stack.enter_context(tag_server())
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
            patch.setenv(ANALYTICS_ID, ID)
            patch.setenv(ANALYTICS_URL, tags.url)
            here = stack.enter_context(town(tmp_path_factory.mktemp("town")))
        ann = here.person("ann")
        shown = put_case(here.archive, "Seen by all", owner=ann)
        url = stack.enter_context(served(here.app))
        yield Place(url, here, tags, f"{url}/cases/s{shown[-12:]}")


@dataclass
class Visitor:
    """A browser of its own, and what it complained about."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def cookies(self) -> dict[str, Any]:
        return {str(one.get("name")): one for one in self.context.cookies()}


@contextmanager
def visitor(browser: Browser, **more: Any) -> Iterator[Visitor]:
    context = browser.new_context(viewport=more.pop("viewport", DESKTOP), **more)
    found = Visitor(context, context.new_page())
    context.on("console", lambda one: found.complaints.append(one.text))
    context.set_default_timeout(15_000)
    try:
        yield found
    finally:
        context.close()


def walk(who: Visitor, place: Place) -> None:
    """Some pages of every kind, one that is not there among them."""
    for path in ("/", "/search?q=secret", "/about", "/privacy", "/cookies", "/login", "/nowhere"):
        who.page.goto(place.url + path)
    who.page.goto(place.case)


def agree(who: Visitor, place: Place) -> None:
    who.page.goto(place.url)
    who.page.get_by_role("button", name=YES).click()
    wait_until(who.page, "window.tellMore !== undefined")


def hosts_of_log(path: Path) -> set[str]:
    """Every host that pages had Chromium ask anything of, by its own log of the network.

    What the browser asks of its maker for itself, no page began: it has no origin and no frame.
    """
    log = json.loads(path.read_text())
    started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked = [one["params"] for one in log["events"] if one["type"] == started and "params" in one]
    pages = [
        one
        for one in asked
        if one.get("initiator") != "not an origin" or one.get("request_type") != "other"
    ]
    return {urlsplit(one["url"]).netloc for one in pages if one.get("url", "").startswith("http")}


def test_before_a_choice_after_a_no_and_under_the_signal_nothing_goes_anywhere(
    browser: Browser, place: Place, tmp_path: Path
) -> None:
    """By Chromium's own log of the network, which sees whatever it does, pages or not."""
    log = tmp_path / "net.json"
    place.tags.forget()
    kept: dict[str, set[str]] = {}
    with beside(browser, f"--log-net-log={log}") as logging:
        with visitor(logging) as who:
            walk(who, place)
            kept["before"] = set(who.cookies())
            who.page.goto(place.url)
            who.page.get_by_role("button", name=NO).click()
            walk(who, place)
            kept["no"] = set(who.cookies())
            assert not [line for line in who.complaints if "Content Security Policy" in line]
        with visitor(logging, extra_http_headers={"Sec-GPC": "1"}) as who:
            walk(who, place)
            kept["signal"] = set(who.cookies())
            expect(who.page.locator("#consent-banner")).to_have_count(0)
    assert kept == {"before": set(), "no": {"dt_consent"}, "signal": set()}
    assert hosts_of_log(log) == {urlsplit(place.url).netloc}
    assert place.tags.asked == []


def test_after_a_yes_only_the_configured_host_is_asked_and_told_of_public_pages(
    browser: Browser, place: Place, tmp_path: Path
) -> None:
    log = tmp_path / "net.json"
    place.tags.forget()
    with beside(browser, f"--log-net-log={log}") as logging, visitor(logging) as who:
        agree(who, place)
        walk(who, place)
        place.tags.hear_of(place.case)
        assert set(who.cookies()) == {"dt_consent", "_ga", "_ga_TEST12345"}
        assert not [line for line in who.complaints if "Content Security Policy" in line]
    ours, theirs = urlsplit(place.url).netloc, urlsplit(place.tags.url).netloc
    assert hosts_of_log(log) == {ours, theirs}
    seen = {urlsplit(one["dl"]).path for one in place.tags.told}
    assert seen == {"/", "/search", "/about", "/privacy", "/cookies", urlsplit(place.case).path}
    told = json.dumps([place.tags.asked, place.tags.referrers])
    assert "secret" not in told
    assert "?q=" not in told


def test_a_no_after_a_yes_ends_it_at_once_in_every_tab_and_takes_its_cookies(
    browser: Browser, place: Place
) -> None:
    with visitor(browser) as who:
        agree(who, place)
        other = who.context.new_page()
        other.goto(f"{place.url}/about")
        wait_until(other, "window.tellMore !== undefined")
        for page in ("/", "/about"):
            place.tags.hear_of(place.url + page)
        place.tags.forget()
        who.page.get_by_role("button", name="Cookies and statistics").click()
        who.page.locator("#consent-panel").get_by_role("button", name=NO).click()
        who.page.wait_for_url(f"{place.url}/")
        assert set(who.cookies()) == {"dt_consent"}
        other.evaluate("window.tellMore()")
        other.close()
        walk(who, place)
        assert place.tags.asked == []


def test_the_signal_that_only_scripts_see_is_heeded_too(browser: Browser, place: Place) -> None:
    place.tags.forget()
    with visitor(browser) as who:
        who.context.add_init_script(
            "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
        )
        who.page.goto(place.url)
        who.page.get_by_role("button", name=YES).click()
        walk(who, place)
        assert place.tags.asked == []


def test_every_cookie_that_chromium_keeps_stands_in_the_table_with_its_time(
    browser: Browser, place: Place
) -> None:
    with visitor(browser) as who:
        sign_in(place.here, who.page, "ann")
        agree(who, place)
        who.page.get_by_role("button", name="Dark").click()
        walk(who, place)
        cookies, now = who.cookies(), who.page.evaluate("Date.now() / 1000")
    assert {"__Host-dt_session", "dt_consent", "dt_theme", "_ga", "_ga_TEST12345"} <= set(cookies)
    for name, cookie in cookies.items():
        row = cookie_table().find(name)
        assert row is not None, name
        assert row.category in (NECESSARY, ANALYTICS)
        assert cookie["expires"] - now <= row.lasts * 24 * 3600 + 60, name


_LOOKS = """(button) => {
  const style = getComputedStyle(button), box = button.getBoundingClientRect();
  const names = ['color', 'backgroundColor', 'borderTopColor', 'borderTopWidth', 'fontSize',
    'fontWeight', 'opacity', 'textDecorationLine', 'boxShadow', 'paddingTop', 'paddingLeft'];
  return [Math.round(box.width), Math.round(box.height), ...names.map((name) => style[name])];
}"""


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(SMALL, "dark"), (DESKTOP, "light")], ids=["small", "desktop"]
)
def test_both_answers_look_the_same_and_saying_no_is_as_easy(
    browser: Browser, place: Place, viewport: dict[str, int], scheme: str
) -> None:
    with visitor(browser, viewport=viewport, color_scheme=scheme) as who:
        for path, where in (("/", "#consent-banner"), ("/cookies", "main")):
            who.page.goto(place.url + path)
            found = who.page.locator(where)
            yes, no = (found.get_by_role("button", name=name) for name in (YES, NO))
            assert yes.evaluate(_LOOKS) == no.evaluate(_LOOKS)
            assert yes.get_attribute("autofocus") is None
            box = no.bounding_box()
            assert box is not None and box["height"] >= 40


# Each place that the keyboard comes to, unless something else lies over all of it. The look of the
# focus takes a frame to come, also for those who asked for less motion.
_HIDDEN = """async () => {
  for (let left = 2; left; left -= 1) await new Promise(requestAnimationFrame);
  const one = document.activeElement, box = one.getBoundingClientRect();
  if (one === document.body || !box.width) return '';
  const inset = (low, high, share) => low + (high - low) * share;
  const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) =>
    [inset(box.left, box.right, x), inset(box.top, box.bottom, y)]));
  const seen = points.some(([x, y]) => {
    const there = document.elementFromPoint(x, y);
    return there && (one.contains(there) || there.contains(one) && there !== document.body);
  });
  return seen ? '' : one.outerHTML.slice(0, 120);
}"""


@pytest.mark.parametrize(
    ("viewport", "answer"),
    [(SMALL, ""), (SMALL, NO), (DESKTOP, "")],
    ids=["small-asked", "small-answered", "desktop-asked"],
)
def test_nothing_that_the_keyboard_comes_to_lies_under_the_banner_or_the_control(
    browser: Browser, place: Place, viewport: dict[str, int], answer: str
) -> None:
    with visitor(browser, viewport=viewport, reduced_motion="reduce") as who:
        page = who.page
        page.goto(f"{place.url}/privacy")
        if answer:
            with page.expect_navigation(wait_until="load"):
                page.get_by_role("button", name=answer).click()
        hidden, stops = [], 0
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            stops += 1
            hidden.append(page.evaluate(_HIDDEN))
        assert stops > 25
        assert [one for one in hidden if one] == []


def test_the_control_is_at_the_bottom_right_and_opens_with_the_keyboard(
    browser: Browser, place: Place
) -> None:
    with visitor(browser) as who:
        who.page.goto(place.url)
        who.page.get_by_role("button", name=NO).click()
        control = who.page.get_by_role("button", name="Cookies and statistics")
        box = control.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] > DESKTOP["width"] - 40
        assert box["y"] + box["height"] > DESKTOP["height"] - 40
        assert min(box["width"], box["height"]) >= 24
        control.focus()
        who.page.keyboard.press("Enter")
        expect(who.page.get_by_text("You said no. Nothing is counted.")).to_be_visible()
        who.page.keyboard.press("Escape")
        expect(who.page.locator("#consent-panel")).to_be_hidden()
        expect(control).to_be_focused()


def test_without_scripts_one_says_yes_and_no_and_is_never_counted(
    browser: Browser, place: Place
) -> None:
    place.tags.forget()
    with visitor(browser, java_script_enabled=False, viewport=SMALL) as who:
        page = who.page
        page.goto(f"{place.url}/about")
        page.get_by_role("button", name=YES).click()
        expect(page).to_have_url(f"{place.url}/about")
        control = page.get_by_role("button", name="Cookies and statistics")
        control.click()
        expect(page.get_by_text("You allowed statistics.")).to_be_visible()
        page.locator("#consent-panel").get_by_role("button", name=NO).click()
        control.click()
        expect(page.get_by_text("You said no. Nothing is counted.")).to_be_visible()
        assert place.tags.asked == []
