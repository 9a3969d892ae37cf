"""The review in Chromium: boxes drawn by mouse, by touch, by keys and without a script are kept."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from archive import review, uploads
from archive.access import LOCAL
from archive.archive import Archive
from archive.uploads import Upload
from imaging.deidentify.pixels.boxes import Box
from tests.archives import new_archive
from tests.builders import ct_image
from tests.e2e.browser import DESKTOP, PHONE, Watch, wait_until, watched
from tests.e2e.visits import keep_picture
from tests.quarantined import COLUMNS, ask, screen
from tests.videos import syntax_of, videos
from viewer.settings import ViewerSettings

SIZES = {"desktop": DESKTOP, "phone": PHONE}
STUDY = {"StudyInstanceUID": "1.2.826.55.1", "SeriesInstanceUID": "1.2.826.55.1.1"}


@dataclass
class Site:
    """The web process over an archive in which one study waits."""

    url: str
    archive: Archive

    def ask(self, *files: bytes) -> Upload:
        return ask(self.archive, *files)

    def first(self, upload: Upload) -> str:
        item = review.items(self.archive, LOCAL, upload.token)[0]
        return f"{self.url}/review/{upload.token}/{item.number}"

    def decided(self, upload: Upload) -> list[tuple[Box, ...] | None]:
        return [item.decided for item in review.items(self.archive, LOCAL, upload.token)]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("DICOMTUBE_HOME", str(tmp_path / "imported"))
    monkeypatch.setattr("telemetry.logs.configure", lambda *_: None)
    wsgi = importlib.import_module("wsgi")
    dist = ViewerSettings("3.13.2", tmp_path / "viewer").dist
    dist.mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><html><head></head></html>")
    monkeypatch.setenv("DICOMTUBE_VIEWER_VERSION", "3.13.2")
    monkeypatch.setenv("DICOMTUBE_VIEWER_CACHE", str(tmp_path / "viewer"))
    archive = new_archive(tmp_path / "home")
    server = make_server("127.0.0.1", 0, wsgi.assemble(archive), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.server_port}", archive)
    server.shutdown()
    server.server_close()
    archive.close()


@pytest.fixture(params=SIZES)
def open_page(
    request: pytest.FixtureRequest, browser: Browser, site: Site
) -> Iterator[Callable[[str], Watch]]:
    with watched(browser, site.url, SIZES[request.param]) as watch:

        def at(url: str) -> Watch:
            watch.page.goto(url)
            return watch

        yield at
        assert watch.errors == []
        assert watch.foreign == []


def fields(page: Page, name: str = "1") -> list[int]:
    return [
        int(page.locator(f'[name="{field}-{name}"]').input_value())
        for field in ("left", "top", "width", "height")
    ]


def on_image(page: Page, x: int, y: int) -> tuple[float, float]:
    """Where a pixel of the frame is on the page."""
    box = page.locator(".stage svg image").bounding_box()
    assert box is not None
    scale = box["width"] / COLUMNS
    return box["x"] + x * scale, box["y"] + y * scale


def drag(page: Page, start: tuple[int, int], end: tuple[int, int]) -> None:
    page.locator(".stage").scroll_into_view_if_needed()
    page.mouse.move(*on_image(page, *start))
    page.mouse.down()
    page.mouse.move(*on_image(page, *end), steps=6)
    page.mouse.up()


def marks(page: Page) -> Locator:
    return page.locator("#boxes .mark")


def kept(watch: Watch, name: str) -> None:
    """A screenshot in light and dark; no page is wider than its window."""
    width = watch.page.viewport_size["width"] if watch.page.viewport_size else 0
    assert watch.page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        watch.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        watch.keep(f"review-{name}-{width}-{scheme}")


def near(found: list[int], wanted: tuple[int, int, int, int], by: int = 2) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


def test_boxes_drawn_by_mouse_and_changed_by_keys_are_what_is_blackened(
    site: Site, open_page: Callable[[str], Watch]
) -> None:
    upload = site.ask(screen(frames=3, **STUDY), screen(frames=3, seed=2, **STUDY))
    watch = open_page(f"{site.url}/review")
    page = watch.page
    kept(watch, "list")
    page.get_by_role("link", name="Review " + upload.token[:8]).click()
    page.wait_for_url(f"**/review/{upload.token}")
    kept(watch, "study")
    page.get_by_role("link", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Image 1 of 2")
    expect(page.get_by_role("button", name="Add a box")).to_be_visible()
    expect(marks(page)).to_have_count(1)
    # By keys: the proposed box is moved by four pixels, a step is a hundredth of the longer side.
    marks(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+Shift+ArrowLeft")
    assert fields(page) == [14, 8, 149, 19]
    assert "left 14" in page.locator("#said").inner_text()
    # By mouse: a new box, moved, and then larger by its handle.
    drag(page, (200, 100), (240, 130))
    assert near(fields(page, "2"), (200, 100, 40, 30))
    drag(page, (210, 110), (220, 120))
    assert near(fields(page, "2"), (210, 110, 40, 30))
    drag(page, (250, 140), (270, 160))
    assert near(fields(page, "2"), (210, 110, 60, 50))
    drawn = fields(page, "2")
    # By a button, and taken away by a key.
    page.get_by_role("button", name="Add a box").click()
    assert marks(page).count() == 3
    page.keyboard.press("Delete")
    assert marks(page).count() == 2
    assert page.locator(":focus").count() == 1
    # Another frame and another view lose nothing; a box of one frame is on that frame only.
    page.locator('[name="frame-2"]').select_option("1")
    kept(watch, "image")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Faint differences").click()
    assert page.locator("#place").inner_text() == "2 of 3"
    assert page.locator(".stage image").get_attribute("href").endswith("/2.png?view=even")
    assert marks(page).count() == 1
    page.get_by_text("2 of 3 frames shown so far").wait_for()
    kept(watch, "image-faint")
    page.get_by_label("I looked at all 3 frames").check()
    page.get_by_role("button", name="Accept these boxes and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Image 2 of 2")
    [boxes, still_open] = site.decided(upload)
    assert still_open is None
    assert boxes is not None
    assert [(b.frame, b.left, b.top, b.width, b.height) for b in boxes] == [
        (None, 14, 8, 149, 19),
        (1, *drawn),
    ]
    assert {box.source for box in boxes} == {"reviewer"}


def test_black_can_be_seen_before_it_is_decided_and_the_image_enlarged(
    site: Site, open_page: Callable[[str], Watch]
) -> None:
    upload = site.ask(screen(**STUDY))
    watch = open_page(site.first(upload))
    page = watch.page
    before = page.locator(".stage svg").bounding_box()
    page.get_by_role("button", name="Show black").click()
    page.get_by_role("button", name="Enlarge").click()
    after = page.locator(".stage svg").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > 2 * before["width"] * 0.9
    fill = marks(page).locator("rect").first.evaluate("r => getComputedStyle(r).fillOpacity")
    assert fill == "1"
    kept(watch, "black")


def test_a_study_is_rejected_for_a_chosen_reason(
    site: Site, open_page: Callable[[str], Watch]
) -> None:
    upload = site.ask(screen(**STUDY))
    watch = open_page(f"{site.url}/review/{upload.token}")
    page = watch.page
    page.get_by_label("Reason").select_option("face")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rejected")
    page.goto(f"{site.url}/uploads")
    kept(watch, "uploads")
    page.get_by_role("link", name=upload.token[:8]).click()
    page.wait_for_url(f"**/uploads/{upload.token}")
    kept(watch, "upload")
    expect(page.get_by_text("a face can be recognized or rebuilt")).to_have_count(1)
    now = uploads.find_upload(site.archive, LOCAL, upload.token)
    assert now.state == uploads.REJECTED


def test_fingers_scroll_until_they_are_asked_to_draw(browser: Browser, site: Site) -> None:
    upload = site.ask(screen(**STUDY))
    context = browser.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.first(upload))
    touch = """([[x1, y1], [x2, y2]]) => {
      const svg = document.querySelector('.stage svg');
      svg.setPointerCapture = () => {};
      const send = (name, x, y) => svg.dispatchEvent(new PointerEvent(name, {
        pointerId: 5, pointerType: 'touch', clientX: x, clientY: y, button: 0, bubbles: true }));
      send('pointerdown', x1, y1); send('pointermove', x2, y2); send('pointerup', x2, y2);
    }"""
    ends = [on_image(page, 100, 100), on_image(page, 180, 150)]
    page.evaluate(touch, ends)
    assert marks(page).count() == 1
    page.get_by_role("button", name="Draw by touch").click()
    ends = [on_image(page, 100, 100), on_image(page, 180, 150)]
    page.evaluate(touch, ends)
    assert near(fields(page, "2"), (100, 100, 80, 50))
    context.close()


def test_without_a_script_boxes_are_typed(browser: Browser, site: Site) -> None:
    upload = site.ask(screen(**STUDY), screen(seed=2, **STUDY))
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.first(upload))
    assert marks(page).count() == 1
    page.get_by_role("checkbox", name="Remove").first.check()
    for field, value in {"left": 30, "top": 40, "width": 50, "height": 60}.items():
        page.locator(f'[name="{field}-2"]').fill(str(value))
    page.get_by_role("button", name="Whole range").click()
    expect(page.get_by_role("button", name="Whole range")).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[name="width-2"]')).to_have_value("50")
    page.screenshot(path=Path("test-results") / "review-no-script.png", full_page=True)
    page.get_by_role("button", name="Accept these boxes and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Image 2 of 2")
    boxes = site.decided(upload)[0]
    assert boxes == (Box(1, 30, 40, 50, 60, source="reviewer"),)
    context.close()


def test_a_video_plays_on_its_page_and_passes_once_it_was_watched(
    site: Site, open_page: Callable[[str], Watch]
) -> None:
    sent = ct_image(syntax_of("h264"), frames=[videos()["h264_mp4_audio"]], **STUDY)
    upload = ask(site.archive, sent, boxes=(), reason="nobody has seen this video")
    page = open_page(site.first(upload)).page
    wait_until(page, "document.querySelector('video.watched').readyState >= 2")
    page.evaluate("document.querySelector('video.watched').play()")
    wait_until(page, "document.querySelector('video.watched').currentTime > 0")
    keep_picture(page, "review-video")
    page.get_by_label("I watched all of it").check()
    page.get_by_role("button", name="Let it pass as it is").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert site.decided(upload) in ([()], [])
