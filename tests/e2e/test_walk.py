"""One walk through the product, in Chromium, as `make run` starts it.

A newcomer signs in, uploads a folder of real DICOM, watches it being de-identified, writes a case
and publishes it; a second person answers, sees the diagnosis, and comments on a spot in a slice,
whose link opens the viewer there. Each station is kept as a picture at the width of a desk and of
a phone, under `test-results/walk/`, to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import DESKTOP, PHONE, SCREENSHOTS, Watch, watched
from tests.e2e.test_places import SEEN
from tests.product import Product

#: Three studies of one patient: a brain, its vessels, and the vessels of the neck.
FOLDER = "files/pydicom/test_files/dicomdirtests/98892003"
DIAGNOSIS = "Fusiform aneurysm of the basilar artery"
UNKNOWN = "A sudden headache"
ALT = "Projection of the vessels at the base of the brain"
MAKE = "Make a case of this"
REMARK = "The vessel is wide here"
DEADLINE_MS = 120_000


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    made = Product(tmp_path_factory.mktemp("home"))
    made.start(echo=False)
    yield made
    made.stop()


def keep(page: Page, name: str) -> None:
    """The page as it is, at both widths."""
    folder = SCREENSHOTS / "walk"
    folder.mkdir(parents=True, exist_ok=True)
    for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(sideways) <= 0, f"{name} scrolls sideways at the width of a {width}"


def sign_up(page: Page, product: Product, provider: str, handle: str) -> None:
    """By the development stand-in of a provider, for the first time."""
    page.goto(f"{product.url}/")
    page.get_by_role("link", name="Sign in").first.click()
    expect(page.get_by_text("Development sign-in")).to_be_visible()
    keep(page, "01-sign-in")
    page.get_by_role("link", name=f"Continue with {provider.title()}").click()
    page.get_by_role("button").first.click()
    page.wait_for_url("**/welcome*")
    page.get_by_label("Handle").fill(handle)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("main").get_by_role("button").first.click()
    page.wait_for_url(lambda url: "/welcome" not in url)


def upload(page: Page, product: Product, folder: Path) -> str:
    """The folder sent and followed; returns where a case of it begins."""
    page.goto(f"{product.url}/upload")
    page.locator("#folder").set_input_files(folder)
    cards = page.locator("#found .study-found")
    expect(cards).to_have_count(3, timeout=DEADLINE_MS)
    expect(page.get_by_role("status")).to_contain_text("Images found: 17.", timeout=DEADLINE_MS)
    keep(page, "02-what-was-found")
    page.locator("#confirm").check()
    page.get_by_role("button", name="Upload").click()
    begin = page.get_by_role("link", name=MAKE)
    expect(begin).to_have_count(3, timeout=DEADLINE_MS)
    keep(page, "03-de-identified")
    vessels = cards.filter(has=page.get_by_role("heading", name="Brain-MRA"))
    return product.url + str(vessels.get_by_role("link", name=MAKE).get_attribute("href"))


def write(page: Page, start: str) -> None:
    """An unknown case as a draft, with its texts."""
    page.goto(start)
    page.get_by_label("Title").fill(DIAGNOSIS)
    page.get_by_label("An unknown case").check()
    page.get_by_role("button", name="Make a draft").click()
    page.wait_for_url("**/edit*")
    page.get_by_label("Title before the answer").fill(UNKNOWN)
    page.get_by_label("Specialty").select_option(index=1)
    page.locator("#f-history").fill("Came with a **sudden** headache.")
    page.locator("#f-diagnosis").fill(f"{DIAGNOSIS}.")
    page.get_by_label("Licence").select_option(index=1)
    page.get_by_label("Language").select_option("en")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    keep(page, "04-text")


def last_series(page: Page) -> None:
    """The projections: the series before are of the positioning."""
    page.get_by_role("navigation", name="Series").get_by_role("link").last.click()


def choose_images(page: Page) -> None:
    """Two frames of the study become key images, described."""
    page.get_by_role("link", name=re.compile("Studies and images")).first.click()
    page.get_by_role("link", name="Choose images").first.click()
    last_series(page)
    frames = page.locator("#frames input[type=checkbox]")
    page.wait_for_load_state("networkidle")
    frames.nth(0).check()
    frames.nth(1).check()
    keep(page, "05-frames")
    page.get_by_role("button", name="Add the chosen frames").click()
    for number in range(2):
        words = page.locator(".key-images > li").nth(number)
        words.get_by_label("What there is to see").fill(f"{ALT}, image {number + 1}")
        words.get_by_role("button", name="Save").click()
    keep(page, "06-key-images")


def publish(page: Page) -> str:
    """Confirmed and shown to everybody; returns the case's address."""
    page.get_by_role("link", name="Publish").first.click()
    keep(page, "07-publish")
    page.locator("#f-confirmed").check()
    page.get_by_role("main").get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published", exact=True)).to_be_visible()
    keep(page, "08-published")
    return page.url.partition("?")[0]


