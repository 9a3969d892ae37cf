"""What people write becomes HTML that can do nothing but be read."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.cases.safe_markdown import max_chars, to_safe_html, to_text

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](file:///etc/passwd)",
    "<https://example.org/\"onmouseover='alert(1)'>",
    "![x](https://example.org/pixel.png)",
    "![x](javascript:alert(1))",
    '[x](https://example.org "a\\"onclick=alert(1)")',
    "<style>*{display:none}</style>",
    "<math><mi//xlink:href='data:x,<script>'>",
    "<!--><script>alert(1)</script>-->",
    "`<script>`\n\n```html\n<script>alert(1)</script>\n```",
    "| a |\n|:-:|\n| <b onclick=x>b</b> |",
    "<p style='position:fixed'>x</p>",
    "<form action=/logout><button>x</button></form>",
    "[x]: javascript:alert(1)\n\n[x]",
    "</article><base href=//evil.example>",
    "\x00<scr\x00ipt>",
]
ELEMENT = re.compile(r"<(/?)([a-zA-Z0-9]+)([^>]*)>")
KNOWN = {
    "p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote",
    "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td", "div",
}  # fmt: skip


def check(html: str) -> None:
    """Only elements of the list, without anything that runs, fetches, styles or leads astray."""
    for _, name, rest in ELEMENT.findall(html):
        assert name in KNOWN, html
        names = set(re.findall(r"([a-zA-Z-]+)=", re.sub(r'"[^"]*"', '""', rest)))
        assert names <= {
            "href", "title", "rel", "start", "class", "tabindex", "role", "aria-label"
        }, html  # fmt: skip
        for target in re.findall(r'href="([^"]*)"', rest):
            scheme = target.partition(":")[0].lower() if ":" in target.split("/")[0] else "https"
            assert scheme in ("http", "https", "mailto"), html
            assert 'rel="nofollow ugc noopener"' in rest


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_more_than_words(text: str) -> None:
    check(to_safe_html(text))


@given(st.lists(st.sampled_from([*HOSTILE, "**", "\n", "\n\n", "> ", "- ", "`", "<", '"', "x"])))
def test_no_mixture_of_hostile_pieces_is_more_than_words(pieces: list[str]) -> None:
    check(to_safe_html("".join(pieces)))


def test_what_is_written_is_kept() -> None:
    html = to_safe_html(
        "# Course\n\nA **bold** _word_ ~~out~~\nnext line\n\n1. one\n2. two\n\n> said\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |\n\n[source](https://example.org/a?b=1&c=2)"
    )
    for piece in (
        "<h3>Course</h3>", "<strong>bold</strong>", "<em>word</em>", "<s>out</s>", "<br>",
        "<ol>", "<blockquote>", "<td>2</td>", 'class="scroll" tabindex="0" role="group"',
        '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow ugc noopener">source</a>',
    ):  # fmt: skip
        assert piece in html
    assert "style" not in html


def test_headings_stay_below_those_of_the_page() -> None:
    html = to_safe_html("\n\n".join(f"{'#' * level} x" for level in range(1, 7)))
    assert re.findall(r"<h(\d)>", html) == ["3", "4", "5", "6", "6", "6"]


@pytest.mark.parametrize("piece", ["[", "> ", "*a_", "`", "![", "<a ", "- ", "|a", "[a](", "***"])
def test_a_text_that_is_made_to_hurt_takes_little_time(piece: str) -> None:
    text = (piece * max_chars)[:max_chars]
    began = time.process_time()
    to_safe_html(text)
    assert time.process_time() - began < 10


def test_words_are_left_without_their_marks() -> None:
    text = "# A *lump*\n\nSee [the paper](https://example.org).\nNext\n\n- `one`\n\n<b>x</b>"
    assert to_text(text) == "A lump See the paper. Next one <b>x</b>"
