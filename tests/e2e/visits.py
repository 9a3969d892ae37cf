"""Somebody of a town in a browser, and a page looked at as every page is.

May live here: signing in without a provider, keeping a picture, asking axe. May not: which pages.
"""

from __future__ import annotations

from playwright.sync_api import Page

from archive.database import writing
from community.accounts import sessions
from community.accounts.signed_in import COOKIE
from tests.e2e.axe import violations
from tests.e2e.browser import SCREENSHOTS
from tests.people import Town

PLACE = SCREENSHOTS / "pages"


def sign_in(here: Town, page: Page, handle: str) -> None:
    """From now on the browser is this person's, whoever's it was before."""
    with writing(here.archive.engine) as connection:
        secret = sessions.begin(connection, here.ids[handle], "a test")
    page.context.clear_cookies()
    page.context.add_cookies([{"name": COOKIE, "value": secret, "url": "https://127.0.0.1"}])


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of a page that fits its window."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    PLACE.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PLACE / f"{name}-{width}.png", full_page=True)


def check(page: Page, name: str) -> list[str]:
    """The same, and what axe finds on it."""
    keep_picture(page, name)
    return [f"{name}: {line}" for line in violations(page)]
