"""axe-core in a page: what it finds against WCAG 2.2 AA and good practice.

May live here: fetching the pinned script, running it, wording what it found. May not: which pages.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page

from community.look.packages import Package, unpack
from tests.e2e.browser import ROOT
from viewer import npm

AXE = Package(
    "axe-core",
    "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    {"axe.min.js": "axe.js"},
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

#: Of those rules, the ones whose answer depends on colours.
COLOURS = ["color-contrast", "link-in-text-block"]

_RUN = """async ([type, values]) => {
  const found = await axe.run(document, {
    runOnly: { type, values }, resultTypes: ['violations'], preload: false, iframes: false,
  });
  return found.violations.map(({ id, help, nodes }) => ({
    id,
    help,
    nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} | ${failureSummary}`),
  }));
}"""


@cache
def script() -> str:
    """The text of axe-core, fetched once and kept beside the other packages."""
    place = ROOT / ".make" / f"axe-{AXE.version}"
    if not (place / "axe.js").is_file():
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as scratch:
            unpack(AXE, npm.pack(AXE.name, AXE.version, Path(scratch), print), place)
    return (place / "axe.js").read_text()


def violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """What axe finds on the page as it is now, a line for each place."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(script())
    asked = ["rule", COLOURS] if only_colours else ["tag", TAGS]
    found: list[dict[str, Any]] = page.evaluate(_RUN, asked)
    return [f"{one['id']}: {one['help']}: {node}" for one in found for node in one["nodes"]]
