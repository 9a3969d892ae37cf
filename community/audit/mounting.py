"""The trail put on an app: its page, and the watch over who reads what is private."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from archive.access import Principal
from archive.archive import Archive
from community.audit.pages import create_blueprint
from community.audit.watching import watch


def mount(app: Flask, archive: Archive, viewer_of: Callable[[], Principal | None]) -> None:
    """Let operators read the trail, and keep what staff does."""
    app.register_blueprint(create_blueprint(archive))
    watch(app, archive, viewer_of)
