"""Moderation put on an app: reports, the queue, one's own decisions, and the API."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from archive.archive import Archive
from community.api.document import Api
from community.guarding import ViewerOf
from community.moderation import own_pages, queue_pages, report_pages
from community.moderation.api import create_blueprint as create_api


def mount(
    app: Flask, api: Api, archive: Archive, viewer_of: ViewerOf, origin: Callable[[], str]
) -> None:
    """Let people report, and moderators decide."""
    for blueprint in (
        report_pages.create_blueprint(archive, viewer_of),
        queue_pages.create_blueprint(archive, origin),
        own_pages.create_blueprint(archive),
    ):
        app.register_blueprint(blueprint)
    api.register_blueprint(create_api(archive))
    queue_pages.tell_templates(app, archive)
