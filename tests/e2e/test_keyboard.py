"""The main paths by keys alone: sign in, bring, write, publish, answer, comment, moderate.

References
----------
WCAG 2.2: 2.1.1 (Keyboard), 2.4.7 (Focus Visible), 2.4.11 (Focus Not Obscured).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from archive import uploads
from archive.access import LOCAL
from community.accounts import people
from community.accounts.people import MODERATOR, find_by_handle
from community.look import packages
from tests.builders import ct_image
from tests.e2e.browser import DESKTOP, watched
from tests.e2e.keys import Keys
from tests.e2e.world import MAKE
from tests.quarantined import ask, screen
from tests.sign_in import Site, signing_site
from viewer import npm
from worker.pipeline import process_study

STUDY = "1.2.826.55.44"
TITLE, HIDDEN = "Fusiform aneurysm of the basilar artery", "A sudden headache"
REMARK = "It is wide here"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    packages.install(MAKE, npm.pack, print)
    home = tmp_path_factory.mktemp("home")
    with signing_site(home, DICOMTUBE_LOOK_CACHE=str(MAKE)) as made:
        yield made


def sign_up(keys: Keys, site: Site, handle: str) -> None:
    page = keys.page
    page.goto(site.url)
    keys.press(page.get_by_role("link", name="Sign in").first)
    keys.press(page.get_by_role("link", name="Continue with Google"))
    # The provider's page is none of ours: how its focus looks is not judged.
    before = list(keys.hidden)
    keys.write(page.get_by_label("Somebody new"), handle)
    page.keyboard.press("Enter")
    keys.hidden = before
    page.wait_for_url("**/welcome*")
    keys.write(page.get_by_label("Handle"), handle)
    for box in page.get_by_role("checkbox").all():
        keys.tick(box)
    keys.press(page.get_by_role("button", name="Make my account"))
    page.wait_for_url(lambda url: "/welcome" not in url)


def bring(keys: Keys, site: Site, *files: Path) -> None:
    """Bring a study; the worker is done with it when this returns."""
    page = keys.page
    keys.press(
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Upload", exact=True)
    )
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    keys.bring(page.locator("#files"), *files)
    expect(page.locator("#upload-status")).to_contain_text(f"Images found: {len(files)}")
    keys.tick(page.locator("#confirm"))
    keys.press(page.get_by_role("button", name="Upload", exact=True))
    status = page.locator("#upload-status")
    expect(status).to_contain_text("Everything was sent", timeout=60_000)
    found = uploads.visible_uploads(site.archive, LOCAL)
    process_study(site.archive, uploads.announcement_of(site.archive, found[0]))
    begin = page.get_by_role("link", name="Make a case of this")
    expect(begin).to_be_visible(timeout=60_000)
    keys.press(begin)
    page.wait_for_url("**/cases/new?study=*")


def write(keys: Keys) -> None:
    page = keys.page
    keys.write(page.get_by_label("Title"), TITLE)
    keys.tick(page.get_by_label("An unknown case"))
    keys.press(page.get_by_role("button", name="Make a draft"))
    page.wait_for_url("**/edit*")
    keys.write(page.get_by_label("Title before the answer"), HIDDEN)
    keys.choose(page.get_by_label("Specialty"))
    keys.write(page.locator("#f-history"), "Came with a **sudden** headache.")
    keys.write(page.locator("#f-diagnosis"), f"{TITLE}.")
    keys.choose(page.get_by_label("Licence"))
    keys.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Saved.")).to_be_visible()


def choose_image(keys: Keys) -> None:
    page = keys.page
    keys.press(page.get_by_role("link", name=re.compile("Studies and images")).first)
    keys.press(page.get_by_role("link", name="Choose images").first)
    keys.tick(page.locator("#frames input[type=checkbox]").first)
    keys.press(page.get_by_role("button", name="Add the chosen frames"))
    words = page.locator(".key-images > li").first
    keys.write(words.get_by_label("What there is to see"), "A wide vessel")
    keys.press(words.get_by_role("button", name="Save"))


def publish(keys: Keys) -> str:
    """Shown to everybody; returns the case's address."""
    page = keys.page
    keys.press(page.get_by_role("link", name="Publish").first)
    keys.tick(page.locator("#f-confirmed"))
    keys.press(page.get_by_role("main").get_by_role("button", name="Publish"))
    expect(page.get_by_text("Published", exact=True)).to_be_visible()
    return page.url.partition("?")[0]


