"""Embeds, oEmbed, feeds and sitemaps: the same for everybody, and nothing that nobody may know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

import pytest
from flask.testing import FlaskClient

from community.accounts.people import Person, find_person
from community.cases import publishing
from community.cases.model import UNLISTED, Case
from community.exchange import sitemap
from tests.cases import full_case, give, image, keep
from tests.people import Town, town

STUDY = "1.2.77"
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        found.person("ann")
        keep(found.archive, image(STUDY))
        give(found.archive, STUDY, ann_of(found))
        yield found


def ann_of(here: Town) -> Person:
    found = find_person(here.archive, here.ids["ann"])
    assert found is not None
    return found


@pytest.fixture
def ann(here: Town) -> Person:
    return ann_of(here)


@pytest.fixture
def nobody(here: Town) -> FlaskClient:
    return here.browser()


@pytest.fixture
def case(here: Town, ann: Person) -> Iterator[Case]:
    made = full_case(here.archive, ann, STUDY)
    yield made
    publishing.tombstone(here.archive, ann, made.id)


def oembed(case: Case, **query: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/oembed?url={quote(f'{ORIGIN}/cases/{case.slug}', safe='')}{more}"


def test_an_embed_may_stand_in_any_page_and_can_do_nothing(nobody: FlaskClient, case: Case) -> None:
    answer = nobody.get(f"/embed/{case.slug}")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "X-Frame-Options" not in answer.headers
    assert "<script" not in answer.text
    assert "<form" not in answer.text
    assert "Giant panda sign" in answer.text
    assert 'alt="A face in the midbrain"' in answer.text
    # Its pictures are its own, by whatever name the server was reached.
    assert f'src="/cases/{case.id}/dicom-web/' in answer.text
    assert "Not for primary diagnosis" in answer.text


def test_the_pages_around_it_may_not(nobody: FlaskClient, case: Case) -> None:
    answer = nobody.get(f"/cases/{case.slug}/cite")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_an_embed_is_the_same_for_its_owner(here: Town, ann: Person) -> None:
    draft = full_case(here.archive, ann, STUDY, state=None)
    assert here.browser("ann").get(f"/embed/{draft.slug}").status_code == 404
    hidden = full_case(here.archive, ann, STUDY, is_unknown=True)
    text = here.browser("ann").get(f"/embed/{hidden.slug}").text
    assert "A girl with a tremor" in text
    assert "panda" not in text


def test_what_is_gone_is_said_in_the_frame(here: Town, ann: Person, nobody: FlaskClient) -> None:
    made = full_case(here.archive, ann, STUDY)
    publishing.tombstone(here.archive, ann, made.id)
    answer = nobody.get(f"/embed/{made.slug}")
    assert answer.status_code == 410
    assert "panda" not in answer.text
    assert nobody.get(oembed(made)).status_code == 410


def test_oembed_describes_a_frame(nobody: FlaskClient, case: Case) -> None:
    found = nobody.get(oembed(case, maxwidth="400")).get_json()
    assert found["title"] == "Giant panda sign"
    assert found["width"] == 400
    assert f'src="{ORIGIN}/embed/{case.slug}"' in found["html"]
    assert "thumbnail_url" not in found  # 480 pixels are more than were asked for
    picture = nobody.get(oembed(case)).get_json()
    assert (picture["thumbnail_width"], picture["thumbnail_height"]) == (480, 480)
    path = picture["thumbnail_url"].removeprefix(ORIGIN)
    shown = nobody.get(path)
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")


def test_oembed_speaks_xml(nobody: FlaskClient, case: Case) -> None:
    answer = nobody.get(oembed(case, format="xml"))
    assert answer.mimetype == "text/xml"
    assert fromstring(answer.data).findtext("type") == "rich"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("url=https%3A%2F%2Fevil.example%2Fcases%2Fbcdf", 404),
        ("url=http%3A%2F%2F127.0.0.1%3A8000%2Fcases%2Fnothere", 404),
        ("url=x&format=yaml", 501),
        ("url=x&maxwidth=-5", 400),
        ("url=x&maxwidth=20", 501),
    ],
)
def test_oembed_refuses_in_the_words_of_its_protocol(
    nobody: FlaskClient, query: str, status: int
) -> None:
    assert nobody.get(f"/oembed?{query}").status_code == status


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_feeds_have_public_cases_and_are_sent_again_only_when_they_changed(
    here: Town, ann: Person, nobody: FlaskClient, case: Case, ending: str
) -> None:
    unlisted = full_case(here.archive, ann, STUDY, state=UNLISTED, title="Not in any list")
    draft = full_case(here.archive, ann, STUDY, state=None, title="Not done")
    answer = nobody.get(f"/feeds/cases.{ending}")
    assert "Giant panda sign" in answer.text
    for other in (unlisted, draft):
        assert other.slug not in answer.text
    again = nobody.get(f"/feeds/cases.{ending}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    same = here.browser("ann").get(f"/feeds/cases.{ending}")
    assert same.data == answer.data


def test_a_specialty_has_its_feed(nobody: FlaskClient, case: Case) -> None:
    assert case.slug in nobody.get("/feeds/neuro.atom").text
    assert case.slug not in nobody.get("/feeds/chest.atom").text
    assert nobody.get("/feeds/nothing.atom").status_code == 404
    assert nobody.get("/feeds/cases.txt").status_code == 404


def test_the_sitemap_names_public_cases(
    here: Town, ann: Person, nobody: FlaskClient, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = full_case(here.archive, ann, STUDY)
    unlisted = full_case(here.archive, ann, STUDY, state=UNLISTED)
    text = nobody.get("/sitemap.xml").text
    assert f"{ORIGIN}/cases/{case.slug}" in text
    assert unlisted.slug not in text
    monkeypatch.setattr(sitemap, "addresses_a_file", 1)
    index = nobody.get("/sitemap.xml").text
    assert "sitemapindex" in index
    files = [path.split("<")[0] for path in index.split(f"<loc>{ORIGIN}")[1:]]
    named = "".join(nobody.get(path).text for path in files)
    assert case.slug in named
    assert other.slug in named
    assert nobody.get(f"/sitemaps/{len(files) + 1}.xml").status_code == 404


def test_programs_are_told_where_the_sitemap_is(nobody: FlaskClient) -> None:
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in nobody.get("/robots.txt").text


def test_every_page_names_the_feed_and_that_of_a_case_its_embed(
    nobody: FlaskClient, case: Case
) -> None:
    text = nobody.get(f"/cases/{case.slug}").text
    assert 'type="application/atom+xml" href="/feeds/cases.atom"' in text
    found = re.search(r'type="application/json\+oembed" href="([^"]+)"', text)
    assert found
    address = unescape(found[1]).removeprefix(ORIGIN)
    assert nobody.get(address).get_json()["title"] == "Giant panda sign"
    assert "Cite, share and export" in text
    assert f"/cases/{case.slug}/export?format=zip" in text


def test_a_draft_is_not_offered_to_other_sites(here: Town, ann: Person) -> None:
    draft = full_case(here.archive, ann, STUDY, state=None)
    text = here.browser("ann").get(f"/cases/{draft.slug}").text
    assert "oembed" not in text
    assert "/embed/" not in text


def test_an_unknown_case_is_offered_by_its_other_title(
    here: Town, ann: Person, nobody: FlaskClient
) -> None:
    hidden = full_case(here.archive, ann, STUDY, is_unknown=True)
    text = nobody.get(f"/cases/{hidden.slug}").text
    assert 'property="og:title" content="A girl with a tremor"' in text
    assert "/export?" not in text
    assert "panda" not in text
