"""What a browser chose: until it did nobody is counted, and a signal of privacy is a no."""

from __future__ import annotations

import pytest
from flask import Flask, Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from community.consent.choice import (
    COOKIE,
    SIGNAL,
    Choice,
    Standing,
    drop_counting,
    new_choice,
    read_choice,
    standing_of,
)
from community.consent.table import cookie_table
from community.ids import new_id

NOW = cookie_table().version
BROWSER = new_id()


def asked(choice: Choice | None = None, *, signal: bool = False, **cookies: str) -> Request:
    if choice is not None:
        cookies[COOKIE] = choice.spelled()
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    if signal:
        headers[SIGNAL] = "1"
    return Request(EnvironBuilder(headers=headers).get_environ())


def standing(choice: Choice | None, *, signal: bool = False, is_asked: bool = True) -> Standing:
    return standing_of(asked(choice, signal=signal), is_asked=is_asked)


YES = Choice(BROWSER, analytics=True, version=NOW, knew_signal=False)
NO = Choice(BROWSER, analytics=False, version=NOW, knew_signal=False)
YES_DESPITE = Choice(BROWSER, analytics=True, version=NOW, knew_signal=True)
OLD = Choice(BROWSER, analytics=True, version="0", knew_signal=False)


@pytest.mark.parametrize(
    ("choice", "signal", "may_count", "must_ask"),
    [
        (None, False, False, True),
        (None, True, False, False),
        (YES, False, True, False),
        (YES, True, False, False),
        (YES_DESPITE, True, True, False),
        (YES_DESPITE, False, True, False),
        (NO, False, False, False),
        (NO, True, False, False),
        (OLD, False, False, True),
        (OLD, True, False, False),
    ],
)
def test_only_who_said_yes_is_counted_and_only_who_said_nothing_is_asked(
    choice: Choice | None, signal: bool, may_count: bool, must_ask: bool
) -> None:
    found = standing(choice, signal=signal)
    assert (found.may_count, found.must_ask) == (may_count, must_ask)


@pytest.mark.parametrize("choice", [None, YES, YES_DESPITE])
def test_where_nothing_is_counted_nobody_is_asked(choice: Choice | None) -> None:
    found = standing(choice, is_asked=False)
    assert not found.may_count
    assert not found.must_ask


@pytest.mark.parametrize("choice", [YES, NO, YES_DESPITE])
def test_a_choice_is_read_as_it_was_spelled(choice: Choice) -> None:
    assert read_choice(choice.spelled()) == choice


@given(st.text(max_size=200))
def test_what_we_did_not_spell_is_no_choice(text: str) -> None:
    found = read_choice(text)
    assert found is None or found.spelled() == text


def test_a_browser_keeps_its_number_and_tells_whether_it_sent_the_signal() -> None:
    first = new_choice(asked(), analytics=True)
    again = new_choice(asked(first, signal=True), analytics=False)
    assert again.browser == first.browser
    assert (first.knew_signal, again.knew_signal) == (False, True)


def test_what_counting_left_is_deleted_here_and_above_and_nothing_else() -> None:
    cookies = {"_ga": "1", "_ga_ABC": "2", "dt_theme": "dark", "_gat": "3"}
    request = asked(None, **cookies)
    request.environ["HTTP_HOST"] = "cases.example.org:8000"
    response = Flask(__name__).response_class()
    drop_counting(response, request)
    dropped = response.headers.getlist("Set-Cookie")
    assert {line.partition("=")[0] for line in dropped} == {"_ga", "_ga_ABC"}
    for domain in ("Domain=cases.example.org", "Domain=example.org"):
        assert any(domain in line for line in dropped)
    assert all("Max-Age=0" in line for line in dropped)
