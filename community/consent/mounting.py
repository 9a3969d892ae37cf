"""Consent put on an app: its pages, what every page shows of it, the policy of those that count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, request
from jinja2 import pass_context
from jinja2.runtime import Context

from archive.archive import Archive
from archive.database import reading
from community.accounts.signed_in import person_of
from community.consent import measured, words
from community.consent.choice import Standing, drop_counting, has_counting, standing_of
from community.consent.pages import create_blueprint
from community.consent.policy import widened
from community.consent.settings import Analytics
from community.rights.purposes import STATISTICS, may_use

_POLICY = "Content-Security-Policy"


def mount(app: Flask, archive: Archive, analytics: Analytics | None) -> None:
    """Ask readers before anything is counted, and let them take it back on every page.

    Parameters
    ----------
    analytics
        None where nobody is counted.
    """
    app.register_blueprint(create_blueprint(archive, analytics))

    def standing() -> Standing:
        return standing_of(request, is_asked=analytics is not None)

    def objects() -> bool:
        """Whether who is signed in objects to being counted, in whatever browser."""
        person = person_of(request)
        if person is None:
            return False
        with reading(archive.engine) as connection:
            return not may_use(connection, person.id, STATISTICS)

    @app.context_processor
    def told() -> dict[str, Any]:
        return {"consent": standing(), "consent_words": words, "counting": counting}

    @pass_context
    def counting(context: Context) -> Mapping[str, Any] | None:
        """What the script of this page is told; None of a page without one."""
        is_counted = measured.is_counted(request, context.get)
        if analytics is None or not is_counted or not standing().may_count or objects():
            return None
        g.counts_visits = True
        return {"id": analytics.id, "host": analytics.host, "is_own": analytics.is_own}

    @app.after_request
    def hold(response: Response) -> Response:
        if analytics is not None and "counts_visits" in g and _POLICY in response.headers:
            response.headers[_POLICY] = widened(response.headers[_POLICY], analytics.hosts)
        if response.mimetype == "text/html" and has_counting(request) and not standing().may_count:
            drop_counting(response, request)
        return response
