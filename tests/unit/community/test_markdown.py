"""Our own Markdown in pages."""

from __future__ import annotations

from community.markdown import to_html


def test_a_comment_for_who_reads_the_file_is_not_on_the_page() -> None:
    page = to_html("# Title\n\n<!-- made by a script,\n     do not edit -->\n\nText.")
    assert "script" not in page
    assert "<p>Text.</p>" in page


def test_raw_html_stays_text() -> None:
    assert "<b>" not in to_html("a <b>word</b>")


def test_a_link_to_a_file_that_no_page_has_becomes_text() -> None:
    page = to_html("[here](decisions/0001.md) and [there](https://dicom.nema.org)")
    assert page.count("<a ") == 1