def answer(keys: Keys, case: str) -> None:
    page = keys.page
    page.goto(case)
    expect(page.get_by_role("heading", level=1)).to_have_text(HIDDEN)
    keys.write(page.get_by_label("What is your diagnosis?"), "Aneurysm of the basilar artery")
    keys.tick(page.get_by_role("radio").last)
    keys.press(page.get_by_role("button", name="Commit the answer and see the diagnosis"))
    expect(page.get_by_text(TITLE).first).to_be_visible()


def comment(keys: Keys) -> None:
    """A comment on a region of an image, by its numbers."""
    page = keys.page
    keys.press(page.get_by_role("link", name="Point at a place in an image"))
    for name, value in (("x", "40"), ("y", "45"), ("w", "20"), ("h", "10")):
        keys.write(page.locator(f"#p-{name}"), value)
    keys.write(page.get_by_role("textbox", name="Comment"), REMARK)
    keys.press(page.get_by_role("button", name="Comment"))
    expect(page.locator("li.comment", has_text=REMARK)).to_be_visible()


def report(keys: Keys, case: str) -> None:
    page = keys.page
    page.goto(case)
    keys.press(page.get_by_role("link", name="Report this case"))
    keys.tick(page.get_by_label("It is wrong in a way that can do harm"))
    keys.write(page.get_by_label("Where, and what"), "The third sentence.")
    keys.press(page.get_by_role("button", name="Send the report"))
    page.wait_for_url("**/report/thanks*")


def moderate(keys: Keys) -> None:
    """From the menu of the account to the first matter, and what is decided of it."""
    page = keys.page
    page.reload()
    keys.press(page.get_by_role("button", name="Your account"))
    keys.press(page.get_by_role("link", name=re.compile("^Moderation")))
    keys.press(page.get_by_role("table").get_by_role("link").first)
    keys.press(page.get_by_role("button", name="I work on this"))
    keys.tick(page.locator('[name="verb"][value="keep"]'))
    keys.write(page.get_by_label("Why"), "It is right as it stands.")
    keys.press(page.get_by_role("button", name="Decide"))
    expect(page.get_by_text("It is right as it stands.")).to_be_visible()


def review_box(keys: Keys, page: Page) -> None:
    """Move the box that is proposed, and accept."""
    keys.press(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Review"))
    keys.press(page.get_by_role("link", name=re.compile("^Review ")).first)
    keys.press(page.get_by_role("link", name="Begin"))
    keys.press(page.locator("#boxes .mark").first, "ArrowRight")
    accept = page.get_by_role("button", name="Accept these boxes")
    keys.press(accept)
    expect(accept).to_have_count(0)


def test_somebody_with_keys_alone_shows_answers_talks_and_moderates(
    site: Site, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "slice.dcm"
    series = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": f"{STUDY}.1"}
    file.write_bytes(ct_image(**series, SOPInstanceUID=f"{STUDY}.1.1"))
    hidden: list[object] = []
    with watched(browser, site.url, DESKTOP) as watch:
        keys = Keys(watch.page)
        sign_up(keys, site, "writes-by-keys")
        bring(keys, site, file)
        write(keys)
        choose_image(keys)
        case = publish(keys)
        hidden += keys.hidden
        assert watch.errors == []
    with watched(browser, site.url, DESKTOP) as watch:
        keys = Keys(watch.page)
        sign_up(keys, site, "reads-by-keys")
        answer(keys, case)
        comment(keys)
        report(keys, case)
        waiting = ask(site.archive, screen(StudyInstanceUID="1.2.826.55.45"))
        reader = find_by_handle(site.archive, "reads-by-keys")
        assert reader is not None
        people.change_role(site.archive, reader.id, MODERATOR)
        moderate(keys)
        review_box(keys, watch.page)
        decided = uploads.find_upload(site.archive, LOCAL, waiting.token)
        assert decided.state == uploads.RECEIVED
        hidden += keys.hidden
        assert watch.errors == []
    assert hidden == []
