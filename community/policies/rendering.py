"""A text as a page shows it: filled in with the facts of the site, and cut into parts.

A file is Markdown with Jinja in it. What it fills in is text: it can be no Markdown of its own.
``{{ table("retention") }}`` stands for a table that the page draws itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from community.markdown import to_html
from community.policies.documents import text_path
from community.policies.facts import Facts

Page = Callable[[str], str]
"""Address of a page by its name, as the reader reached us."""

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")
_HEADING: Final = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
_TABLE: Final = re.compile(r"<p>@@([a-z]+)@@</p>")
_TAG: Final = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Part:
    """HTML, or the name of a table that stands at its place."""

    html: Markup
    table: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A whole text.

    Attributes
    ----------
    headings
        Anchor and words of each.
    """

    headings: tuple[tuple[str, Markup], ...]
    parts: tuple[Part, ...]


def render(name: str, number: str, facts: Facts, page: Page) -> Rendered:
    """Make a version of a text ready to be shown."""
    source = text_path(name, number).read_text("utf-8")
    filled = _MARKDOWN.from_string(source).render(
        operator=facts.site.operator,
        providers=facts.providers,
        analytics=facts.analytics,
        assistant=facts.assistant,
        page=lambda to: Markup(page(to)),  # noqa: S704 - our own addresses
        table=lambda which: Markup(f"\n\n@@{which}@@\n\n"),  # noqa: S704 - our own words
    )
    headings: list[tuple[str, Markup]] = []

    def anchored(match: re.Match[str]) -> str:
        words = match[1]
        anchor = re.sub(r"[^a-z0-9]+", "-", _TAG.sub("", words).lower()).strip("-")
        headings.append((anchor, Markup(words)))  # noqa: S704 - our own text
        return f'<h2 id="{anchor}">{words}</h2>'

    html = _HEADING.sub(anchored, to_html(filled))
    return Rendered(tuple(headings), tuple(_parts(html)))


def _parts(html: str) -> list[Part]:
    pieces = _TABLE.split(html)
    found = []
    for place, piece in enumerate(pieces):
        # Every other piece is what the pattern caught: a table's name.
        is_table = place % 2 == 1
        found.append(Part(Markup(), piece) if is_table else Part(Markup(piece)))  # noqa: S704
    return found


def _as_text(value: object) -> object:
    """What is filled in, without any meaning to Markdown."""
    return value if isinstance(value, Markup) else _SPECIAL.sub(r"\\\1", str(value))


_MARKDOWN: Final = Environment(  # noqa: S701 - it makes Markdown; `_as_text` escapes for that
    undefined=StrictUndefined, finalize=_as_text, trim_blocks=False, keep_trailing_newline=True
)
