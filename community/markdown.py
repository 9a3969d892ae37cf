"""Our own Markdown as HTML for a page. Not for what users write: raw HTML is off all the same.

Tables get a frame that scrolls by itself, so that a wide one does not widen the page; links to
other files of the documentation, which no page has, become plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_FRAME = '<div class="scroll" tabindex="0" role="region" aria-label="Table {}">'


class _Renderer(RendererHTML):
    def table_open(self, tokens: Sequence[Token], index: int, *_: object) -> str:
        before = sum(token.type == "table_open" for token in tokens[:index])
        return f"{_FRAME.format(before + 1)}<table>"

    def table_close(self, tokens: Sequence[Token], index: int, *_: object) -> str:
        return "</table></div>"

    def link_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return self.renderToken(tokens, index, options, env) if _leads(tokens[index]) else "<span>"

    def link_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        opening = next(token for token in reversed(tokens[:index]) if token.type == "link_open")
        return self.renderToken(tokens, index, options, env) if _leads(opening) else "</span>"


def _leads(link: Token) -> bool:
    target = str(link.attrGet("href") or "")
    return target.startswith(("#", "/", "https://"))


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def to_html(text: str) -> str:
    """Convert Markdown to the inside of a page; comments are for who reads the file."""
    return str(_MARKDOWN.render(_COMMENT.sub("", text)))
