"""Messages: everything that a page says can be translated, and values stay what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask

from archive import review
from archive.access import LOCAL
from archive.archive import Archive
from community import pages, upload_pages
from community.finding.mounting import mount as mount_finding
from community.look import languages
from community.review.pages import create_blueprint as create_review
from tests.archives import new_archive, store
from tests.builders import ct_image
from tests.found_cases import put_case
from tests.quarantined import ask, screen

COMMUNITY = Path(__file__).parents[4] / "community"
READER = {"Accept": "text/html,*/*;q=0.8"}
PATHS = (
    "/", "/about", "/search?q=lesion&specialty=neuro", "/search?q=none", "/?language=de", "/tags",
    "/uploads", "/uploads?state=published", "/uploads/{token}", "/review", "/review/{token}",
    "/review/{token}/{number}", "/uploads/nothing", "/nothing", "/styleguide",
)  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def app(archive: Archive) -> Flask:
    made = Flask(__name__, static_folder=None)
    site = pages.Site("http://localhost", "127.0.0.1", 11112, is_open=True)
    door = pages.Door("archive", "DICOMTUBE", "http://localhost/dicom-web", deidentifies=False)
    made.register_blueprint(pages.create_blueprint(lambda: site, lambda: [door], lambda: ""))
    made.register_blueprint(upload_pages.create_blueprint(archive, lambda: LOCAL))
    made.register_blueprint(create_review(archive, lambda: LOCAL))
    mount_finding(made, archive, lambda: LOCAL)
    for language in ("en", "de"):
        put_case(archive, "A lesion", {"history": "Pain"}, language=language, tags=["edema"])
    return made


class _Plain(HTMLParser):
    """The words of a page that stand in no message."""

    # What is not for a translator: names, code, words in a language that is named, pictures.
    _OWN_WORDS = ("code", "pre", "time", "svg", "script", "template", "option")
    _SPOKEN = ("aria-label", "title", "placeholder", "alt")
    _VOID = ("img", "input", "meta", "link", "br", "hr", "rect", "use", "image")

    def __init__(self) -> None:
        super().__init__()
        self.quiet: list[bool] = []
        self.depth = 0
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        skips = tag in self._OWN_WORDS or named.get("translate") == "no"
        is_marked = skips or ("lang" in named and tag != "html")
        if tag not in self._VOID:
            self.quiet.append(is_marked)
        if not any(self.quiet) and not is_marked:
            for name in self._SPOKEN:
                self._check(named.get(name) or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._VOID:
            self.quiet.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.quiet):
            self._check(data)

    def _check(self, text: str) -> None:
        text = text.replace("DicomTube", "")
        outside = ""
        for letter in text:
            self.depth += (letter == "[") - (letter == "]")
            outside += letter if self.depth == 0 else " "
        if re.search(r"[A-Za-z]{3,}", outside):
            self.found.append(text.strip())


@pytest.mark.parametrize("path", PATHS)
def test_a_page_says_nothing_that_cannot_be_translated(
    app: Flask, archive: Archive, path: str
) -> None:
    upload = ask(archive, screen(), screen(frames=3, seed=2))
    store(archive, ct_image(), collection="community")
    number = review.items(archive, LOCAL, upload.token)[0].number
    client = app.test_client()
    client.set_cookie("dt_locale", "en-XA")
    answer = client.get(path.format(token=upload.token, number=number), headers=READER)
    plain = _Plain()
    plain.feed(answer.text)
    assert languages.pseudo("Skip to content") in answer.text
    assert plain.found == []
    assert plain.depth == 0


def test_places_of_values_and_markup_stay_in_a_strange_message() -> None:
    assert languages.pseudo("{title} removed") == "[{title} rémövéd·····]"
    assert languages.pseudo("%(count)s of <b>all</b> &amp; 5%%") == (
        f"[%(count)s öf <b>àll</b> &amp; 5%%{'·' * 11}]"
    )


def test_every_message_can_be_extracted() -> None:
    mapping = [("**.py", "python"), ("**.html", "jinja2")]
    keywords = {
        "_": None, "gettext": None, "N_": None, "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
    }  # fmt: skip
    found = [row[2] for row in extract_from_dir(COMMUNITY, mapping, keywords=keywords)]
    assert "Skip to content" in found
    assert ("%(num)d frame", "%(num)d frames") in found
    assert "a face can be recognized or rebuilt" in found


def test_a_language_is_a_folder_with_a_file_of_messages(
    tmp_path: Path, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "de"
    folder.mkdir()
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n'
        'Plural-Forms: nplurals=2; plural=n != 1;\\n"\n\n'
        'msgid "Skip to content"\nmsgstr "Zum Inhalt"\n\n'
        'msgid "%(num)d frame"\nmsgid_plural "%(num)d frames"\n'
        'msgstr[0] "%(num)d Bild"\nmsgstr[1] "%(num)d Bilder"\n'
    )
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    languages._messages.cache_clear()
    client = app.test_client()
    german = client.get("/about", headers={"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}).text
    assert 'lang="de"' in german
    assert "Zum Inhalt" in german
    assert '<option value="de" lang="de" selected>Deutsch</option>' in german
    assert "Skip to content" in client.get("/about", headers={"Accept-Language": "fr"}).text
    client.set_cookie("dt_locale", "de")
    assert "Zum Inhalt" in client.get("/about", headers={"Accept-Language": "en"}).text
    assert (
        languages.messages("de").ngettext("%(num)d frame", "%(num)d frames", 3) == "%(num)d Bilder"
    )
    languages._messages.cache_clear()


@pytest.mark.parametrize("tag", ["../../etc", "de", "", "en-XC", "x" * 1000])
def test_a_language_that_is_not_there_is_english(tag: str, app: Flask) -> None:
    assert languages.messages(tag).gettext("Uploads") == "Uploads"
    client = app.test_client()
    client.set_cookie("dt_locale", tag)
    assert 'lang="en"' in client.get("/about").text


@pytest.mark.parametrize(
    ("tag", "way"), [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("de", "ltr")]
)
def test_a_language_knows_its_direction(tag: str, way: str) -> None:
    assert languages.direction(tag) == way
