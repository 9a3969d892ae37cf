"""Finding put on an app: its pages, and tags on the pages of cases."""

from __future__ import annotations

from flask import Flask

from archive.archive import Archive
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.slots import TAGS, register_slot
from community.finding import pages, tag_pages, tagging
from community.guarding import ViewerOf


def mount(app: Flask, archive: Archive, viewer_of: ViewerOf) -> None:
    """Let people look for cases."""
    for blueprint in (
        pages.create_blueprint(archive, viewer_of),
        tag_pages.create_blueprint(archive, viewer_of),
    ):
        app.register_blueprint(blueprint)

    def tags(view: CaseView, _reader: Reader) -> dict[str, object]:
        return {"tags": tagging.tags_of(archive, view)}

    register_slot(app, TAGS, tags)
