"""Unknown mode put on an app: who is known again, the pages, and the place on a case's page."""

from __future__ import annotations

from flask import Flask

from archive.archive import Archive
from community.api.document import Api
from community.cases.readers import ANSWERED_AS
from community.cases.slots import UNKNOWN, register_slot
from community.guarding import ViewerOf
from community.quizzes import api as quizzes_api
from community.quizzes import pages, playlist_api, playlist_pages
from community.quizzes.browsers import answered_as
from community.quizzes.shown import filler


def mount(app: Flask, api: Api, archive: Archive, viewer_of: ViewerOf) -> None:
    """Let readers answer unknown cases, authors ask about them, and anybody line cases up."""
    app.extensions[ANSWERED_AS] = answered_as
    register_slot(app, UNKNOWN, filler(archive))
    for make in (pages.create_blueprint, playlist_pages.create_blueprint):
        app.register_blueprint(make(archive, viewer_of))
    for make_api in (quizzes_api.create_blueprint, playlist_api.create_blueprint):
        api.register_blueprint(make_api(archive))
