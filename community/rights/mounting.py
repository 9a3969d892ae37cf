"""People's rights put on an app: their pages, and the schema of what they get."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from archive.archive import Archive
from archive.database import reading
from community.api.document import Api
from community.rights import api, pages, schema_pages
from community.rights.purposes import SEARCH_ENGINES, may_use


def mount(app: Flask, endpoints: Api, archive: Archive) -> None:
    """Let people have copies, object, restrict and be erased."""
    app.register_blueprint(pages.create_blueprint(archive))
    app.register_blueprint(schema_pages.create_blueprint())
    endpoints.register_blueprint(api.create_blueprint(archive))

    def may_be_indexed(person: str | None) -> bool:
        with reading(archive.engine) as connection:
            return may_use(connection, person, SEARCH_ENGINES)

    @app.context_processor
    def told() -> dict[str, Callable[[str | None], bool]]:
        """Let pages about what is somebody's ask search engines to leave them out."""
        return {"may_be_indexed": may_be_indexed}
