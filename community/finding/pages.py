"""The home page and the search: what is new, what was asked for, and by what to choose.

A page asks the index for ids, and `community.cases.reading` for what its reader may know of them.
Without scripts each choice is a link, and the search a form that is not sent but asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from archive.archive import Archive
from archive.database import reading
from archive.errors import BadSearch
from community.cases.readers import Reader, reader_of
from community.finding.facets import TAG, Chosen, chosen_in
from community.finding.listing import BY_DATE, Listed, Wish, look
from community.finding.menus import Address, Chip, Menu, chips_of, menus_of
from community.finding.tagging import labels_of
from community.finding.tiles import Tile, tiles_of
from community.guarding import ViewerOf, guard

a_page: Final = 24
a_page_of_hits: Final = 10
"""Of a search with words: each hit comes with an excerpt that has to be looked for."""
_max_number: Final = 10**15


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as its page shows it.

    Attributes
    ----------
    is_widened
        Nothing had the very words; shown is what begins like them.
    is_empty_site
        There is no case at all.
    """

    address: Address
    tiles: list[Tile]
    menus: tuple[Menu, ...]
    chips: tuple[Chip, ...]
    total: int | None
    further: str
    is_first: bool
    is_asked: bool
    is_widened: bool
    is_empty_site: bool


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint of ``/`` and ``/search``."""
    blueprint = Blueprint("finding", __name__, template_folder="../templates")
    guard(blueprint)

    @blueprint.app_context_processor
    def search_box() -> dict[str, Any]:
        return {"search_url": url_for("finding.search")}

    @blueprint.get("/")
    def home() -> ResponseReturnValue:
        reader = reader_of(request, viewer_of())
        address = Address(url_for(".home"), chosen=_chosen())
        try:
            listing = _listing(archive, reader, address)
        except SQLAlchemyError:
            # The page must say where to look when the index is down.
            return Response(render_template("finding/down.html"), HTTPStatus.SERVICE_UNAVAILABLE)
        return render_template("finding/home.html", listing=listing)

    @blueprint.get("/search")
    def search() -> ResponseReturnValue:
        reader = reader_of(request, viewer_of())
        words = " ".join(request.args.get("q", "").split())
        address = Address(url_for(".search"), words, _chosen(), request.args.get("sort", ""))
        listing = _listing(archive, reader, address)
        return render_template("finding/search.html", listing=listing, by_date=BY_DATE)

    return blueprint


def _listing(archive: Archive, reader: Reader, address: Address) -> Listing:
    # The name of a place says which kind of list it is of.
    places = {name: _place(name) for name in ("before", "after")}
    place = next((one for one in places.values() if one is not None), None)
    wish = Wish(address.words, address.chosen, address.order, place)
    listed = look(archive, reader, wish, a_page_of_hits if address.words else a_page)
    name = "after" if listed.asked else "before"
    further = (name, str(listed.next))
    return Listing(
        address,
        tiles_of(listed.views, listed.found.hits, listed.answered),
        _menus(listed, address),
        chips_of(address, _labels(archive, address.chosen)),
        listed.found.total,
        address.spelled(further=further) if listed.next is not None else "",
        is_first=place is None,
        is_asked=bool(listed.asked),
        is_widened=listed.is_widened,
        is_empty_site=not listed.everything,
    )


def _labels(archive: Archive, chosen: Chosen) -> Mapping[str, str]:
    tags = [value for name, value in chosen if name == TAG]
    if not tags:
        return {}
    with reading(archive.engine) as connection:
        return labels_of(connection, tags)


def _menus(listed: Listed, address: Address) -> tuple[Menu, ...]:
    # Of all cases without a choice, counts are those of everything.
    is_everything = not (address.chosen or address.words)
    counts = listed.everything if is_everything else listed.found.counts
    return menus_of(listed.everything, counts, address)


def _chosen() -> Chosen:
    return chosen_in(request.args.items(multi=True))


def _place(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= _max_number):
        raise BadSearch(f"'{name}' is taken from the link of a page")
    return int(text)
