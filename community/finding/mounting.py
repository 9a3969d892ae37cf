"""Finding put on an app: its pages."""

from __future__ import annotations

from flask import Flask

from archive.archive import Archive
from community.finding import pages, tag_pages
from community.guarding import ViewerOf


def mount(app: Flask, archive: Archive, viewer_of: ViewerOf) -> None:
    """Let people look for cases."""
    for blueprint in (
        pages.create_blueprint(archive, viewer_of),
        tag_pages.create_blueprint(archive, viewer_of),
    ):
        app.register_blueprint(blueprint)
