"""What is kept is what was made for the very same values, for a while and within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from jinja2 import DictLoader

from community.look import languages
from community.look.attach import attach
from community.look.keeping import Kept, max_age_s


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def kept(max_size: int = 100) -> tuple[Kept[str], Clock]:
    clock = Clock()
    return Kept[str](max_size, len, clock), clock


def test_what_is_known_is_not_made_again() -> None:
    store, _ = kept()
    assert store.get("a", lambda: "made") == "made"
    assert store.get("a", lambda: "made again") == "made"
    assert store.get("b", lambda: "another") == "another"


def test_what_is_old_is_made_again_however_often_it_was_asked_for() -> None:
    store, clock = kept()
    for clock.now in (0.0, max_age_s / 2, max_age_s - 1):
        assert store.get("a", lambda: "made") == "made"
    clock.now = max_age_s
    assert store.get("a", lambda: "made again") == "made again"


def test_the_oldest_goes_when_there_is_no_room() -> None:
    store, _ = kept(max_size=10)
    for key in "abc":
        store.get(key, lambda: "12345")
    assert store.get("c", lambda: "again") == "12345"
    assert store.get("b", lambda: "again") == "12345"
    assert store.get("a", lambda: "again") == "again"
    assert store._size <= 10


def test_what_is_larger_than_all_room_is_not_kept() -> None:
    store, _ = kept(max_size=3)
    assert store.get("a", lambda: "12345") == "12345"
    assert store.get("a", lambda: "12346") == "12346"
    assert store._size == 0


DRAWN: list[str] = []


@pytest.fixture
def browser(tmp_path: Path) -> FlaskClient:
    app = Flask(__name__)
    blueprint = Blueprint("pages", __name__)
    attach(blueprint, tmp_path)

    @blueprint.get("/<text>")
    def page(text: str) -> str:
        return app.jinja_env.get_template("page.html").render(text=text)

    app.register_blueprint(blueprint)
    app.jinja_env.globals["draw"] = lambda text: DRAWN.append(text) or text
    app.jinja_env.loader = DictLoader(
        {
            "parts.html": "{% macro part(text) %}<b>{{ draw(text) }}{{ _('-') }}</b>{% endmacro %}",
            "page.html": "{% from 'parts.html' import part %}{{ kept(part, text) }}",
        }
    )
    DRAWN.clear()
    return app.test_client()


def test_a_macro_is_drawn_once_for_the_same_values(browser: FlaskClient) -> None:
    pages = [browser.get(f"/{text}").text for text in ("one", "two", "one", "<x>", "<x>")]
    assert pages == ["<b>one-</b>", "<b>two-</b>", "<b>one-</b>", *2 * ["<b>&lt;x&gt;-</b>"]]
    assert DRAWN == ["one", "two", "<x>"]


def test_it_is_drawn_for_each_language_and_each_place_of_the_server(browser: FlaskClient) -> None:
    browser.get("/one")
    browser.get("/one", environ_overrides={"SCRIPT_NAME": "/below"})
    browser.get("/one")
    assert DRAWN == ["one", "one"]
    browser.application.extensions[languages.OFFERED] = lambda: languages.available(
        with_pseudo=True
    )
    browser.set_cookie("dt_locale", "en-XA")
    assert browser.get("/one").text == "<b>one[-]</b>"
