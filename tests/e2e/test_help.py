"""Help with words in Chromium, by keys alone: allowed, proposed, accepted, and read by others."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from community.accounts.people import find_person
from community.assisting.working import work_waiting
from community.look import packages
from tests.assistant import AWAY, answer_of, nobody_else, stand_in
from tests.cases import full_case, give, image, keep
from tests.e2e.browser import ROOT, watched
from tests.e2e.visits import keep_picture, sign_in
from tests.e2e.world import served
from tests.people import town
from viewer import npm

STUDY = "1.2.826.55.31"
PHONE = {"width": 390, "height": 844}
SAID = {"language": "en", "summary": "She trembled because of copper.", "tags": ["Tremor"]}


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until this has the focus."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"no key leads to {name}")


def test_an_author_is_helped_by_keys_alone_and_readers_see_what_a_machine_wrote(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.install(ROOT / ".make", npm.pack, print)
    monkeypatch.setenv("DICOMTUBE_LOOK_CACHE", str(ROOT / ".make"))
    for name, value in AWAY.items():
        monkeypatch.setenv(name, value)
    with town(tmp_path) as here, stand_in() as service:
        service.body = answer_of(SAID)
        here.person("ann")
        ann = find_person(here.archive, here.ids["ann"])
        assert ann is not None
        keep(here.archive, image(STUDY))
        give(here.archive, STUDY, ann)
        case = full_case(here.archive, ann, STUDY)
        with served(here.app) as url, watched(browser, url, PHONE) as watch:
            page = watch.page
            sign_in(here, page, "ann")
            page.goto(f"{url}/cases/{case.slug}/edit")
            tab_to(page, "link", "Help with words")
            page.keyboard.press("Enter")
            tab_to(page, "checkbox", "Gemini, a text service")
            page.keyboard.press("Space")
            tab_to(page, "button", "Allow and ask")
            page.keyboard.press("Enter")
            expect(page.get_by_text("The case waits for the machine.")).to_be_visible()
            with nobody_else():
                assert work_waiting(here.archive, service.settings(), service.settings().service())
            page.reload()
            keep_picture(page, "help-phone")
            tab_to(page, "button", "Accept the summary")
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="Shown with the case")).to_be_visible()
            page.context.clear_cookies()
            page.goto(f"{url}/cases/{case.slug}")
            told = page.get_by_role("region", name="In plain words")
            expect(told).to_contain_text("She trembled because of copper.")
            expect(told).to_contain_text("Written by a machine")
            assert watch.foreign == []
            assert watch.errors == []
