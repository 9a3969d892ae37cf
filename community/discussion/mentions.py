"""Mentions: `@handle` as it is written, `@[p:<id>]` as it is kept, a link as it is shown. Pure.

No text holds the name of somebody else: when they change it, every mention has the new one, and
when they are gone, none is left anywhere, also not in what was written before an edit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from markupsafe import Markup, escape

max_mentions: Final = 10
"""Of one text that anybody is told of."""

DELETED: Final = "deleted-user"
"""Who is called so is no more; nobody can have this handle."""

_WRITTEN = re.compile(r"(?<![\w@/.\[-])@([A-Za-z0-9][A-Za-z0-9_-]{1,28}[A-Za-z0-9])(?![\w@]|-\w)")
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_KEPT = re.compile(rf"@\[p:({_ID})\]")

# Stand for a mention while the text becomes HTML; nothing that is kept has them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_TAG = re.compile(r'(<(?:"[^"]*"|[^>"])*>)')


def handles_in(written: str) -> list[str]:
    """The handles that a text may mention, each once, in order."""
    return list(dict.fromkeys(found[1] for found in _WRITTEN.finditer(written)))


def kept(written: str, ids: Mapping[str, str]) -> str:
    """A text as it is kept.

    Parameters
    ----------
    ids
        Of people, by their handles in small letters.
    """

    def named(found: re.Match[str]) -> str:
        known = ids.get(found[1].lower())
        return found[0] if known is None else f"@[p:{known}]"

    return _WRITTEN.sub(named, written)


def ids_in(text: str) -> list[str]:
    """The ids of people whom a kept text mentions, each once, in order."""
    return list(dict.fromkeys(_KEPT.findall(text)))


def written(text: str, handles: Mapping[str, str]) -> str:
    """A kept text as its author wrote it, and may change it.

    Parameters
    ----------
    handles
        Of people, by their ids.
    """
    return _KEPT.sub(lambda found: f"@{handles.get(found[1], DELETED)}", text)


def unnamed(text: str) -> str:
    """A kept text without whom it mentions."""
    return _KEPT.sub("", text)


def to_html(
    text: str,
    handles: Mapping[str, str],
    address_of: Callable[[str], str],
    to_safe_html: Callable[[str], Markup],
) -> Markup:
    """A kept text as the inside of a page, with a link to everybody whom it mentions.

    Parameters
    ----------
    address_of
        Where a handle leads.
    to_safe_html
        Makes HTML of Markdown that can do nothing but be read.
    """
    found = ids_in(text)
    places = {one: f"{_OPEN}{number}{_CLOSE}" for number, one in enumerate(found)}
    clean = text.replace(_OPEN, "").replace(_CLOSE, "")
    made = to_safe_html(_KEPT.sub(lambda match: places[match[1]], clean))
    names = [handles.get(one) for one in found]
    return Markup(_filled(str(made), names, address_of))  # noqa: S704 - only clean parts are joined


def _filled(html: str, names: list[str | None], address_of: Callable[[str], str]) -> str:
    """Put names where places are: plain inside of tags and of other links."""
    links, parts = 0, []
    for part in _TAG.split(html):
        is_tag = part.startswith("<")
        if is_tag:
            links += part.startswith("<a ") - part.startswith("</a>")
        parts.append(_named(part, names, None if links or is_tag else address_of))
    return "".join(parts)


def _named(part: str, names: list[str | None], address_of: Callable[[str], str] | None) -> str:
    def name(match: re.Match[str]) -> str:
        handle = names[int(match[1])]
        if handle is None:
            return f"@{DELETED}"
        if address_of is None:
            return f"@{escape(handle)}"
        link = Markup('<a class="mention" href="{}">@{}</a>')
        return str(link.format(address_of(handle), handle))

    return _PLACE.sub(name, part)
