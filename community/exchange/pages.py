"""Pages and files of one case for whoever reads it: its citation, and its export.

Who reads is asked; a draft is exported by its owner only, and what an unknown case hides is in
nothing that its reader is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, request

from archive.archive import Archive
from archive.errors import ArchiveError, NotFound
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.cases.model import SHOWN, CaseView
from community.cases.readers import Reader, reader_of
from community.cases.reading import view_case
from community.cases.slots import SHARE, register_slot
from community.exchange.addresses import Addresses
from community.exchange.citation import STYLES, Style, to_line, work_of
from community.exchange.export import FORMATS, Exported
from community.exchange.plain import one_line
from community.guarding import ViewerOf, guard, problem

max_exports_per_minute: Final = 12
"""From one address: each reads whole studies."""

_SLUG: Final = re.compile(r"[0-9a-z-]{1,64}")


def create_blueprint(archive: Archive, viewer_of: ViewerOf, origin: Callable[[], str]) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("exchange", __name__, template_folder="../templates")
    guard(blueprint)

    def seen(slug: str) -> CaseView:
        return view_case(archive, reader_of(request, viewer_of()), checked_slug(slug))

    @blueprint.get("/cases/<slug>/cite")
    def cite(slug: str) -> Response:
        name = request.args.get("style", "bibtex")
        style = STYLES.get(name)
        if style is None:
            raise ArchiveError(f"'style' is one of: {', '.join(STYLES)}")
        return cited(seen(slug), style, Addresses(origin()))

    limiter = Limiter(max_exports_per_minute)

    @blueprint.get("/cases/<slug>/export")
    def export(slug: str) -> Response:
        name = request.args.get("format", "zip")
        make = FORMATS.get(name)
        if make is None:
            raise ArchiveError(f"'format' is one of: {', '.join(FORMATS)}")
        limiter.take(request.remote_addr or "")
        view = seen(slug)
        return sent(view, make(archive, view, Addresses(origin())))

    @blueprint.errorhandler(TooOften)
    def wait(error: TooOften) -> Response:
        answer = problem(HTTPStatus.TOO_MANY_REQUESTS, str(error))
        answer.headers["Retry-After"] = "60"
        return answer

    return blueprint


def checked_slug(slug: str) -> str:
    """A slug, or an id, that is spelled as one.

    Raises
    ------
    NotFound
        It is not.
    """
    if _SLUG.fullmatch(slug) is None:
        raise NotFound("there is no such case")
    return slug


def cited(view: CaseView, style: Style, addresses: Addresses) -> Response:
    """The answer with a citation, as a file."""
    work = work_of(view, addresses.case(view.case), today())
    answer = Response(style.spell(work), content_type=f"{style.media_type}; charset=utf-8")
    return _as_file(answer, f"{work.key}.{style.extension}")


def sent(view: CaseView, made: Exported) -> Response:
    """The answer with an export, as a file."""
    answer = Response(made.pieces, content_type=made.media_type)
    return _as_file(answer, f"case-{view.case.slug}.{made.extension}")


def fill_places(app: Flask, origin: Callable[[], str]) -> None:
    """Say on the page of a case how it is cited, embedded and carried away."""

    def share(view: CaseView, _reader: Reader) -> Mapping[str, Any]:
        return shared(view, Addresses(origin()))

    register_slot(app, SHARE, share)


def shared(view: CaseView, addresses: Addresses) -> dict[str, Any]:
    """What the templates of these places are given."""
    address, cover = addresses.case(view.case), view.cover
    return {
        "address": address,
        "title": one_line(view.shown_title),
        "embed": addresses.embed(view.case) if view.case.state in SHOWN else "",
        "oembed": f"{addresses.origin}/oembed?{urlencode({'url': address})}",
        "picture": addresses.picture(view.case, cover) if cover else "",
        "alt": cover.alt if cover else "",
        "may_export": not view.is_hiding,
        "root": addresses.root(view.case),
        "line": to_line(work_of(view, address, today())),
        "styles": [(name, style.name) for name, style in STYLES.items() if name != "text"],
    }


def today() -> date:
    """The day, in UTC."""
    return datetime.now(UTC).date()


def _as_file(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
