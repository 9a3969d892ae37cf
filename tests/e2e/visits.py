"""A page looked at as every page is, by somebody of a town.

May live here: what a visit is, signing in without a provider, keeping a picture, asking axe. May
not: which pages; those are rows of `tests.e2e.page_table`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from archive.database import writing
from community.accounts import sessions
from community.accounts.signed_in import COOKIE
from tests.e2e.axe import violations
from tests.e2e.browser import SCREENSHOTS
from tests.people import Town

PLACE = SCREENSHOTS / "pages"
NARROW, BROAD = 320, 1280
HEIGHTS = {NARROW: 640, BROAD: 800}
WIDTHS = (NARROW, BROAD)


@dataclass(frozen=True)
class Visit:
    """One page in one state: a row of the table of pages.

    Attributes
    ----------
    name
        Of its pictures.
    endpoint
        Of the route whose answer is seen, also one that takes a form; empty for what no route is.
    path
        Where to go first; names in braces are those of `tests.e2e.world.World`.
    who
        The handle of whoever is signed in, or the name of a cookie; nobody when empty.
    act
        What is done there to come to the state. It changes nothing that another row shows.
    server
        `full` with accounts, `open` without, `empty`, `asking` who wants to count, or `down`.
    status
        Of what `path` answers.
    widths
        At which the state can be reached.
    scripts
        True where it is reached with scripts of the page only, False where only without.
    """

    name: str
    endpoint: str
    path: str
    who: str = ""
    act: Callable[[Page], None] | None = None
    server: str = "full"
    status: int = 200
    widths: tuple[int, ...] = WIDTHS
    scripts: bool | None = None


def sign_in(here: Town, page: Page, handle: str) -> None:
    """From now on the browser is this person's, whoever's it was before."""
    with writing(here.archive.engine) as connection:
        secret = sessions.begin(connection, here.ids[handle], "a test")
    page.context.clear_cookies()
    page.context.add_cookies([{"name": COOKIE, "value": secret, "url": "https://127.0.0.1"}])


def fits(page: Page) -> bool:
    """Whether nothing makes the page wider than its window."""
    assert page.viewport_size is not None
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide <= page.viewport_size["width"]


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of a page that fits its window."""
    assert fits(page), name
    assert page.viewport_size is not None
    PLACE.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PLACE / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def check(page: Page, name: str) -> list[str]:
    """The same, and what axe finds on it."""
    keep_picture(page, name)
    return [f"{name}: {line}" for line in violations(page)]
