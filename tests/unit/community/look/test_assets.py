"""Files under /static/: only plain names, the right encoding, and caches that never go stale."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from community.look.assets import JOINED, VENDOR, Assets
from community.look.styleguide import icon_names
from community.pages import Site, create_blueprint

OWN = Path(__file__).parents[4] / "community" / "static"
TEMPLATES = OWN.parent / "templates"


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    (tmp_path / "bootstrap.css").write_text("@layer vendor{" + "a{color:red}" * 200 + "}")
    (tmp_path / "font.woff2").write_bytes(b"wOF2" * 400)
    return tmp_path


@pytest.fixture
def client(vendor: Path) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    site = Site("http://localhost", "127.0.0.1", 11112, is_open=True)
    app.register_blueprint(create_blueprint(lambda: site, list, lambda: "", vendor))
    return app.test_client()


@pytest.mark.parametrize(
    "name",
    [
        "../pages.py", "vendor/../../pages.py", "/etc/passwd", "site//tokens.css", ".hidden.css",
        "vendor/.css", "site", "pages.py", "site.css/", "a/b/c/d.css", "SITE.CSS", "",
        "nothing.css", "vendor/nothing.css", "site\\tokens.css", "site/%2e%2e/mark.svg",
    ],
)  # fmt: skip
def test_what_is_no_plain_name_of_a_file_is_not_there(name: str, vendor: Path) -> None:
    assert Assets(OWN, vendor).find(name) is None


def test_without_packages_only_our_own_files_are_there(client: FlaskClient) -> None:
    assets = Assets(OWN, None)
    assert assets.find("site.css") is not None
    assert assets.find("vendor/bootstrap.css") is None


def test_a_file_that_is_asked_for_by_its_version_is_kept_for_a_year(client: FlaskClient) -> None:
    page = client.get("/about").text
    for address in re.findall(r'"(/static/[^"#]+)', page):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    plain = client.get("/static/site.css")
    stale = client.get("/static/site.css?v=0123456789ab")
    for answer in (plain, stale):
        assert answer.headers["Cache-Control"] == "public, max-age=3600"


def test_a_changed_file_gets_another_version(vendor: Path) -> None:
    assets = Assets(OWN, vendor)
    before = assets.find("vendor/bootstrap.css")
    (vendor / "bootstrap.css").write_text("b{}")
    after = assets.find("vendor/bootstrap.css")
    assert before is not None
    assert after is not None
    assert (before.version, before.body) != (after.version, after.body)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, zstd", "zstd"), ("gzip", "gzip"), ("identity", None), ("zstd;q=0, gzip", "gzip")],
)
def test_the_reader_gets_an_encoding_that_it_takes(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    answer = client.get("/static/site.css", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    decode = {"zstd": zstandard.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert decode(answer.data) == b"".join((OWN / p).read_bytes() for p in JOINED["site.css"])


def test_encodings_have_etags_of_their_own_and_are_answered_with_304(client: FlaskClient) -> None:
    tags = {
        client.get("/static/site.css", headers={"Accept-Encoding": one}).headers["ETag"]
        for one in ("zstd", "gzip", "identity")
    }
    assert len(tags) == 3
    headers = {"Accept-Encoding": "zstd", "If-None-Match": ", ".join(tags)}
    assert client.get("/static/site.css", headers=headers).status_code == 304


def test_a_typeface_is_sent_as_it_is(client: FlaskClient) -> None:
    answer = client.get("/static/vendor/font.woff2", headers={"Accept-Encoding": "gzip"})
    assert (answer.mimetype, answer.headers.get("Content-Encoding")) == ("font/woff2", None)


def test_every_icon_and_picture_that_a_template_names_is_drawn() -> None:
    text = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    icons = set(re.findall(r"icon\('([a-z-]+)'", text))
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (OWN / "art.svg").read_text()))
    pictures = set(re.findall(r"art\('([a-z-]+)'", text))
    assert icons
    assert icons <= set(icon_names())
    assert pictures <= drawn


def test_nothing_of_ours_leads_to_another_origin_or_carries_a_script() -> None:
    for path in [*OWN.rglob("*.css"), *OWN.rglob("*.svg")]:
        text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "//" not in text.replace("/*", "").replace("*/", ""), path
        assert "<script" not in text
        assert "@import" not in text


def test_templates_have_no_inline_style_or_script() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|javascript:", text), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path.name


def test_vendor_files_stand_below_one_name() -> None:
    assert VENDOR == "vendor/"


def test_a_scheme_changes_colours_and_nothing_else() -> None:
    """So whatever else is true of a page in one scheme is true in the other."""
    rules = []
    for sheet in OWN.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        for rule in re.finditer(r"([^{}]*(?:prefers-color-scheme|data-\w*-?theme)[^{}]*)\{", text):
            inside = text[rule.end() :].partition("}")[0].rpartition("{")[2]
            rules += [line.strip() for line in inside.split(";") if line.strip()]
    assert len(rules) > 2
    assert [one for one in rules if not re.match(r"--[\w-]+:|color-scheme:", one)] == []
