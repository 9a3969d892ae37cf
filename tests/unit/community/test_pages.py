"""The page at `/about`: what it tells, to whom, and what it lets other sites do with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

from community.pages import Door, Site, create_blueprint

SITE = Site("http://127.0.0.1:8000", "127.0.0.1", 11112, is_open=True)
DOORS = (Door("archive", "DICOMTUBE", "http://127.0.0.1:8000/dicom-web", deidentifies=False),)
STATEMENT = """\
# Statement

| Path | Given as |
|---|---|
| `GET /studies` | <script>alert(1)</script> |

See the [guide](operators.md) and [DICOM](https://www.dicomstandard.org/).
"""


def client(
    site: Site = SITE, list_doors: Callable[[], Sequence[Door]] = lambda: DOORS
) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(create_blueprint(lambda: site, list_doors, lambda: STATEMENT))
    return app.test_client()


def page(site: Site = SITE, list_doors: Callable[[], Sequence[Door]] = lambda: DOORS) -> str:
    answer = client(site, list_doors).get("/about")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "told", ['href="/viewer/"', "http://127.0.0.1:8000/dicom-web", "DICOMTUBE", "11112", "dcmsend"]
)
def test_it_tells_how_to_begin(told: str) -> None:
    assert told in page()


def test_it_tells_of_tokens_only_where_they_are_needed() -> None:
    assert "token" not in page()
    assert "token" in page(Site("https://x.example", "0.0.0.0", 104, is_open=False))


def test_it_is_there_when_the_index_is_down() -> None:
    def down() -> Sequence[Door]:
        raise OSError

    assert "/healthz" in page(list_doors=down)


def test_names_are_text_and_never_markup() -> None:
    doors = (Door("<script>", "A", "http://x/<b>", deidentifies=True),)
    assert "<script>" not in page(list_doors=lambda: doors)


def test_it_runs_no_script_and_stands_in_no_frame() -> None:
    policy = client().get("/about").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page()


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_it_can_be_used_without_seeing_it() -> None:
    outline = _Outline()
    outline.feed(page())
    names = [tag for tag, _ in outline.tags]
    levels = [int(tag[1]) for tag in names if tag in ("h1", "h2", "h3")]
    assert (levels[0], names.count("h1"), names.count("main")) == (1, 1, 1)
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all("alt" in attributes for tag, attributes in outline.tags if tag == "img")
    assert all("scope" in attributes for tag, attributes in outline.tags if tag == "th")
    assert ("html", {"lang": "en"}) in outline.tags


def test_its_style_is_served() -> None:
    answer = client().get("/static/site.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")


def test_below_a_prefix_its_links_stay_below_it() -> None:
    answer = client().get("/about", base_url="http://127.0.0.1:8000/imaging")
    assert 'href="/imaging/viewer/"' in answer.text
    assert 'href="/imaging/static/site.css?v=' in answer.text
    assert ' href="/viewer/"' not in answer.text


def statement_page() -> str:
    answer = client().get("/conformance")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_conformance_statement_is_a_page_with_tables_that_scroll_by_themselves() -> None:
    text = statement_page()
    assert '<div class="scroll" tabindex="0" role="region" aria-label="Table 1"><table>' in text
    assert "<code>GET /studies</code>" in text


def test_markup_inside_the_statement_is_shown_as_text() -> None:
    assert "<script>" not in statement_page()


def test_links_to_files_that_no_page_has_become_text() -> None:
    text = statement_page()
    assert "<span>guide</span>" in text
    assert '<a href="https://www.dicomstandard.org/">DICOM</a>' in text


def test_every_page_leads_to_the_statement() -> None:
    assert 'href="/conformance"' in page()
