"""The newest cases as Atom, RSS and JSON Feed. Pure: a feed in, bytes out.

References
----------
RFC 4287 (Atom), RSS 2.0, JSON Feed 1.1, RFC 4946 (licence links).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from markupsafe import Markup

from community.cases.model import HISTORY, CaseView
from community.cases.safe_markdown import to_safe_html, to_text
from community.cases.vocabulary import LICENCE_ADDRESSES, MODALITIES, SPECIALTIES
from community.exchange.addresses import Addresses
from community.exchange.plain import one_line, writable

_ATOM: Final = "http://www.w3.org/2005/Atom"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_MAX_SUMMARY: Final = 300
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

register_namespace("atom", _ATOM)
register_namespace("dc", _DC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One case, as everybody may know it."""

    id: str
    title: str
    address: str
    published: datetime
    updated: datetime
    summary: str
    content: str
    language: str
    author: str = ""
    author_address: str = ""
    picture: str = ""
    licence: str = ""
    categories: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Feed:
    """Some of the newest cases.

    Attributes
    ----------
    own
        The address of this feed in the format that is asked for.
    home
        The page that shows the same to people.
    """

    title: str
    own: str
    home: str
    entries: Sequence[Entry]

    @property
    def updated(self) -> datetime:
        """When anything in it changed last."""
        return max((one.updated for one in self.entries), default=_LONG_AGO)


def entry_of(view: CaseView, addresses: Addresses) -> Entry:
    """A case as an entry."""
    case, cover, history = view.case, view.cover, view.section(HISTORY)
    address, picture = addresses.case(case), addresses.picture(case, cover) if cover else ""
    words = [
        SPECIALTIES.get(case.specialty, ""),
        *(MODALITIES.get(one, "") for one in case.modalities),
    ]
    told = to_text(history.markdown) if history else ""
    return Entry(
        id=f"urn:uuid:{case.id}",
        title=one_line(view.shown_title),
        address=address,
        published=case.published_at or case.created_at,
        updated=case.changed_at,
        summary=_shortened(told) or ", ".join(word for word in words if word),
        content=_content(address, picture, cover.alt if cover else "", view),
        language=case.language,
        author=one_line(view.author.shown_name) if view.author else "",
        author_address=addresses.person(view.author) if view.author else "",
        picture=picture,
        licence=LICENCE_ADDRESSES.get(case.licence, ""),
        categories=tuple(word for word in words if word),
    )


def to_atom(feed: Feed) -> bytes:
    """Spell a feed as Atom."""
    root = Element("feed", {"xmlns": _ATOM})
    _say(root, ("id", feed.own), ("title", feed.title), ("updated", _rfc3339(feed.updated)))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.own})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.home})
    _say(root, ("generator", "DicomTube"))
    for one in feed.entries:
        entry = SubElement(root, "entry", {"xml:lang": one.language or "en"})
        _say(entry, ("id", one.id), ("title", one.title))
        _say(entry, ("published", _rfc3339(one.published)), ("updated", _rfc3339(one.updated)))
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": one.address})
        if one.licence:
            SubElement(entry, "link", {"rel": "license", "href": one.licence})
        author = SubElement(entry, "author")
        _say(author, ("name", one.author or "DicomTube"))
        if one.author_address:
            _say(author, ("uri", one.author_address))
        for word in one.categories:
            SubElement(entry, "category", {"term": word})
        _say(entry, ("summary", one.summary))
        SubElement(entry, "content", {"type": "html"}).text = writable(one.content)
    return _spelled(root)


def to_rss(feed: Feed) -> bytes:
    """Spell a feed as RSS 2.0."""
    root = Element("rss", {"version": "2.0"})
    channel = SubElement(root, "channel")
    _say(channel, ("title", feed.title), ("link", feed.home), ("description", feed.title))
    _say(channel, ("lastBuildDate", _rfc822(feed.updated)), ("generator", "DicomTube"))
    own = {"rel": "self", "type": "application/rss+xml", "href": feed.own}
    SubElement(channel, f"{{{_ATOM}}}link", own)
    for one in feed.entries:
        item = SubElement(channel, "item")
        _say(item, ("title", one.title), ("link", one.address))
        SubElement(item, "guid", {"isPermaLink": "false"}).text = one.id
        _say(item, ("pubDate", _rfc822(one.published)))
        if one.author:
            # RSS's own `author` is an address of mail, which nobody is told here.
            _say(item, (f"{{{_DC}}}creator", one.author))
        _say(item, *(("category", word) for word in one.categories))
        _say(item, ("description", one.content))
    return _spelled(root)


def to_json_feed(feed: Feed) -> bytes:
    """Spell a feed as JSON Feed."""
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.own,
        "items": [_json_item(one) for one in feed.entries],
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode()


@dataclass(frozen=True, slots=True)
class Format:
    """A way to spell a feed."""

    media_type: str
    spell: Callable[[Feed], bytes]


FORMATS: Final[Mapping[str, Format]] = {
    "atom": Format("application/atom+xml", to_atom),
    "rss": Format("application/rss+xml", to_rss),
    "json": Format("application/feed+json", to_json_feed),
}
"""By the ending of an address."""


def _json_item(one: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": one.id,
        "url": one.address,
        "title": one.title,
        "summary": one.summary,
        "content_html": one.content,
        "date_published": _rfc3339(one.published),
        "date_modified": _rfc3339(one.updated),
        "language": one.language or "en",
        "tags": list(one.categories),
    }
    if one.author:
        item["authors"] = [{"name": one.author, "url": one.author_address}]
    if one.picture:
        item["image"] = one.picture
    return item


def _content(address: str, picture: str, alt: str, view: CaseView) -> str:
    pieces: list[Markup] = []
    if picture:
        pieces.append(
            Markup('<p><a href="{}"><img src="{}" alt="{}"></a></p>').format(address, picture, alt)
        )
    history = view.section(HISTORY)
    if history is not None:
        pieces.append(to_safe_html(history.markdown))
    return str(Markup("\n").join(pieces))


def _shortened(text: str) -> str:
    if len(text) <= _MAX_SUMMARY:
        return text
    return text[:_MAX_SUMMARY].rpartition(" ")[0] + " …"


def _say(parent: Element, *pairs: tuple[str, str]) -> None:
    for name, value in pairs:
        SubElement(parent, name).text = writable(value)


def _spelled(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _rfc3339(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rfc822(when: datetime) -> str:
    return format_datetime(when.astimezone(UTC), usegmt=True)


def entries_of(views: Iterable[CaseView], addresses: Addresses) -> tuple[Entry, ...]:
    """Cases as entries."""
    return tuple(entry_of(view, addresses) for view in views)
