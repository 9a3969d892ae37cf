"""People's rights put on an app: their pages, and the schema of what they get."""

from __future__ import annotations

from flask import Flask

from archive.archive import Archive
from community.api.document import Api
from community.rights import api, pages, schema_pages


def mount(app: Flask, endpoints: Api, archive: Archive) -> None:
    """Let people have copies, object, restrict and be erased."""
    app.register_blueprint(pages.create_blueprint(archive))
    app.register_blueprint(schema_pages.create_blueprint())
    endpoints.register_blueprint(api.create_blueprint(archive))
