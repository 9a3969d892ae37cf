"""What this server is, for everybody: the page at `/about`, and the conformance statement.

A page is a template, a policy of headers and the values that it shows; it is given them at the
top and asks no other door.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from community import faults
from community.guarding import POLICY, PRIVATE_POLICY, problem
from community.look.attach import attach
from community.look.styleguide import render_guide
from community.markdown import to_html


@dataclass(frozen=True, slots=True)
class Door:
    """A collection as the page at `/about` shows it.

    Attributes
    ----------
    root
        Absolute URL of its DICOMweb root.
    deidentifies
        What arrives stays hidden until it was de-identified.
    """

    name: str
    ae_title: str | None
    root: str
    deidentifies: bool


@dataclass(frozen=True, slots=True)
class Site:
    """What the page at `/about` tells.

    Attributes
    ----------
    url
        Public address of this server.
    dimse_host, dimse_port
        Where C-STORE and C-ECHO are answered.
    is_open
        Whether everybody on this machine may read and write without a token.
    """

    url: str
    dimse_host: str
    dimse_port: int
    is_open: bool


def create_blueprint(
    describe_site: Callable[[], Site],
    list_doors: Callable[[], Sequence[Door]],
    statement: Callable[[], str],
    vendor: Path | None = None,
) -> Blueprint:
    """Make the blueprint.

    Parameters
    ----------
    describe_site
        Called for each page, as its address is the one that the reader used.
    list_doors
        Called for each page, as collections come and go.
    statement
        Gives the conformance statement, in Markdown.
    vendor
        Folder of the npm packages' files (`community.look`).
    """
    blueprint = Blueprint("pages", __name__, template_folder="templates")
    attach(blueprint, vendor, lambda: describe_site().is_open)
    faults.add_pages(blueprint)

    @blueprint.get("/about")
    def about() -> Response:
        try:
            doors: Sequence[Door] = list_doors()
        except Exception:  # the page must say where to look when the index is down
            doors = ()
        return Response(render_template("about.html", site=describe_site(), doors=doors))

    @cache
    def statement_html() -> Markup:
        return Markup(to_html(statement()))  # noqa: S704 - our own text, and raw HTML is off in it

    @blueprint.get("/conformance")
    def conformance() -> Response:
        return Response(render_template("conformance.html", statement=statement_html()))

    @blueprint.get("/styleguide")
    def styleguide() -> Response:
        if not describe_site().is_open:
            return problem(HTTPStatus.NOT_FOUND)
        return Response(render_guide())

    @blueprint.after_request
    def guard(response: Response) -> Response:
        is_guide = request.endpoint == "pages.styleguide"
        response.headers.update(PRIVATE_POLICY if is_guide else POLICY)
        if request.endpoint != "pages.static":
            # The reader's name, theme and language are in the page: nobody keeps it for others.
            response.headers["Cache-Control"] = "private, no-cache"
            response.vary.add("Cookie")
        return response

    return blueprint
