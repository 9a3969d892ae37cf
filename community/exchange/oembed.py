"""What a site that is given the address of a case may show in its place. Pure.

References
----------
oEmbed 1.0, https://oembed.com/ (sections 2.2 to 2.3.4.4: rich).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import escape

from community.cases.model import CaseView
from community.exchange.addresses import Addresses
from community.exchange.citation import SITE
from community.exchange.plain import one_line, writable

usual_width: Final = 640
usual_height: Final = 480
min_side: Final = 200
_CASE: Final = re.compile(r"/cases/([0-9A-Za-z-]{1,64})/?")
_CACHE_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture, and its size in pixels."""

    address: str
    width: int
    height: int


def slug_in(address: str, origin: str) -> str | None:
    """The slug in the address of a case of this server; None of any other address."""
    try:
        ours, parts = urlsplit(origin), urlsplit(address)
    except ValueError:
        return None
    if (parts.scheme, parts.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
        return None
    if not parts.path.startswith(ours.path):
        return None
    found = _CASE.fullmatch(parts.path[len(ours.path) :])
    return found[1] if found else None


def described(
    view: CaseView,
    addresses: Addresses,
    max_width: int | None = None,
    max_height: int | None = None,
    thumbnail: Thumbnail | None = None,
) -> dict[str, Any]:
    """What is answered of a case: a frame with its embed."""
    width = min(usual_width, max_width or usual_width)
    height = min(usual_height, max_height or usual_height)
    title = one_line(view.shown_title)
    answer: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": SITE,
        "provider_url": f"{addresses.origin}/",
        "cache_age": _CACHE_S,
        "width": width,
        "height": height,
        "html": _frame(addresses.embed(view.case), title, width, height),
    }
    if view.author is not None:
        answer["author_name"] = one_line(view.author.shown_name)
        answer["author_url"] = addresses.person(view.author)
    if thumbnail is not None and _fits(thumbnail, max_width, max_height):
        answer["thumbnail_url"] = thumbnail.address
        answer["thumbnail_width"] = thumbnail.width
        answer["thumbnail_height"] = thumbnail.height
    return answer


def to_json(answer: Mapping[str, Any]) -> bytes:
    """Spell an answer as JSON."""
    return json.dumps(answer, ensure_ascii=False).encode()


def to_xml(answer: Mapping[str, Any]) -> bytes:
    """Spell an answer as XML."""
    root = Element("oembed")
    for name, value in answer.items():
        SubElement(root, name).text = writable(str(value))
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _frame(address: str, title: str, width: int, height: int) -> str:
    return (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="{width}" '
        f'height="{height}" loading="lazy" referrerpolicy="strict-origin-when-cross-origin" '
        'style="border:0"></iframe>'
    )


def _fits(thumbnail: Thumbnail, max_width: int | None, max_height: int | None) -> bool:
    """A thumbnail obeys the same bounds as the frame."""
    return thumbnail.width <= (max_width or thumbnail.width) and thumbnail.height <= (
        max_height or thumbnail.height
    )
