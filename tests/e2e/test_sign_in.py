"""Signing in with Chromium, by all four providers' stand-ins, and looking after the account.

The stand-ins are at `localhost` and we at `127.0.0.1`: another site, as in the world outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from community.accounts.settings import APPLE, FACEBOOK, GOOGLE, MICROSOFT
from tests.e2e.axe import violations
from tests.e2e.browser import DESKTOP, PHONE, Watch, watched
from tests.sign_in import Site, signing_site

SESSION = "__Host-dt_session"
_SETTLED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
  do { await frame(); await frame(); } while (document.getAnimations().length);
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with signing_site(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def watch(browser: Browser, site: Site) -> Iterator[Watch]:
    with watched(browser, site.url, DESKTOP) as made:
        yield made
        fakes = urlsplit(site.fakes.base).netloc
        assert made.errors == []
        assert {urlsplit(url).netloc for url in made.foreign} <= {fakes}


def cookie(page: Page, name: str = SESSION) -> dict[str, object] | None:
    found = [one for one in page.context.cookies() if one["name"] == name]
    return dict(found[0]) if found else None


def go(page: Page, site: Site, provider: str, who: str) -> None:
    """From the login page to the provider and back."""
    page.goto(f"{site.url}/login")
    expect(page.get_by_text("Development sign-in")).to_be_visible()
    page.get_by_role("link", name=f"Continue with {provider.title()}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Stand-in of {provider.title()}")
    page.get_by_role("button", name=re.compile(who)).click()
    page.wait_for_url(f"{site.url}/**")
    assert "_=_" not in page.url  # Facebook's mark


def kept(watch: Watch, name: str) -> None:
    """Pictures, and what axe says, dark on a phone and light on a desktop; nothing is too wide."""
    page = watch.page
    for size, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        # Colours move from one scheme to the other; what is between them is no state.
        page.evaluate(_SETTLED)
        watch.keep(f"accounts-{name}-{size['width']}-{scheme}")
        assert violations(page) == []


@pytest.mark.parametrize(
    ("provider", "who", "email"),
    [
        (GOOGLE, "Ada Lindqvist", "ada@example.org"),
        (MICROSOFT, "Someone Else", "ada@example.org"),
        (FACEBOOK, "Cleo Marchetti", "nothing"),
        (APPLE, "Ben Okafor", "privaterelay.appleid.com"),
    ],
)
def test_each_provider_the_first_time_and_the_next(
    site: Site, watch: Watch, provider: str, who: str, email: str
) -> None:
    page = watch.page
    go(page, site, provider, who)
    assert page.url.removesuffix("#main") == f"{site.url}/welcome"
    expect(page.get_by_text(who)).to_be_visible()
    expect(page.locator("dd").nth(1)).to_contain_text(email)
    assert cookie(page) is None
    if provider == APPLE:  # of the most words
        kept(watch, "welcome")
    page.get_by_label("Handle").fill(f"{provider}-reader")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Make my account").click()
    expect(page).to_have_url(f"{site.url}/")
    held = cookie(page)
    assert held is not None
    assert (held["secure"], held["httpOnly"], held["sameSite"]) == (True, True, "Lax")
    page.get_by_role("button", name=re.compile("Your account")).click()
    expect(page.get_by_text(f"@{provider}-reader")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    assert cookie(page) is None
    go(page, site, provider, who)
    assert page.url.removesuffix("#main") == f"{site.url}/"
    again = cookie(page)
    assert again is not None
    assert again["value"] != held["value"]


@pytest.mark.parametrize("provider", [GOOGLE, MICROSOFT, FACEBOOK, APPLE])
def test_turning_back_at_each_provider(site: Site, watch: Watch, provider: str) -> None:
    page = watch.page
    page.goto(f"{site.url}/login")
    page.get_by_role("link", name=f"Continue with {provider.title()}").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(f"You turned back at {provider.title()}")).to_be_visible()
    assert cookie(page) is None


def test_without_a_script_apple_works_too(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/login")
    page.get_by_role("link", name="Continue with Apple").click()
    page.get_by_role("button", name=re.compile("Ada Lindqvist")).click()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(f"{site.url}/welcome")
    page.get_by_role("button", name="Turn back").click()
    expect(page).to_have_url(f"{site.url}/")
    context.close()


def test_an_account_is_looked_after(site: Site, watch: Watch, tmp_path: Path) -> None:
    page = watch.page
    page.goto(f"{site.url}/login")
    kept(watch, "login")
    page.get_by_role("link", name="Continue with Google").click()
    page.get_by_label("Somebody new").fill("dora")
    page.get_by_role("button", name="Sign in as somebody new").click()
    page.get_by_label("Handle").fill("dora-reads")
    page.get_by_label("Use my picture").check()
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Make my account").click()

    page.goto(f"{site.url}/settings/profile")
    expect(page.locator("main .avatar img")).to_be_visible()
    page.get_by_label("Display name").fill("Dora Reads")
    page.get_by_label("About you").fill("Chest radiology.\nTeaches residents.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Add one").fill("Radiologist, 12 years")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("self-declared")).to_be_visible()
    before = page.locator("main .avatar img").get_attribute("src")
    picture = tmp_path / "me.jpg"
    Image.new("RGB", (900, 600), (40, 90, 120)).save(picture)
    page.get_by_label("A file").set_input_files(picture)
    page.get_by_role("button", name="Use this picture").click()
    expect(page.locator("main .avatar img")).not_to_have_attribute("src", before or "")
    kept(watch, "profile-settings")

    page.get_by_role("navigation", name="Your account").get_by_role(
        "link", name="Ways to sign in"
    ).click()
    page.get_by_role("link", name="Add Facebook").click()
    page.get_by_label("Somebody new").fill("dora")
    page.get_by_role("button", name="Sign in as somebody new").click()
    expect(page.get_by_text("You can sign in with Facebook now.")).to_be_visible()
    kept(watch, "ways-in")
    page.get_by_role("button", name="Remove Google").click()
    expect(page.get_by_text("your only way in")).to_be_visible()

    page.goto(f"{site.url}/settings/sessions")
    expect(page.get_by_text("this one")).to_be_visible()
    kept(watch, "sessions")
    page.goto(f"{site.url}/u/dora-reads")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dora Reads")
    kept(watch, "public-profile")


def test_mistakes_are_told_where_they_are(site: Site, watch: Watch) -> None:
    page = watch.page
    go(page, site, FACEBOOK, "Ada Lindqvist")
    page.get_by_label("Handle").fill("admin")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Make my account").click()
    expect(page.locator("#f-handle-error")).to_contain_text("kept for the site itself")
    kept(watch, "welcome-problem")
    watch.errors.clear()  # the 422 that the page came with
    page.get_by_role("button", name="Turn back").click()


def test_a_way_that_was_not_begun_here_ends_on_a_page_that_says_so(
    site: Site, watch: Watch
) -> None:
    watch.page.goto(f"{site.url}/auth/google/callback?state=forged&code=x")
    expect(watch.page.get_by_role("heading", level=1)).to_contain_text("Google")
    expect(watch.page.get_by_text("begin again")).to_be_visible()
    kept(watch, "refused")
    watch.errors.clear()  # the 400 that the page came with
