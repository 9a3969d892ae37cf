"""``/requests/counts``: for everybody, how many requests there are a year and how they end."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from community.guarding import guard
from community.requests import kinds
from community.requests.tallying import count_years


def create_blueprint(archive: Archive) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("request_counts", __name__, template_folder="../templates")
    guard(blueprint)

    @blueprint.get("/requests/counts")
    def counts() -> ResponseReturnValue:
        return render_template("requests/counts.html", years=count_years(archive), tables=kinds)

    return blueprint
