"""What people write, in Markdown, as HTML that can do nothing but be read.

Two walls, each enough by itself: raw HTML is text to the parser, and what the parser makes goes
through a closed list of elements and attributes. There are no pictures, which would be fetched
from other sites by whoever reads; links say that we do not vouch for them.

References
----------
CommonMark 0.31, docs/decisions/0182-what-people-write.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

from community.look.keeping import Kept

max_chars: Final = 20_000
"""Of one text; the time that it takes grows with it."""
max_kept_chars: Final = 4_000_000
"""Of HTML that was made lately."""

_TAGS: Final = frozenset(
    {
        "p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote",
        "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td", "div",
    }
)  # fmt: skip
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "ol": {"start"},
    "div": {"tabindex", "role", "aria-label"},
}
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_REL: Final = "nofollow ugc noopener"
_FRAME: Final = '<div class="scroll" tabindex="0" role="group" aria-label="Table {}">'
_HIGHEST: Final = 3
"""The level of a heading of level 1: a page and the parts of it have those above."""


class _Renderer(RendererHTML):
    """Gives each table a frame that scrolls by itself, so that a wide one does not widen a page."""

    def table_open(self, tokens: Sequence[Token], index: int, *_: object) -> str:
        before = sum(token.type == "table_open" for token in tokens[:index])
        return f"{_FRAME.format(before + 1)}<table>"

    def table_close(self, *_: object) -> str:
        return "</table></div>"


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + _HIGHEST - 1, 6)}"


def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
    made.enable(["table", "strikethrough"])
    made.disable("image")
    made.core.ruler.push("lower_headings", _lower_headings)
    return made


_MARKDOWN: Final = _parser()


def to_safe_html(markdown: str) -> Markup:
    """Convert what somebody wrote to the inside of a page.

    Headings begin at level 3. A text that is longer than any that we keep is cut.
    """
    return _kept.get(markdown, lambda: _made(markdown))


# A page of a discussion is mostly texts, which are read many times for each time they are written.
_kept = Kept[Markup](max_kept_chars, len)


def _made(markdown: str) -> Markup:
    made = _MARKDOWN.render(markdown[:max_chars])
    cleaned = nh3.clean(
        made,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        allowed_classes={"div": {"scroll"}},
        url_schemes=set(_SCHEMES),
        link_rel=_REL,
        strip_comments=True,
    )
    return Markup(cleaned)  # noqa: S704 - it was just cleaned


def to_text(markdown: str) -> str:
    """What is left to read of a text, without marks: for searches, descriptions and mails."""
    tokens = _MARKDOWN.parse(markdown[:max_chars])
    pieces: list[str] = []
    for token in tokens:
        if token.type == "inline":
            pieces.append("".join(_words(token.children or ())))
        elif token.type in ("fence", "code_block"):
            pieces.append(token.content)
    return " ".join(" ".join(pieces).split())


def _words(tokens: Sequence[Token]) -> list[str]:
    return [" " if one.type in ("softbreak", "hardbreak") else one.content for one in tokens]
