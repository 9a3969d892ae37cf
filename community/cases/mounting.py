"""Cases put on an app."""

from __future__ import annotations

from flask import Flask

from archive.archive import Archive
from community.cases.edit_pages import add_edit_pages
from community.cases.pages import Desk, create_blueprint
from community.cases.picture_pages import add_picture_pages
from community.cases.publish_pages import add_publish_pages
from community.guarding import ViewerOf


def mount(app: Flask, archive: Archive, viewer_of: ViewerOf) -> None:
    """Let people read, write and publish cases."""
    pages = (add_edit_pages, add_picture_pages, add_publish_pages)
    app.register_blueprint(create_blueprint(Desk(archive, viewer_of), *pages))
