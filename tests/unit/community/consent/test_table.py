"""The table of cookies names every cookie that our code can set, and says for how long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import community
from community.accounts import identities, sessions, signed_in, signing_in
from community.consent import choice
from community.consent.table import ANALYTICS, NECESSARY, cookie_table
from community.look import choices
from community.quizzes import browsers
from community.sharing import guests, passes

DAY_S = 24 * 3600
LASTS = {
    signed_in.COOKIE: sessions.max_age_s,
    signing_in.WELCOME_COOKIE: identities.sign_up_lives_s,
    browsers.COOKIE: browsers.max_age_s,
    guests.COOKIE: passes.KEPT_FOR.total_seconds(),
    choice.COOKIE: choice.lasts_s,
}
CODE = Path(community.__file__).parent


def test_every_cookie_that_is_named_in_our_code_has_a_row() -> None:
    named = {
        name
        for path in CODE.rglob("*.py")
        for name in re.findall(r'_?COOKIE: Final = "([^"]+)"', path.read_text())
    }
    assert named >= {*LASTS, choices.THEME_COOKIE, choices.LOCALE_COOKIE, signing_in.BROWSER_COOKIE}
    rows = [cookie_table().find(name) for name in named]
    assert all(row is not None and row.category == NECESSARY for row in rows)


def test_what_a_script_keeps_in_a_browser_has_a_row() -> None:
    text = "".join(path.read_text() for path in (CODE / "static").rglob("*.js"))
    stored = set(re.findall(r'KEY_NAME = "([^"]+)"', text))
    assert text.count("localStorage.setItem(") == len(stored)
    assert all(cookie_table().find(name) for name in stored)
    assert not re.search(r"document\.cookie|indexedDB|sessionStorage|caches\.open", text)


@pytest.mark.parametrize("name", LASTS)
def test_a_row_says_no_less_than_the_browser_is_told(name: str) -> None:
    row = cookie_table().find(name)
    assert row is not None
    assert (row.lasts - 1) * DAY_S < LASTS[name] <= row.lasts * DAY_S


def test_there_are_two_categories_and_everything_is_in_one() -> None:
    table = cookie_table()
    assert [one.name for one in table.categories] == [NECESSARY, ANALYTICS]
    assert {one.category for one in table.cookies} == {NECESSARY, ANALYTICS}
    assert all(one.purpose and one.provider for one in table.cookies)


def test_a_name_with_a_star_stands_for_all_that_begin_so() -> None:
    table = cookie_table()
    row = table.find("_ga_ABC123")
    assert row is not None and row.category == ANALYTICS
    assert table.find("_gat") is None
