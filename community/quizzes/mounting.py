"""Unknown mode put on an app: who is known again, the pages, and the place on a case's page."""

from __future__ import annotations

from flask import Flask

from archive.archive import Archive
from community.cases.readers import ANSWERED_AS
from community.cases.slots import UNKNOWN, register_slot
from community.guarding import ViewerOf
from community.quizzes import pages
from community.quizzes.browsers import answered_as
from community.quizzes.shown import filler, words


def mount(app: Flask, archive: Archive, viewer_of: ViewerOf) -> None:
    """Let readers answer unknown cases, and authors ask about them."""
    fill = filler(archive)
    app.extensions[ANSWERED_AS] = answered_as
    register_slot(app, UNKNOWN, lambda view, reader: {**fill(view, reader), **words()})
    app.register_blueprint(pages.create_blueprint(archive, viewer_of))
