"""Requests put on an app: their pages and their endpoints."""

from __future__ import annotations

from flask import Flask

from archive.archive import Archive
from community.api.document import Api
from community.mail.settings import MailSettings
from community.requests import admin_pages, api, contact_pages, count_pages, my_pages
from community.requests.contact_pages import Desk
from community.site.model import Site


def mount(app: Flask, endpoints: Api, archive: Archive, site: Site) -> None:
    """Let people ask, and operators answer."""
    desk = Desk(archive, site, MailSettings.from_environment() is not None)
    for make in (
        contact_pages.create_blueprint,
        my_pages.create_blueprint,
        admin_pages.create_blueprint,
    ):
        app.register_blueprint(make(desk))
    app.register_blueprint(count_pages.create_blueprint(archive))
    endpoints.register_blueprint(api.create_blueprint(desk))
