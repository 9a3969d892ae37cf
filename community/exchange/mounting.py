"""Exchange put on an app."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from archive.archive import Archive
from community.api.document import Api
from community.exchange import api as exchange_api
from community.exchange import import_pages, pages, public
from community.guarding import ViewerOf


def mount(
    app: Flask, api: Api, archive: Archive, viewer_of: ViewerOf, origin: Callable[[], str]
) -> None:
    """Let cases be cited, embedded, followed and carried away.

    Parameters
    ----------
    origin
        The address by which the reader reached us, with our prefix.
    """
    app.register_blueprint(public.create_blueprint(archive, origin))
    app.register_blueprint(pages.create_blueprint(archive, viewer_of, origin))
    app.register_blueprint(import_pages.create_blueprint(archive))
    api.register_blueprint(exchange_api.create_blueprint(archive))
    pages.fill_places(app, origin)
