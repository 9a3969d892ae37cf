"""Feeds as readers of feeds parse them."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import fromstring

import pytest

from community.exchange.addresses import Addresses
from community.exchange.feeds import FORMATS, Feed, entries_of, to_atom, to_json_feed, to_rss
from tests.exchanged import CASE_ID, WHEN, view

ORIGIN = "https://cases.example.org"
ATOM = "{http://www.w3.org/2005/Atom}"


def feed(*views: object) -> Feed:
    addresses = Addresses(ORIGIN)
    return Feed("Newest", f"{ORIGIN}/feeds/cases.atom", f"{ORIGIN}/", entries_of(views, addresses))


def test_atom_has_what_it_must_have() -> None:
    root = fromstring(to_atom(feed(view())))
    assert root.findtext(f"{ATOM}id") == f"{ORIGIN}/feeds/cases.atom"
    assert root.findtext(f"{ATOM}updated") == "2026-03-09T08:30:00Z"
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == f"urn:uuid:{CASE_ID}"
    assert entry.findtext(f"{ATOM}title") == "Giant panda sign"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Ann Bäcker"
    links = {link.get("rel"): link.get("href") for link in entry.findall(f"{ATOM}link")}
    assert links["alternate"] == f"{ORIGIN}/cases/bcdfgh23456789"
    assert links["license"] == "https://creativecommons.org/licenses/by/4.0/"
    content = entry.findtext(f"{ATOM}content") or ""
    assert "<em>spring</em>" in content
    assert 'alt="A face in the midbrain"' in content
    assert "/frames/2/rendered" in content


def test_rss_names_the_same_case() -> None:
    root = fromstring(to_rss(feed(view())))
    item = root.find("channel/item")
    assert item is not None
    assert item.findtext("guid") == f"urn:uuid:{CASE_ID}"
    assert parsedate_to_datetime(item.findtext("pubDate") or "") == WHEN
    assert item.findtext("{http://purl.org/dc/elements/1.1/}creator") == "Ann Bäcker"


def test_json_feed_names_the_same_case() -> None:
    found = json.loads(to_json_feed(feed(view())))
    (item,) = found["items"]
    assert item["id"] == f"urn:uuid:{CASE_ID}"
    assert item["date_published"] == "2026-03-09T08:30:00Z"
    assert item["tags"][0] == "Neuroradiology"


@pytest.mark.parametrize("spelling", FORMATS)
def test_what_an_unknown_case_hides_is_in_no_feed(spelling: str) -> None:
    made = FORMATS[spelling].spell(feed(view(is_unknown=True, revealed=False))).decode()
    assert "A girl with a tremor" in made
    for hidden in ("panda", "Wilson", "genetics", "certain"):
        assert hidden not in made


@pytest.mark.parametrize("spelling", FORMATS)
def test_signs_that_xml_has_none_for_break_no_feed(spelling: str) -> None:
    made = FORMATS[spelling].spell(feed(view(title="a\x00\x0bb\ufffe ]]> <x>")))
    parse = json.loads if spelling == "json" else fromstring
    parse(made)


@pytest.mark.parametrize("spelling", FORMATS)
def test_an_empty_feed_is_a_feed(spelling: str) -> None:
    assert b"Newest" in FORMATS[spelling].spell(feed())
