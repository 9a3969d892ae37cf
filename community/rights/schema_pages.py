"""`/schemas/export/v1.json`: what a copy of somebody's data looks like, for whoever reads one."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Response

from community.guarding import POLICY
from community.rights.export_schema import PATH, export_schema


def create_blueprint() -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("schemas", __name__)

    @cache
    def text() -> str:
        return json.dumps(export_schema(), indent=1)

    @blueprint.get(PATH)
    def export() -> Response:
        answer = Response(text(), mimetype="application/schema+json")
        answer.headers.update(POLICY)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    return blueprint
