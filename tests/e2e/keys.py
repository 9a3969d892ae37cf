"""A page used by somebody who has keys only: every step is a key, and every place shows the focus.

May live here: moving the focus, and what it looks like. May not: which way through the pages.

References
----------
WCAG 2.2: 2.1.1 (Keyboard), 2.1.2 (No Keyboard Trap), 2.4.7 (Focus Visible), 2.4.11 (Focus Not
Obscured).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

max_stops = 250

# The element with the focus: where it is, whether an outline (its own or of what it stands for)
# shows it, and whether it can be seen at its centre.
FOCUSED = """() => {
  const one = document.activeElement;
  const outlined = [one, ...one.querySelectorAll('*')].some((part) =>
    ['', '::after'].some((pseudo) => getComputedStyle(part, pseudo || null).outlineStyle !== 'none'
      && parseFloat(getComputedStyle(part, pseudo || null).outlineWidth) >= 2))
    || one.closest('svg .mark') !== null;
  const { left, top, width, height } = one.getBoundingClientRect();
  const x = Math.min(Math.max(left + width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(top + Math.min(height / 2, 20), 0), innerHeight - 1);
  const there = document.elementFromPoint(x, y);
  const seen = there !== null && (one.contains(there) || there.contains(one));
  return { name: (one.id || one.textContent.trim() || one.tagName).slice(0, 40), tag: one.tagName,
    outlined, seen, inBottom: one.closest('.bottom') !== null };
}"""


class Keys:
    """Keys on a page; `hidden` lists the places whose focus could not be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hidden: list[Any] = []

    def to(self, wanted: Locator) -> None:
        """Tab until it has the focus."""
        wanted.wait_for()
        for _ in range(max_stops):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(FOCUSED)
            if at["tag"] != "BODY" and not (at["outlined"] and at["seen"]):
                self.hidden.append({"page": self.page.url, **at})
        raise AssertionError(f"no key leads to {wanted}")

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        self.to(wanted)
        self.page.keyboard.press(key)

    def tick(self, wanted: Locator) -> None:
        """Tick a box, or choose one of several buttons as arrows do."""
        if wanted.get_attribute("type") == "radio":
            self._among(wanted)
            return
        if not wanted.is_checked():
            self.press(wanted, "Space")

    def _among(self, wanted: Locator) -> None:
        name = wanted.get_attribute("name")
        group = self.page.locator(f'input[type=radio][name="{name}"]')
        chosen = group.and_(self.page.locator(":checked"))
        # A group is one stop: the one that is chosen, or the first.
        self.to(chosen.first if chosen.count() else group.first)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"arrows do not reach {wanted}")

    def write(self, wanted: Locator, text: str) -> None:
        """Write instead of what is there."""
        self.to(wanted)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def choose(self, wanted: Locator, downs: int = 1) -> None:
        """Choose so many options further down."""
        self.to(wanted)
        for _ in range(downs):
            self.page.keyboard.press("ArrowDown")

    def bring(self, wanted: Locator, *files: Path) -> None:
        """Open the chooser of files by a key, and take these."""
        self.to(wanted)
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Space")
        chooser.value.set_files(list(files))
