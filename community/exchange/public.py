"""What other sites and programs ask, with nobody signed in: embeds, oEmbed, feeds, sitemaps.

Every answer is made of what nobody in particular may know, whoever asks: no cookie is looked at, so
it is the same for all, and a page of another site learns nothing by asking in its reader's name.

References
----------
CSP Level 3 section 6.4.2 (frame-ancestors), RFC 9110 section 13 (conditional requests).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, render_template, request, url_for

from archive.archive import Archive
from archive.errors import ArchiveError, Gone, NotFound
from community.cases.model import CaseView
from community.cases.reading import NOBODY, UNKNOWN, UNTITLED, view_case
from community.cases.vocabulary import SPECIALTIES
from community.exchange import oembed, sitemap
from community.exchange.addresses import Addresses
from community.exchange.feeds import FORMATS, Feed, entries_of
from community.exchange.newest import newest
from community.exchange.thumbnails import thumbnail_of
from community.guarding import POLICY
from community.look.languages import gettext

EMBED_POLICY: Final = {
    **POLICY,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors *"
    ),
    # Its links open in tabs of their own, which have no hold on the page around it.
    "Cross-Origin-Opener-Policy": "unsafe-none",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-cache",
}
"""Of a page that any site may show in a frame: it can do nothing but be read."""

_KEPT_FOR: Final = "public, max-age=300, s-maxage=0"
_ALL: Final = "cases"
_SLUG: Final = re.compile(r"[0-9a-z-]{1,64}")
_FORMATS: Final = {
    "json": ("application/json", oembed.to_json),
    "xml": ("text/xml", oembed.to_xml),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the views are given."""

    archive: Archive
    origin: Callable[[], str]

    @property
    def addresses(self) -> Addresses:
        """Of the server, as the reader reached it."""
        return Addresses(self.origin().rstrip("/"))


def create_blueprint(archive: Archive, origin: Callable[[], str]) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("exchange_public", __name__, template_folder="../templates")
    asked = Asked(archive, origin)
    _add_embeds(blueprint, asked)
    _add_feeds(blueprint, asked)
    _add_sitemaps(blueprint, asked)

    @blueprint.app_context_processor
    def told() -> dict[str, str]:
        return {"feed_url": url_for("exchange_public.feed", name=_ALL, ending="atom")}

    return blueprint


def _add_embeds(blueprint: Blueprint, asked: Asked) -> None:
    @blueprint.get("/embed/<slug>")
    def embed(slug: str) -> Response:
        try:
            view, status = _seen(asked.archive, slug), HTTPStatus.OK
        except Gone:
            view, status = None, HTTPStatus.GONE
        except NotFound:
            view, status = None, HTTPStatus.NOT_FOUND
        title = _title(view) if view else ""
        page = render_template(
            "exchange/embed.html",
            view=view,
            title=title,
            addresses=asked.addresses,
            own=Addresses(request.script_root),
        )
        answer = Response(page, status)
        answer.headers.update(EMBED_POLICY)
        answer.vary.update(("Accept-Language", "Cookie"))
        return answer

    @blueprint.get("/oembed")
    def describe() -> Response:
        try:
            return _described(asked)
        except _Refused as refused:
            return _plain(str(refused), refused.status)
        except Gone as error:
            return _plain(str(error), HTTPStatus.GONE)
        except NotFound as error:
            return _plain(str(error), HTTPStatus.NOT_FOUND)


def _add_feeds(blueprint: Blueprint, asked: Asked) -> None:
    @blueprint.get("/feeds/<name>.<ending>")
    def feed(name: str, ending: str) -> Response:
        if ending not in FORMATS or (name != _ALL and name not in SPECIALTIES):
            return _plain("there is no such feed", HTTPStatus.NOT_FOUND)
        addresses = asked.addresses
        specialty = None if name == _ALL else name
        views = newest(asked.archive, specialty)
        title = f"DicomTube: {SPECIALTIES[name]}" if specialty else "DicomTube: newest cases"
        own = f"{addresses.origin}/feeds/{name}.{ending}"
        spoken = FORMATS[ending]
        made = spoken.spell(Feed(title, own, f"{addresses.origin}/", entries_of(views, addresses)))
        return _sent(made, f"{spoken.media_type}; charset=utf-8")


