"""Finding put on an app: its pages, and tags on the pages of cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, request

from archive.archive import Archive
from community.accounts.people import Person
from community.accounts.public_pages import fill_profiles
from community.cases.model import CaseView
from community.cases.readers import Reader, reader_of
from community.cases.slots import TAGS, register_slot
from community.finding import pages, profiles, tag_pages, tagging
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

    def cases(person: Person) -> Mapping[str, Any]:
        return profiles.cases_of(archive, reader_of(request, viewer_of()), person)

    fill_profiles(app, cases)
