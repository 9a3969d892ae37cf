"""Citations as reference managers read them, whatever is in a title."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from community.exchange.citation import STYLES, to_bibtex, to_csl, to_line, to_ris, work_of
from tests.exchanged import view

TODAY = date(2026, 11, 23)
ADDRESS = "https://cases.example.org/cases/bcdfgh23456789"
HOSTILE = "50% of {x} & \\y\n}, note = {z\r\nER  - \r\nTY  - JOUR"


def work(**changes: object):
    return work_of(view(**changes), ADDRESS, TODAY)


def test_bibtex_names_the_author_in_one_piece_and_keeps_capitals() -> None:
    text = to_bibtex(work())
    assert text.startswith("@misc{dicomtube-bcdfgh23456789,\n")
    assert "author = {{Ann Bäcker}}" in text
    assert "title = {{Giant panda sign}}" in text
    assert "year = {2026}" in text
    assert "month = mar," in text
    assert f"url = {{{ADDRESS}}}" in text
    assert "CC-BY-4.0" in text


def test_no_title_ends_a_field_of_bibtex() -> None:
    text = to_bibtex(work(title=HOSTILE))
    (line,) = [one for one in text.splitlines() if one.startswith("  title")]
    assert re.sub(r"\\[{}\\%&$#_]|\\text\w+\{\}", "", line).count("{") == 2
    assert text.count("note =") == 2  # one of them inside the title
    assert "\n}, note" not in text


def test_no_title_begins_another_record_of_ris() -> None:
    text = to_ris(work(title=HOSTILE))
    lines = text.split("\r\n")
    assert [line[:6] for line in lines].count("TY  - ") == 1
    assert lines[-2] == "ER  - "
    assert "AU  - Ann Bäcker" in lines
    assert "DA  - 2026/03/09" in lines
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines[:-1])


def test_csl_is_a_list_of_one_web_page() -> None:
    (item,) = json.loads(to_csl(work()))
    assert item["type"] == "webpage"
    assert item["author"] == [{"literal": "Ann Bäcker"}]
    assert item["issued"] == {"date-parts": [[2026, 3, 9]]}
    assert item["accessed"] == {"date-parts": [[2026, 11, 23]]}
    assert item["URL"] == ADDRESS


def test_a_line_reads_as_in_a_list_of_references() -> None:
    assert to_line(work()) == (
        "Ann Bäcker. Giant panda sign. DicomTube (radiology case). 2026-03-09. "
        f"{ADDRESS} (accessed 2026-11-23)"
    )


@pytest.mark.parametrize("style", STYLES)
def test_nobody_is_named_who_may_not_be_seen_and_a_draft_has_no_date(style: str) -> None:
    text = STYLES[style].spell(work(author=None, published_at=None))
    assert "Ann" not in text
    assert "2026-03-09" not in text
    assert "2026/03/09" not in text


@pytest.mark.parametrize("style", STYLES)
def test_an_unknown_case_is_cited_by_its_other_title(style: str) -> None:
    text = STYLES[style].spell(work(is_unknown=True, revealed=False))
    assert "A girl with a tremor" in text
    assert "panda" not in text
