"""The operator's pages: ``/healthz``, ``/healthz/live`` and ``/metrics``, as a Flask blueprint.

It is given callables at the top and knows nothing of what they ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

from telemetry.health import Checks
from telemetry.metrics import CONTENT_TYPE, exposition


def create_blueprint(
    checks: Mapping[str, Callable[[], object]],
    *,
    optional: frozenset[str] = frozenset({"broker"}),
    readings: Mapping[str, Callable[[], float]] | None = None,
) -> Blueprint:
    """Make the blueprint.

    Parameters
    ----------
    checks
        ``database``, ``objects``, ``broker`` …: each returns when well and raises when not.
    optional
        Checks without which the process is degraded, yet ready.
    readings
        Gauges that are read at each scrape; see `telemetry.metrics.READINGS`.
    """
    blueprint = Blueprint("telemetry", __name__)
    all_checks = Checks(checks, optional & frozenset(checks))

    @blueprint.get("/healthz")
    def ready() -> Response:
        health = all_checks.run()
        found = {name: finding.as_json() for name, finding in health.findings.items()}
        answer = jsonify(status=health.status, checks=found)
        answer.status_code = 200 if health.ready else 503
        return _uncached(answer)

    @blueprint.get("/healthz/live")
    def live() -> Response:
        return _uncached(jsonify(status="alive"))

    @blueprint.get("/metrics")
    def metrics() -> Response:
        return _uncached(Response(exposition(readings), content_type=CONTENT_TYPE))

    return blueprint


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