def _add_sitemaps(blueprint: Blueprint, asked: Asked) -> None:
    @blueprint.get("/sitemap.xml")
    def index() -> Response:
        origin, count = asked.addresses.origin, sitemap.count_files(asked.archive)
        if count > 1:
            files = (f"{origin}/sitemaps/{number}.xml" for number in range(1, count + 1))
            return _sent(sitemap.to_index(files), "application/xml")
        return one(1)

    @blueprint.get("/sitemaps/<int(min=1, max=50000):number>.xml")
    def one(number: int) -> Response:
        origin = asked.addresses.origin
        rows = sitemap.slugs_of(asked.archive, number)
        if not rows and number > 1:
            return _plain("there is no such file", HTTPStatus.NOT_FOUND)
        found = ((f"{origin}/cases/{slug}", changed) for slug, changed in rows)
        start = [(f"{origin}/", None)] if number == 1 else []
        return _sent(sitemap.to_urlset([*start, *found]), "application/xml")

    @blueprint.get("/robots.txt")
    def robots() -> Response:
        return _sent(sitemap.to_robots(asked.addresses.origin).encode(), "text/plain")


class _Refused(ArchiveError):  # noqa: N818 - it is the answer
    """An oEmbed request that cannot be answered, with the status that the protocol has for it."""

    def __init__(self, words: str, status: HTTPStatus) -> None:
        super().__init__(words)
        self.status = status


def _described(asked: Asked) -> Response:
    ending = request.args.get("format", "json")
    if ending not in _FORMATS:
        raise _Refused("'format' is json or xml", HTTPStatus.NOT_IMPLEMENTED)
    address = request.args.get("url", "")
    if not address:
        raise _Refused("'url' is the address of a case", HTTPStatus.BAD_REQUEST)
    width, height = _bound("maxwidth"), _bound("maxheight")
    addresses = asked.addresses
    slug = oembed.slug_in(address, addresses.origin)
    if slug is None:
        raise NotFound("this is not the address of a case of this server")
    view = _seen(asked.archive, slug)
    cover = view.cover
    picture = thumbnail_of(asked.archive, addresses, view.case, cover) if cover else None
    media_type, spell = _FORMATS[ending]
    made = oembed.described(view, addresses, width, height, picture)
    return _sent(spell(made), f"{media_type}; charset=utf-8")


def _seen(archive: Archive, slug: str) -> CaseView:
    if _SLUG.fullmatch(slug) is None:
        raise NotFound("there is no such case")
    return view_case(archive, NOBODY, slug)


def _title(view: CaseView) -> str:
    title = view.shown_title
    return gettext(title) if title in (UNTITLED, UNKNOWN) else title


def _bound(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise _Refused(f"'{name}' is a number of pixels", HTTPStatus.BAD_REQUEST)
    if int(text) < oembed.min_side:
        words = f"'{name}' is at least {oembed.min_side}: less shows nothing of a case"
        raise _Refused(words, HTTPStatus.NOT_IMPLEMENTED)
    return int(text)


def _sent(body: bytes, media_type: str) -> Response:
    """An answer that is the same for all, and that is sent again only if it changed."""
    answer = Response(body, content_type=media_type)
    answer.headers.update(POLICY)
    answer.headers["Cache-Control"] = _KEPT_FOR
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


def _plain(words: str, status: HTTPStatus) -> Response:
    answer = Response(f"{words[:1].upper()}{words[1:]}.\n", status, content_type="text/plain")
    answer.headers.update(POLICY)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
