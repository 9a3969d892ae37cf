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
from community.exchange.citation import STYLES, to_line, work_of
from community.exchange.export import FORMATS
from community.guarding import ViewerOf, guard, problem

max_exports_per_minute: Final = 12
"""From one address: each reads whole studies."""

_SLUG: Final = re.compile(r"[0-9a-z-]{1,64}")


def create_blueprint(archive: Archive, viewer_of: ViewerOf, origin: Callable[[], str]) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("exchange", __name__, template_folder="../templates")
    guard(blueprint)

    def seen(slug: str) -> CaseView:
        if _SLUG.fullmatch(slug) is None:
            raise NotFound("there is no such case")
        return view_case(archive, reader_of(request, viewer_of()), slug)

    @blueprint.get("/cases/<slug>/cite")
    def cite(slug: str) -> Response:
        name = request.args.get("style", "bibtex")
        style = STYLES.get(name)
        if style is None:
            raise ArchiveError(f"'style' is one of: {', '.join(STYLES)}")
        view = seen(slug)
        work = work_of(view, Addresses(origin()).case(view.case), today())
        answer = Response(style.spell(work), content_type=f"{style.media_type}; charset=utf-8")
        file = f'attachment; filename="{work.key}.{style.extension}"'
        answer.headers["Content-Disposition"] = file
        return answer

    limiter = Limiter(max_exports_per_minute)

    @blueprint.get("/cases/<slug>/export")
    def export(slug: str) -> Response:
        name = request.args.get("format", "zip")
        make = FORMATS.get(name)
        if make is None:
            raise ArchiveError(f"'format' is one of: {', '.join(FORMATS)}")
        limiter.take(request.remote_addr or "")
        view = seen(slug)
        made = make(archive, view, Addresses(origin()))
        answer = Response(made.pieces, content_type=made.media_type)
        file = f'attachment; filename="case-{view.case.slug}.{made.extension}"'
        answer.headers["Content-Disposition"] = file
        return answer

    @blueprint.errorhandler(TooOften)
    def wait(error: TooOften) -> Response:
        answer = problem(HTTPStatus.TOO_MANY_REQUESTS, str(error))
        answer.headers["Retry-After"] = "60"
        return answer

    return blueprint


def fill_places(app: Flask, origin: Callable[[], str]) -> None:
    """Say on the page of a case how it is cited, embedded and carried away."""

    def share(view: CaseView, _reader: Reader) -> Mapping[str, Any]:
        addresses = Addresses(origin())
        return {
            "address": addresses.case(view.case),
            "embed": addresses.embed(view.case) if view.case.state in SHOWN else "",
            "may_export": not view.is_hiding,
            "root": addresses.root(view.case),
            "line": to_line(work_of(view, addresses.case(view.case), today())),
            "styles": [(name, style.name) for name, style in STYLES.items() if name != "text"],
        }

    register_slot(app, SHARE, share)


def today() -> date:
    """The day, in UTC."""
    return datetime.now(UTC).date()
