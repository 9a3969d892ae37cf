"""The home page and the search: what is new, what was asked for, and by what to choose.

A page asks the index for ids, and `community.cases.reading` for what its reader may know of them.
Without scripts each choice is a link, and the search a form that is not sent but asked.
"""

from __future__ import annotations

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
from community.cases.reading import view_cases
from community.finding import looking
from community.finding.asking import Question, parse
from community.finding.facets import TAG, Chosen, chosen_in
from community.finding.looking import Counts, Found, languages_in
from community.finding.menus import Address, Chip, Menu, chips_of, menus_of
from community.finding.tagging import labels_of
from community.finding.tiles import Tile, tiles_of
from community.guarding import ViewerOf, guard

a_page: Final = 24
BY_DATE: Final = "newest"
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
    menus: list[Menu]
    chips: list[Chip]
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
        order = request.args.get("sort", "")
        if order not in ("", BY_DATE):
            raise BadSearch(f"a list is sorted by '{BY_DATE}', or by how well its cases answer")
        words = " ".join(request.args.get("q", "").split())
        address = Address(url_for(".search"), words, _chosen(), order)
        listing = _listing(archive, reader, address)
        return render_template("finding/search.html", listing=listing, by_date=BY_DATE)

    return blueprint


def _listing(archive: Archive, reader: Reader, address: Address) -> Listing:
    with reading(archive.engine) as connection:
        everything = looking.count_everything(connection)
        question = parse(address.words, languages_in(everything))
        found, asked = _found(connection, question, address)
        labels = labels_of(connection, [value for name, value in address.chosen if name == TAG])
    views = view_cases(archive, reader, [hit.case_id for hit in found.hits])
    name = "after" if question else "before"
    return Listing(
        address,
        tiles_of(views, found.hits, asked),
        _menus(everything, found, address),
        chips_of(address, labels),
        found.total,
        address.spelled(further=(name, str(found.next))) if found.next is not None else "",
        is_first=_place(name) is None,
        is_asked=bool(question),
        is_widened=asked != question,
        is_empty_site=not everything,
    )


def _menus(everything: Counts, found: Found, address: Address) -> list[Menu]:
    # Of all cases without a choice, counts are those of everything.
    is_everything = not (address.chosen or address.words)
    return menus_of(everything, everything if is_everything else found.counts, address)


def _found(connection: Any, question: Question, address: Address) -> tuple[Found, Question]:
    """What answers, and the question that it answers: a wider one if the first has no answer."""
    if not question:
        return looking.newest(connection, address.chosen, _place("before"), a_page), question
    after, by_date = _place("after") or 0, address.order == BY_DATE
    found = looking.asked(connection, question, address.chosen, after, a_page, by_date=by_date)
    if found.total == 0:
        wider = question.widened()
        found = looking.asked(connection, wider, address.chosen, after, a_page, by_date=by_date)
        if found.total != 0:
            return found, wider
    return found, question


def _chosen() -> Chosen:
    return chosen_in(request.args.items(multi=True))


def _place(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= _max_number):
        raise BadSearch(f"'{name}' is taken from the link of a page")
    return int(text)
