"""Theme and language: kept when chosen, forgotten when not, and no way to anywhere else."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from community.look.choices import local_path
from community.pages import Site, create_blueprint

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(params=[True, False])
def is_open(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def client(is_open: bool) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    site = Site("http://localhost", "127.0.0.1", 11112, is_open=is_open)
    app.register_blueprint(create_blueprint(lambda: site, list, lambda: ""))
    return app.test_client()


def test_a_chosen_theme_is_kept_and_given_up_again(client: FlaskClient) -> None:
    assert "data-theme" not in client.get("/about").text
    answer = client.post("/look", data={"theme": "dark", "next": "/conformance"}, headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/conformance")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("dt_theme=dark;")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = client.get("/about")
    assert 'data-theme="dark"' in page.text
    assert '<meta name="color-scheme" content="dark">' in page.text
    assert "Cookie" in page.headers["Vary"]
    client.post("/look", data={"theme": "auto"}, headers=OURS)
    assert "data-theme" not in client.get("/about").text


@pytest.mark.parametrize("path", ["/about", "/conformance"])
def test_no_cache_keeps_a_page_of_one_reader_for_another(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in headers["Vary"]


@pytest.mark.parametrize("theme", ["", "blue", '"><script>', "dark\r\nSet-Cookie: a=b"])
def test_any_other_word_is_no_theme(client: FlaskClient, theme: str) -> None:
    answer = client.post("/look", data={"theme": theme}, headers=OURS)
    assert "Set-Cookie" not in answer.headers
    client.set_cookie("dt_theme", "blue")
    assert "data-theme" not in client.get("/about").text


def test_pages_of_other_sites_choose_nothing(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = client.post("/look", data={"theme": "dark"}, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_below_a_prefix_the_way_back_stays_below_it(client: FlaskClient) -> None:
    answer = client.post(
        "/look", data={"theme": "dark", "next": "/uploads"}, headers=OURS,
        base_url="http://localhost/imaging",
    )  # fmt: skip
    assert answer.headers["Location"] == "/imaging/uploads"


@pytest.mark.parametrize("kept", ["/", "/uploads?state=needs+review&before=3", "/a%2Fb#c"])
def test_a_path_of_ours_is_kept(kept: str) -> None:
    assert local_path(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        "", "uploads", "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil",
        "/\t/evil.example", "/\n/evil", " //evil", "javascript:alert(1)", "/a b", "/é", "/" * 3000,
    ],
)  # fmt: skip
def test_what_could_lead_elsewhere_leads_home(text: str) -> None:
    assert local_path(text) == "/"


@given(st.text())
def test_no_text_leads_to_another_host(text: str) -> None:
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


def test_the_languages_for_tests_are_offered_on_open_servers_only(
    client: FlaskClient, is_open: bool
) -> None:
    client.set_cookie("dt_locale", "ar-XB")
    assert ('dir="rtl"' in client.get("/about").text) is is_open
    assert client.get("/styleguide").status_code == (200 if is_open else 404)
