"""MIRCdocuments: what goes out comes back, and what comes from elsewhere can do no harm."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.cases.model import (
    DIAGNOSIS,
    DISCUSSION,
    FINDINGS,
    HISTORY,
    REFERENCES,
    TEACHING,
)
from community.exchange.errors import BadBundle
from community.exchange.mirc import to_mirc
from community.exchange.mirc_reading import from_mirc, max_document_bytes
from tests.exchanged import IMAGE_ID, view

ADDRESS = "https://cases.example.org/cases/bcdfgh23456789"
PICTURES = {IMAGE_ID: ("IMAGES/KEY00001.JPG", "DICOM/ST000001/SE000001/IM000001")}

ELSEWHERE = """<?xml version="1.0" encoding="UTF-8"?>
<MIRCdocument display="mstf">
  <title>Pneumothorax &amp; more</title>
  <author><name>Somebody Else, MD</name><contact>else@example.org</contact></author>
  <abstract><p>Short of breath.</p></abstract>
  <category>Chest</category><level>primary</level><modality>CR, CT</modality>
  <patient><pt-name>Doe^Jane</pt-name><pt-age><years>34</years></pt-age><pt-sex>f</pt-sex></patient>
  <section heading="Clinical History">A <b>tall</b> man<br/>ran.
    <ul><li>smoker</li><li>no fever</li></ul><script>alert(1)</script></section>
  <section heading="Findings"><p>See <a href="https://example.org/x">this</a> and
    <a href="javascript:alert(1)">that</a>.</p><image src="a.jpg"/></section>
  <section heading="Hidden" visible="no">not for you</section>
  <section heading="Pearls">Look at the apex.</section>
  <diagnosis>Pneumothorax</diagnosis>
  <references><reference>First</reference><reference>Second</reference></references>
  <phi><study><pt-name>Roe^Richard</pt-name></study></phi>
</MIRCdocument>
"""


def texts(data: bytes | str) -> dict[str, str]:
    found = from_mirc(data.encode() if isinstance(data, str) else data)
    return {section.kind: section.markdown for section in found.text.sections}


def test_a_case_comes_back_as_it_went() -> None:
    made = view(is_unknown=True)
    text = from_mirc(to_mirc(made, ADDRESS, PICTURES)).text
    assert text.title == made.shown_title
    assert text.unknown_title == "A girl with a tremor"
    assert text.is_unknown
    assert text.sections == made.sections
    for name in ("specialty", "modalities", "difficulty", "sex", "licence", "language"):
        told = getattr(made.case, name)
        assert sorted(getattr(text, name)) == sorted(told), name


def test_a_document_says_where_its_images_are() -> None:
    root = fromstring(to_mirc(view(), ADDRESS, PICTURES))
    image = root.find("image-section/image")
    assert image is not None
    assert image.get("src") == "IMAGES/KEY00001.JPG"
    other = image.find("alternative-image")
    assert other is not None
    assert other.get("role") == "original-format"
    assert root.findtext("document-id") == ADDRESS
    assert root.findtext("patient/pt-age/years") == "13-17"


def test_what_an_unknown_case_hides_is_in_no_document() -> None:
    made = to_mirc(view(is_unknown=True, revealed=False), ADDRESS, PICTURES).decode()
    for hidden in ("panda", "Wilson", "genetics"):
        assert hidden not in made


def test_a_document_from_elsewhere_becomes_text() -> None:
    found = from_mirc(ELSEWHERE.encode()).text
    assert found.title == "Pneumothorax & more"
    assert (found.specialty, found.difficulty, found.sex) == ("chest", "introductory", "female")
    assert found.modalities == ("CR", "CT")
    said = texts(ELSEWHERE)
    assert said[HISTORY] == "A **tall** man\nran.\n\n- smoker\n\n- no fever"
    assert said[FINDINGS] == "See [this](https://example.org/x) and\nthat."
    assert said[DISCUSSION] == "### Pearls\n\nLook at the apex."
    assert said[DIAGNOSIS] == "Pneumothorax"
    assert said[REFERENCES] == "First\nSecond"
    assert TEACHING not in said


@pytest.mark.parametrize("left_out", ["alert", "Doe", "Roe", "34", "else@", "not for you", "a.jpg"])
def test_patients_scripts_and_what_is_hidden_stay_behind(left_out: str) -> None:
    assert left_out not in str(from_mirc(ELSEWHERE.encode()))


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "<MIRCdocument>",
        "<other/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><MIRCdocument><title>&a;</title></MIRCdocument>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><MIRCdocument/>',
        "<MIRCdocument>" + "<p>" * 60 + "</p>" * 60 + "</MIRCdocument>",
        "<MIRCdocument>" + "<p/>" * 30_000 + "</MIRCdocument>",
        "<MIRCdocument>" + " " * max_document_bytes + "</MIRCdocument>",
        '<?xml version="1.0" encoding="utf-99"?><MIRCdocument/>',
    ],
)
def test_too_much_or_something_else_is_refused(hostile: str) -> None:
    with pytest.raises(BadBundle):
        from_mirc(hostile.encode())


def test_what_is_too_long_is_cut_and_said() -> None:
    found = from_mirc(f"<MIRCdocument><title>{'x' * 300}</title></MIRCdocument>".encode())
    assert len(found.text.title) == 200
    assert "title" in found.notes[0]


@given(st.binary(max_size=300))
def test_no_bytes_make_anything_but_a_refusal(data: bytes) -> None:
    with pytest.raises(BadBundle):
        from_mirc(data)
