"""A mention is kept as an id and shown as a link, wherever it stands in a text."""

from __future__ import annotations

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.cases.safe_markdown import to_safe_html
from community.discussion import mentions
from community.discussion.mentions import DELETED, handles_in, ids_in, kept, written

ANN, BEN = "01a20863-d871-7bde-8c3e-eb0b58358d85", "01a20863-d871-7bdf-8c3e-eb0b58358d86"
HANDLES = {ANN: "Ann", BEN: "ben-2"}
IDS = {"ann": ANN, "ben-2": BEN}

TAGS = {"p", "br", "a", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "hr"}
ATTRIBUTES = {"a": {"href", "title", "class", "rel"}}


def shown(text: str) -> str:
    return str(mentions.to_html(kept(text, IDS), HANDLES, lambda one: f"/u/{one}", to_safe_html))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@ann", ["ann"]),
        ("Hello @ann, and @ben-2.", ["ann", "ben-2"]),
        ("(@ann) @ann again", ["ann"]),
        ("ann@example.org and a/@ann and @@ann", []),
        ("@an", []),
        ("@ann- said", ["ann"]),
        ("@ann-x", ["ann-x"]),
        (f"@[p:{ANN}]", []),
    ],
)  # fmt: skip
def test_who_is_mentioned_is_read_out_of_a_text(text: str, found: list[str]) -> None:
    assert handles_in(text) == found


def test_what_is_kept_has_no_name_and_comes_back_as_it_was_written() -> None:
    text = "See @ann and @nobody-we-know, and @BEN-2"
    made = kept(text, IDS)
    assert made == f"See @[p:{ANN}] and @nobody-we-know, and @[p:{BEN}]"
    assert ids_in(made) == [ANN, BEN]
    assert written(made, HANDLES) == "See @Ann and @nobody-we-know, and @ben-2"
    assert written(made, {}) == f"See @{DELETED} and @nobody-we-know, and @{DELETED}"


def test_a_mention_is_a_link_but_not_inside_of_another_link_or_an_attribute() -> None:
    assert shown("Hi @ann!") == '<p>Hi <a class="mention" href="/u/Ann">@Ann</a>!</p>\n'
    assert shown("`@ann`") == '<p><code><a class="mention" href="/u/Ann">@Ann</a></code></p>\n'
    inside = shown("[for @ann](https://example.org 'of @ann > x') @ben-2")
    assert inside.count("<a ") == 2
    assert "for @Ann</a>" in inside
    assert 'title="of @Ann' in inside
    assert 'href="/u/ben-2"' in inside


def test_who_is_no_more_is_named_nowhere() -> None:
    text = kept("@ann said so", IDS)
    assert "Ann" not in str(mentions.to_html(text, {}, str, to_safe_html))
    assert f"@{DELETED} said so" in str(mentions.to_html(text, {}, str, to_safe_html))


@given(st.text(alphabet="@ann <>\"'[]()`*_:/x\ue000\ue0010\n", max_size=60))
def test_no_text_breaks_out_of_what_is_safe(text: str) -> None:
    made = shown(text)
    assert nh3.clean(made, tags=TAGS, attributes=ATTRIBUTES, link_rel=None) == made
