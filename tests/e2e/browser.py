"""Chromium driven from outside, and what a test wants to know of a page: pixels and complaints.

May live here: starting the browser, watching a page, reading its canvas. May not: what is
expected of them.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "test-results"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
# OHIF shows a tour to whoever comes for the first time; it would cover the image.
_NO_TOUR = "localStorage.setItem('shownTours', JSON.stringify(['basicViewerTour']))"

# What OHIF and its decoders say of a failure without calling it an error on the console.
_EXPLAINS = ("Error Boundary", "[ERROR]")

# The viewport's canvas as grey levels: how many different ones, and a digest to see change by.
_PIXELS = """() => {
  const canvas = document.querySelector('canvas.cornerstone-canvas');
  if (!canvas || !canvas.width) return null;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const levels = new Set();
  let digest = 0;
  for (let i = 0; i < data.length; i += 4) {
    const level = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    levels.add(level);
    digest = (Math.imul(digest, 31) + level) | 0;
  }
  return { levels: levels.size, digest };
}"""


@contextlib.contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """The system's Chromium, with more arguments or without; tests never download one."""
    with sync_playwright() as playwright, _started(playwright.chromium, *more) as browser:
        yield browser


def beside(browser: Browser, *more: str) -> contextlib.AbstractContextManager[Browser]:
    """Another Chromium of the same process, with more arguments: it takes no second Playwright."""
    return _started(browser.browser_type, *more)


@contextlib.contextmanager
def _started(kind: BrowserType, *more: str) -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable, "no chromium on PATH: `make system` installs it"
    browser = kind.launch(executable_path=executable, args=[*_ARGUMENTS, *more])
    yield browser
    browser.close()


def wait_until(page: Page, expression: str, timeout_s: float = 30.0) -> None:
    """Wait until an expression is true, on pages whose policy forbids waiting inside them."""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"it never came to {expression}"
        page.wait_for_timeout(50)


@dataclass
class Watch:
    """A page, and everything that it complained about since the last `forget`."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    explanations: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)
        elif any(sign in message.text for sign in _EXPLAINS):
            self.explanations.append(message.text.splitlines()[0])

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.origin:
            self.foreign.append(request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.url}")

    def forget(self) -> None:
        self.errors.clear()
        self.explanations.clear()

    def pixels(self) -> tuple[int, int]:
        """How many colours the viewport shows, and a digest of them; (0, 0) without a viewport."""
        found = self.page.evaluate(_PIXELS)
        return (found["levels"], found["digest"]) if found else (0, 0)

    def shows_slide(self) -> bool:
        """Whether the slide viewer, which draws by other means, shows more than a few colours."""
        slide = self.page.locator(".ol-viewport").first
        if not self.page.locator("canvas.ol-layer").count():
            return False
        picture = Image.open(BytesIO(slide.screenshot()))
        return len(picture.convert("RGB").getcolors(maxcolors=1 << 24) or []) > 16

    def wait_for_image(self, min_levels: int = 8, timeout_ms: int = 60_000) -> None:
        """Wait until the viewport shows more than a few colours."""
        slide = "document.querySelector('canvas.ol-layer')"
        pixels = f"(({_PIXELS})()?.levels ?? 0) >= {min_levels}"
        self.page.wait_for_function(
            f"() => {slide} || {pixels}",
            timeout=timeout_ms,
            polling=250,
        )

    def keep(self, name: str) -> Path:
        """Keep a screenshot under `test-results/`."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


@contextlib.contextmanager
def watched(browser: Browser, url: str, viewport: dict[str, int] | None = None) -> Iterator[Watch]:
    """A page in a profile of its own, watched from its first request."""
    context = browser.new_context(viewport=viewport or DESKTOP)  # type: ignore[arg-type]
    context.add_init_script(_NO_TOUR)
    try:
        yield Watch(context.new_page(), urlsplit(url).netloc)
    finally:
        context.close()


def study_url(base: str, study: str) -> str:
    return f"{base}/viewer/viewer?StudyInstanceUIDs={study}"
