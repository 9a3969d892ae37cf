"""Every row of the table of pages in Chromium: for everybody, light and dark, narrow and broad.

Nothing keeps anybody out (axe-core, WCAG 2.2 AA and good practice), nothing is wider than its
window, nothing is asked of others, nothing breaks the policy of the page's headers; and without
scripts there is no control that does nothing. Pictures are kept under `test-results/pages/`, and
how much was looked at in `test-results/pages-<part>-<width>.json`.

References
----------
WCAG 2.2: 1.4.3 (Contrast), 1.4.10 (Reflow); Content Security Policy Level 3.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.e2e.axe import violations
from tests.e2e.browser import SCREENSHOTS, Watch, watched
from tests.e2e.page_table import VISITS
from tests.e2e.visits import BROAD, HEIGHTS, NARROW, PLACE, WIDTHS, Visit, fits
from tests.e2e.world import World

#: Of each width, the scheme in which everything is asked and a picture kept, and the other, in
#: which colours are: a scheme changes nothing else (`test_assets.py`).
SCHEMES = {NARROW: ("dark", "light"), BROAD: ("light", "dark")}

# Colours move from one scheme to the other; what is between them is no state. A sheet that is made
# so is none that the page's policy knows.
_STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, ::before, ::after { transition: none !important; }');
  document.adoptedStyleSheets.push(sheet);
}"""

# Whatever can be seen and used, and does nothing when it is: without scripts nothing is behind it.
# What the style guide only shows does nothing anywhere.
_DEAD = """() => [...document.querySelectorAll('a, button, input, select, textarea')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
  .filter((one) => !one.closest('.shown'))
  .filter((one) => {
    if (one.tagName === 'A') return !one.href || /^javascript:/.test(one.href)
      || (one.hash && one.pathname === location.pathname && one.search === location.search
        && one.hash !== '#' && !document.getElementById(decodeURIComponent(one.hash.slice(1))));
    if (one.tagName === 'BUTTON' && one.type === 'button') return !one.popoverTargetElement;
    if (one.tagName === 'BUTTON') return !one.form;
    return !one.form || (one.name === '' && one.type !== 'submit');
  }).map((one) => one.outerHTML.slice(0, 160))"""


@dataclass
class Seen:
    """What was looked at, and what was wrong with it."""

    rows: int = 0
    looks: int = 0
    requests: int = 0
    to_others: int = 0
    policy: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, *lines: str) -> None:
        if lines:
            self.wrong.setdefault(name, []).extend(lines)


def visit_in(page: Page, here: World, visit: Visit) -> int:
    """Go where the row says and do what it does; the status of the address."""
    here.come_as(page, visit)
    answer = page.goto(here.address(visit))
    assert answer is not None
    if visit.act is not None:
        visit.act(page)
    return answer.status


def complaints(watch: Watch, visit: Visit, seen: Seen) -> Iterator[str]:
    """What the browser said of the page, beyond the status that the row is about."""
    policy = [line for line in watch.errors if "Content Security Policy" in line]
    seen.policy += len(policy)
    seen.to_others += len(watch.foreign)
    yield from policy
    yield from watch.foreign
    if visit.status < 400 and visit.act is None:
        yield from (line for line in watch.errors if line not in policy)
    watch.forget()
    watch.foreign.clear()


def look(page: Page, name: str, scheme: str) -> Iterator[str]:
    """The page as it is now, in one scheme."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    is_first = SCHEMES[width][0] == scheme
    if is_first:
        page.evaluate(_STILL)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    if not fits(page):
        yield f"wider than {width}"
    yield from (f"{scheme}: {line}" for line in violations(page, only_colours=not is_first))
    if is_first:
        PLACE.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PLACE / f"{name}-{width}-{scheme}.jpg", full_page=True, quality=70)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("part", VISITS)
def test_no_page_keeps_anybody_out_or_asks_others(
    browser: Browser, pages: World, part: str, width: int
) -> None:
    seen = Seen()
    with watched(browser, pages.urls["full"], size(width)) as watch:
        watch.page.set_default_timeout(15_000)
        watch.page.on("request", lambda _: count(seen))
        for visit in VISITS[part]:
            if visit.scripts is False or width not in visit.widths:
                continue
            watch.origin = pages.urls[visit.server].rpartition("/")[2]
            seen.rows += 1
            try:
                if (status := visit_in(watch.page, pages, visit)) != visit.status:
                    seen.add(visit.name, f"status {status}")
                for scheme in SCHEMES[width]:
                    seen.looks += 1
                    seen.add(visit.name, *look(watch.page, visit.name, scheme))
            except (Error, AssertionError, LookupError) as error:
                seen.add(visit.name, str(error))
            seen.add(visit.name, *complaints(watch, visit, seen))
    keep_count(f"{part}-{width}", seen)
    assert seen.wrong == {}
    assert seen.requests >= seen.rows


@pytest.mark.parametrize("part", VISITS)
def test_without_scripts_every_page_is_whole(browser: Browser, pages: World, part: str) -> None:
    seen = Seen()
    context = browser.new_context(viewport=size(NARROW), java_script_enabled=False)  # type: ignore[arg-type]
    watch = Watch(context.new_page(), "")
    watch.page.set_default_timeout(15_000)
    for visit in VISITS[part]:
        if visit.scripts or NARROW not in visit.widths:
            continue
        watch.origin = pages.urls[visit.server].rpartition("/")[2]
        try:
            if (status := visit_in(watch.page, pages, visit)) != visit.status:
                seen.add(visit.name, f"status {status}")
            if not watch.page.get_by_role("heading", level=1).first.is_visible():
                seen.add(visit.name, "has no heading")
            if not fits(watch.page):
                seen.add(visit.name, "wider than its window")
            seen.add(visit.name, *(f"dead: {one}" for one in watch.page.evaluate(_DEAD)))
        except (Error, AssertionError, LookupError) as error:
            seen.add(visit.name, str(error))
        seen.add(visit.name, *complaints(watch, visit, seen))
    context.close()
    assert seen.wrong == {}


def test_what_no_page_may_do_is_noticed(browser: Browser, pages: World) -> None:
    """The same eyes, on a page that leaks, hides and does nothing."""
    seen = Seen()
    visit = Visit("leaks", "", "/leaks", server="down")
    with watched(browser, pages.urls["down"], size(NARROW)) as watch:
        visit_in(watch.page, pages, visit)
        found = list(look(watch.page, "leaks", "dark"))
        dead = watch.page.evaluate(_DEAD)
        list(complaints(watch, visit, seen))
    (PLACE / f"leaks-{NARROW}-dark.jpg").unlink(missing_ok=True)
    assert seen.policy > 0
    assert seen.to_others == 1
    assert len(dead) == 1
    assert any("image-alt" in line for line in found)


def size(width: int) -> dict[str, int]:
    return {"width": width, "height": HEIGHTS[width]}


def count(seen: Seen) -> None:
    seen.requests += 1


def keep_count(name: str, seen: Seen) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / f"pages-{name}.json").write_text(json.dumps(asdict(seen), indent=1))
