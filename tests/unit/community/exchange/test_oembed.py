"""What another site gets when it is given the address of a case."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from community.exchange.addresses import Addresses
from community.exchange.oembed import Thumbnail, described, slug_in, to_json, to_xml
from tests.exchanged import view

ORIGIN = "https://cases.example.org/tube"
THUMB = Thumbnail(f"{ORIGIN}/t", 480, 360)


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        (f"{ORIGIN}/cases/bcdf", "bcdf"),
        (f"{ORIGIN}/cases/bcdf/", "bcdf"),
        (f"{ORIGIN}/cases/bcdf?x=1#y", "bcdf"),
        ("https://CASES.example.org/tube/cases/bcdf", "bcdf"),
        ("http://cases.example.org/tube/cases/bcdf", None),
        ("https://cases.example.org/cases/bcdf", None),
        ("https://cases.example.org.evil/tube/cases/bcdf", None),
        (f"{ORIGIN}/cases/bcdf/edit", None),
        (f"{ORIGIN}/u/ann", None),
        ("//[", None),
        ("", None),
    ],
)
def test_only_addresses_of_our_cases_are_known(address: str, slug: str | None) -> None:
    assert slug_in(address, ORIGIN) == slug


def test_a_frame_is_as_small_as_is_asked_and_never_larger_than_usual() -> None:
    usual = described(view(), Addresses(ORIGIN), 2000, None)
    assert (usual["width"], usual["height"]) == (640, 480)
    small = described(view(), Addresses(ORIGIN), 300, 250, THUMB)
    assert (small["width"], small["height"]) == (300, 250)
    assert 'width="300" height="250"' in small["html"]
    assert "thumbnail_url" not in small
    with_picture = described(view(), Addresses(ORIGIN), None, None, THUMB)
    assert with_picture["thumbnail_width"] == 480


def test_a_title_stays_inside_its_attribute() -> None:
    found = described(view(title='"><script>alert(1)</script>'), Addresses(ORIGIN))
    assert "<script" not in found["html"]
    assert found["html"].count("<") == 2


def test_both_spellings_say_the_same() -> None:
    found = described(view(), Addresses(ORIGIN), thumbnail=THUMB)
    root = fromstring(to_xml(found))
    assert root.tag == "oembed"
    assert {node.tag: node.text for node in root} == {k: str(v) for k, v in found.items()}
    assert found["author_name"] == "Ann Bäcker"
    assert b'"type": "rich"' in to_json(found)