def answer(page: Page, case: str) -> None:
    """A reader who cannot know it yet commits an answer, and then knows."""
    page.goto(case)
    expect(page.get_by_role("heading", level=1)).to_have_text(UNKNOWN)
    assert DIAGNOSIS not in page.content()
    keep(page, "09-unknown")
    page.get_by_label("What is your diagnosis?").fill("Aneurysm of the basilar artery")
    page.get_by_role("radio").last.check()
    page.get_by_role("button", name="Commit the answer and see the diagnosis").click()
    expect(page.get_by_text(DIAGNOSIS).first).to_be_visible()
    page.goto(case)
    expect(page.get_by_role("heading", level=1)).to_have_text(DIAGNOSIS)
    keep(page, "10-revealed")


def point(page: Page) -> str:
    """A comment on a region of the third image; returns where its link leads."""
    page.get_by_role("link", name="Point at a place in an image").click()
    last_series(page)
    page.get_by_role("button", name="One further").click()
    page.get_by_role("button", name="One further").click()
    for name, value in (("x", "40"), ("y", "45"), ("w", "20"), ("h", "10")):
        page.locator(f"#p-{name}").fill(value)
    page.get_by_role("textbox", name="Comment").fill(REMARK)
    keep(page, "11-pointing")
    page.get_by_role("button", name="Comment").click()
    comment = page.locator("li.comment", has_text=REMARK)
    expect(comment).to_be_visible()
    keep(page, "12-comment")
    return str(comment.locator("figure.spot a").first.get_attribute("href"))


def follow(watch: Watch, product: Product, link: str) -> None:
    """The viewer opens at the slice, with the region drawn inside of the image."""
    watch.page.goto(f"{product.url}{link}")
    watch.page.wait_for_function(f"() => ({SEEN})() !== null", timeout=DEADLINE_MS)
    seen = watch.page.evaluate(SEEN)
    asked = parse_qs(urlsplit(link).query)
    assert f"/instances/{asked['initialSOPInstanceUID'][0]}/" in seen["image"]
    assert seen["inside"]
    watch.page.screenshot(path=SCREENSHOTS / "walk" / "13-viewer-desktop.png")


def test_from_a_folder_of_files_to_a_spot_in_a_slice(
    product: Product, browser: Browser, test_data: Path
) -> None:
    with watched(browser, product.url, DESKTOP) as author:
        sign_up(author.page, product, "google", "newcomer")
        write(author.page, upload(author.page, product, test_data / FOLDER))
        choose_images(author.page)
        case = publish(author.page)
        heard(author)
    with watched(browser, product.url, DESKTOP) as reader:
        sign_up(reader.page, product, "microsoft", "second-reader")
        answer(reader.page, case)
        follow(reader, product, point(reader.page))
        heard(reader)
        reader.page.goto(f"{product.url}/")
        expect(reader.page.get_by_role("link", name=DIAGNOSIS).first).to_be_visible()
        keep(reader.page, "14-home")


def heard(watch: Watch) -> None:
    """Nothing broke, and nobody was asked for anything but the stand-ins of the providers."""
    assert watch.errors == []
    assert {urlsplit(url).hostname for url in watch.foreign} <= {"localhost"}
