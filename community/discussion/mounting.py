"""Discussions put on an app: their pages, and their place on the page of a case."""

from __future__ import annotations

from functools import partial

from flask import Flask

from archive.archive import Archive
from community.api.document import Api
from community.cases.slots import DISCUSSION, register_slot
from community.discussion import notice_pages, pages
from community.discussion.api import create_blueprint as create_api
from community.discussion.showing import fill_slot
from community.guarding import ViewerOf
from community.mail.settings import MailSettings


def mount(app: Flask, api: Api, archive: Archive, viewer_of: ViewerOf) -> None:
    """Let people talk about cases."""
    app.register_blueprint(pages.create_blueprint(archive, viewer_of))
    has_mail = MailSettings.from_environment() is not None
    app.register_blueprint(notice_pages.create_blueprint(archive, viewer_of, has_mail=has_mail))
    api.register_blueprint(create_api(archive))
    notice_pages.tell_templates(app, archive)
    register_slot(app, DISCUSSION, partial(fill_slot, archive))
