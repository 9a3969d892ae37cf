"""Requests put on an app: their pages, their endpoints, and where providers tell of people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, request, url_for

from archive.archive import Archive
from community.accounts.people import OPERATOR
from community.accounts.signed_in import person_of
from community.accounts.signing_in import Desk as Entrance
from community.api.document import Api
from community.mail.settings import MailSettings
from community.requests import admin_pages, api, contact_pages, count_pages, my_pages
from community.requests.contact_pages import Desk
from community.requests.provider_pages import create_blueprints
from community.requests.reminding import count_open, count_overdue
from community.site.model import Site


def mount(app: Flask, endpoints: Api, site: Site, entrance: Entrance) -> None:
    """Let people ask, and operators answer.

    Parameters
    ----------
    entrance
        Where people sign in, which knows the providers.
    """
    archive = entrance.archive
    desk = Desk(archive, site, MailSettings.from_environment() is not None)
    for make in (
        contact_pages.create_blueprint,
        my_pages.create_blueprint,
        admin_pages.create_blueprint,
    ):
        app.register_blueprint(make(desk))
    app.register_blueprint(count_pages.create_blueprint(archive))
    told = create_blueprints(archive, entrance.providers, entrance.keys, entrance.origin)
    for blueprint in told:
        app.register_blueprint(blueprint)
    endpoints.register_blueprint(api.create_blueprint(desk))
    _tell_templates(app, archive)


def readings(archive: Archive) -> dict[str, Callable[[], float]]:
    """What is measured of requests."""
    return {
        "requests_open": lambda: count_open(archive),
        "requests_overdue": lambda: count_overdue(archive),
    }


def _tell_templates(app: Flask, archive: Archive) -> None:
    """Give operators the way to the queue, and say how many requests are overdue."""

    @app.context_processor
    def told() -> dict[str, Any]:
        person = person_of(request)
        if person is None or not person.is_at_least(OPERATOR):
            return {}
        return {
            "requests_url": url_for("admin_requests.queue"),
            "requests_overdue": lambda: count_overdue(archive),
        }
